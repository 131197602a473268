"""What a plan means for each hostname, and for each zone's other hostnames. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from origins import bundle, chain_depth
from providers.lifecycle.tls_mode import is_lowered
from providers.values.text import short

from ..text import Text, Untrusted, day, fingerprint, text, zone_name
from .kinds import as_map, kind_of
from .presented import ANY_OTHER, RANK, CertificateFacts, Presented, ZoneFacts, present
from .preview import Preview, Resource
from .renewal import words_of
from .zones import Zones

Effect = Literal["loses", "falls", "changes", "rises", "gains", "settings", "unchanged"]
# The gravest first: the order of every list of changes.
EFFECTS: tuple[Effect, ...] = (
    "loses",
    "falls",
    "changes",
    "rises",
    "gains",
    "settings",
    "unchanged",
)
# Whether an origin trusts the CA of the certificate that will be presented: nothing speaks against
# it, the bundle that the stack exports has that CA too, or it is another CA.
Trust = Literal["same", "both", "other"]
HOW: Mapping[Trust, str] = {
    "same": ", without downtime",
    "both": ", without downtime where the exported bundle is in place",
    "other": ", without downtime only if the origin trusts both CAs",
}
GOES_OFF = "origins that insist will refuse every visitor"
SWITCHES = {
    "own": "the switch of the zone's own certificate",
    "shared": "the switch of Cloudflare's shared certificate",
}


@dataclass(frozen=True)
class Change:
    """One line of the report. `hostname` is `*` for every hostname without one of its own."""

    effect: Effect
    zone_id: str
    zone: Untrusted
    hostname: str
    before: Presented
    after: Presented
    words: Text
    trust: Trust = "same"

    @property
    def subject(self) -> Text:
        """The words by which the report names the hostname or zone."""
        if self.hostname == ANY_OTHER:
            return text("{zone} (zone)", zone=self.zone)
        return (Untrusted(self.hostname),)

    @property
    def is_news(self) -> bool:
        """Whether the plan changes anything for the hostname or zone."""
        return self.effect != "unchanged" or len(self.words) > 0


def changes(preview: Preview, before: Zones, after: Zones) -> list[Change]:
    """In the order of zones and hostnames; zones of which the file knows nothing are left out."""
    found = []
    gaps, trusts = Gaps(preview), Trusts(preview)
    for zone_id in {**before, **after}:
        old = before.get(zone_id) or ZoneFacts(zone_id)
        new = after.get(zone_id) or ZoneFacts(zone_id)
        name = zone_name(new.name or old.name, zone_id)
        for hostname in _hostnames(old, new):
            was, becomes = present(old, hostname), present(new, hostname)
            effect, trust = effect_of(was, becomes), trusts.of(name.text, hostname, was, becomes)
            how = gaps.of(zone_id, hostname, old, new) or HOW[trust]
            words = DESCRIPTIONS[effect](was, becomes, how)
            if hostname == ANY_OTHER:
                words = _with_settings(words, old, new)
                effect = "settings" if effect == "unchanged" and words else effect
            found.append(Change(effect, zone_id, name, hostname, was, becomes, words, trust))
    return found


def _hostnames(old: ZoneFacts, new: ZoneFacts) -> Iterator[str]:
    for zone in (old, new):
        if any((zone.ssl, zone.shared, zone.own, zone.certificates)):
            yield ANY_OTHER
            break
    yield from sorted({*old.hostnames, *new.hostnames})


def effect_of(was: Presented, becomes: Presented) -> Effect:
    """How the first becomes the second; what is not surely protected afterwards is lost."""
    if was.is_protected and not becomes.is_protected:
        return "loses"
    if was.certificate and becomes.level == "zone" and becomes.certificate is None:
        return "loses"
    if not was.is_protected and becomes.is_protected:
        return "gains"
    if RANK[becomes.level] != RANK[was.level]:
        return "falls" if RANK[becomes.level] < RANK[was.level] else "rises"
    if was.is_protected and not _is_same(was.certificate, becomes.certificate):
        return "changes"
    return "unchanged"


def _is_same(one: CertificateFacts | None, other: CertificateFacts | None) -> bool:
    if one is None or other is None:
        return one is other
    if one.sha256 or other.sha256:
        return one.sha256 == other.sha256
    return one.cert_id == other.cert_id


class Gaps:
    """Where the plan leaves an instant without a certificate, or may do so."""

    def __init__(self, preview: Preview) -> None:
        self._resources = {r.urn: r for r in preview.resources if not r.is_leftover}
        self._recreated = {
            ((r.old or {}).get("zone_id"), kind_of(r)) for r in preview.resources if r.has_gap
        }

    def of(self, zone_id: str, hostname: str, old: ZoneFacts, new: ZoneFacts) -> str:
        """What goes wrong in between, as the end of a sentence; "" where nothing does."""
        kinds = {kind for zone, kind in self._recreated if zone == zone_id}
        if any(kind.concerns_hostnames for kind in kinds) or (kinds and hostname == ANY_OTHER):
            return ", WITH A GAP: the old one is deleted before the new one is there"
        was, becomes = old.hostnames.get(hostname), new.hostnames.get(hostname)
        if was and becomes and was.holder != becomes.holder and self._keeps(was.holder, hostname):
            return (
                "; it moves between two resources, and can be without a certificate for a moment"
                " unless one depends on the other"
            )
        return ""

    def _keeps(self, urn: str, hostname: str) -> bool:
        """Whether the old holder stays and drops the hostname, which can void before it binds."""
        holder: Resource | None = self._resources.get(urn)
        if holder is None or holder.new is None:
            return False
        return hostname not in {row.hostname for row in kind_of(holder).bindings(holder.new)}


class Trusts:
    """What the origins trust, as far as the stack exported bundles for them with its last `up`."""

    def __init__(self, preview: Preview) -> None:
        self._origins = as_map(preview.summaries.get("origins"))

    def of(self, zone: str, hostname: str, was: Presented, becomes: Presented) -> Trust:
        """Whether the origins of a hostname trust what will be presented."""
        comes = becomes.certificate or CertificateFacts()
        if _is_under_ca(was, comes.ca) if comes.ca else becomes.has_issuer_of(was):
            return "same"
        has_both = [
            _has_all(exported, comes.ca) if comes.ca else _trusts(exported, comes.pem)
            for exported in self._bundles(zone, hostname)
        ]
        return "both" if has_both and all(has_both) else "other"

    def _bundles(self, zone: str, hostname: str) -> Iterator[str]:
        for name, exported in self._origins.items():
            item = as_map(exported)
            is_other = item.get("level") != "hostname" and f".{name}".endswith(f".{zone}")
            if name == hostname or (hostname == ANY_OTHER and is_other):
                yield str(item.get("bundle", ""))


def _is_under_ca(was: Presented, ca: str) -> bool:
    """Whether `ca` signed what was presented, or nothing is known of that.

    `ca` is what the origins trust: what comes after it is verified with it before it is uploaded.
    """
    if was.certificate is None or not was.certificate.pem:
        return was.level != "global"
    return _trusts(ca, was.certificate.pem)


def _has_all(exported: str, ca: str) -> bool:
    try:
        return bundle(exported, ca) == bundle(exported)
    except ValueError:
        return False


def _trusts(authorities: str, chain: str) -> bool:
    try:
        chain_depth(chain, authorities)
    except ValueError:
        return False
    return True


def describe(presented: Presented, *, is_to_come: bool = False) -> Text:
    """`its own certificate 9f3a2b1c... (ends 2027-11-24)`, or what there is instead.

    :param is_to_come: whether the plan makes it so; then what becomes of the certificate is told.
    """
    found = presented.certificate
    certificate = certificate_words(found, is_to_come=is_to_come) if found else ()
    if presented.level == "hostname":
        return text("its own certificate {it}", it=certificate)
    if presented.level == "zone" and certificate:
        return text("the zone's certificate {it}", it=certificate)
    if presented.level == "zone":
        return ("a zone certificate outside this plan",)
    if presented.level == "global":
        return ("Cloudflare's shared certificate",)
    if presented.level == "nothing":
        return text("nothing ({why})", why=presented.why)
    return ("what is not managed here",)


def certificate_words(certificate: CertificateFacts, *, is_to_come: bool = False) -> Text:
    """`9f3a2b1c... (ends 2027-11-24)`; of one to come also `renews itself, next 2027-10-25`."""
    name = fingerprint(certificate.sha256)
    if not certificate.sha256 and certificate.cert_id:
        name = text("with the id {it}", it=Untrusted(f"{short(certificate.cert_id)}..."))
    ends = day(certificate.expires_on)
    renewal = words_of(certificate) if is_to_come else ""
    facts = ", ".join(fact for fact in (f"ends {ends}" if ends else "", renewal) if fact)
    return text("{name} ({facts})", name=name, facts=facts) if facts else name


def _loses(was: Presented, becomes: Presented, _how: str) -> Text:
    return text(
        "LOSES {old}; Cloudflare presents {new}: {end}",
        old=describe(was),
        new=describe(becomes, is_to_come=True),
        end=GOES_OFF if becomes.level == "nothing" else "what comes in its place is not known",
    )


def _falls(was: Presented, becomes: Presented, _how: str) -> Text:
    template = "falls from {old} to {new}: the origin must accept that one"
    return text(template, old=describe(was), new=describe(becomes, is_to_come=True))


def _becomes(was: Presented, becomes: Presented, how: str) -> Text:
    return text(
        "{old} becomes {new}{how}",
        old=describe(was),
        new=describe(becomes, is_to_come=True),
        how=how,
    )


def _changes(was: Presented, becomes: Presented, how: str) -> Text:
    if not was.certificate or not becomes.certificate:
        return _becomes(was, becomes, how)
    one, other = (
        certificate_words(was.certificate),
        certificate_words(becomes.certificate, is_to_come=True),
    )
    return text("certificate {one} becomes {other}{how}", one=one, other=other, how=how)


def _gains(was: Presented, becomes: Presented, _how: str) -> Text:
    if was.level != "nothing":
        template = "gets {new}; what is presented now is not in this plan, preflight looks"
        return text(template, new=describe(becomes, is_to_come=True))
    template = "gets {new}; until now nothing was presented ({why})"
    return text(template, new=describe(becomes, is_to_come=True), why=was.why)


def _stays(_was: Presented, _becomes: Presented, how: str) -> Text:
    # A gap without a change of certificate is news too.
    return text("the same certificate{how}", how=how) if "GAP" in how or ";" in how else ()


DESCRIPTIONS: Mapping[Effect, Callable[[Presented, Presented, str], Text]] = {
    "loses": _loses,
    "falls": _falls,
    "changes": _changes,
    "rises": _becomes,
    "gains": _gains,
    "settings": _stays,
    "unchanged": _stays,
}


def _with_settings(words: Text, old: ZoneFacts, new: ZoneFacts) -> Text:
    parts = [words] if words else []
    for name, switch in SWITCHES.items():
        was, becomes = getattr(old, name), getattr(new, name)
        if was != becomes and becomes in ("on", "off"):
            goes = "ON" if becomes == "on" else "OFF"
            parts.append(text("{what} goes {goes}", what=switch, goes=goes))
        elif was != becomes and was in ("on", "off"):
            parts.append(text("{what} is no longer managed here", what=switch))
    if old.ssl != new.ssl and new.ssl is None:
        parts.append(("the SSL mode is no longer managed here",))
    elif old.ssl != new.ssl:
        mode = Untrusted(new.ssl or "")
        was = text("SSL mode {old} becomes", old=Untrusted(old.ssl)) if old.ssl else ("SSL mode",)
        parts.append(text("{was} {new}", was=was, new=mode))
        if not old.ssl and is_lowered("strict", new.ssl):
            parts.append(("preflight tells whether that lowers it",))
    joined: Text = ()
    for part in parts:
        joined += (("; ",) if joined else ()) + part
    return joined


def count_by_effect(found: list[Change]) -> Mapping[Effect, tuple[int, int]]:
    """How many hostnames, and how many zones, by effect."""
    return {
        effect: (
            sum(1 for c in found if c.effect == effect and c.hostname != ANY_OTHER),
            sum(1 for c in found if c.effect == effect and c.hostname == ANY_OTHER),
        )
        for effect in EFFECTS
    }
