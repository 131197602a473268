"""What a plan means for each hostname, and for each zone's other hostnames. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from providers.values.text import short

from ..presented import ANY_OTHER, RANK, Certificate, Presented, ZonePicture, present
from ..text import Value, Words, day, fingerprint, say, zone_name
from .preview import Preview, Resource
from .zones import Zones, bound

Kind = Literal["loses", "falls", "changes", "rises", "gains", "unchanged"]
KINDS: tuple[Kind, ...] = ("loses", "falls", "changes", "rises", "gains", "unchanged")
GOES_OFF = "origins that insist will refuse every visitor"
SWITCHES = {
    "own": "the switch of the zone's own certificate",
    "shared": "the switch of Cloudflare's shared certificate",
}


@dataclass(frozen=True)
class Change:
    """One line of the report. `hostname` is `*` for every hostname without one of its own."""

    kind: Kind
    zone_id: str
    zone: Value
    hostname: str
    before: Presented
    after: Presented
    words: Words

    @property
    def subject(self) -> Words:
        """How the report names it."""
        if self.hostname == ANY_OTHER:
            return say("{zone} (zone)", zone=self.zone)
        return (Value(self.hostname),)

    @property
    def is_news(self) -> bool:
        """Whether the plan changes anything for it."""
        return self.kind != "unchanged" or len(self.words) > 0


def changes(preview: Preview, before: Zones, after: Zones) -> list[Change]:
    """In the order of zones and hostnames; zones of which the file knows nothing are left out."""
    found = []
    gaps = Gaps(preview)
    for zone_id in {**before, **after}:
        old = before.get(zone_id) or ZonePicture(zone_id)
        new = after.get(zone_id) or ZonePicture(zone_id)
        name = zone_name(new.name or old.name, zone_id)
        for hostname in _hostnames(old, new):
            was, becomes = present(old, hostname), present(new, hostname)
            kind = kind_of(was, becomes)
            told = _told(kind, was, becomes, gaps.of(zone_id, hostname, old, new))
            if hostname == ANY_OTHER:
                told = _with_settings(told, old, new)
            found.append(Change(kind, zone_id, name, hostname, was, becomes, told))
    return found


def _hostnames(old: ZonePicture, new: ZonePicture) -> Iterator[str]:
    for zone in (old, new):
        if any((zone.ssl, zone.shared, zone.own, zone.certificates)):
            yield ANY_OTHER
            break
    yield from sorted({*old.hostnames, *new.hostnames})


def kind_of(was: Presented, becomes: Presented) -> Kind:
    """How one becomes the other; what is not known to be protected afterwards counts as lost."""
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


def _is_same(one: Certificate | None, other: Certificate | None) -> bool:
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
            ((r.old or {}).get("zone_id"), r.kind) for r in preview.resources if r.has_gap
        }

    def of(self, zone_id: str, hostname: str, old: ZonePicture, new: ZonePicture) -> str:
        """How a change goes, as the end of a sentence."""
        kinds = {kind for zone, kind in self._recreated if zone == zone_id}
        if kinds & {"HostnameCertificate", "HostnameBinding", "HostnameBindings"} or (
            kinds and hostname == ANY_OTHER
        ):
            return ", WITH A GAP: the old one is deleted before the new one is there"
        was, becomes = old.hostnames.get(hostname), new.hostnames.get(hostname)
        if was and becomes and was.holder != becomes.holder and self._keeps(was.holder, hostname):
            return (
                "; it moves between two resources, and can be without a certificate for a moment"
                " unless one depends on the other"
            )
        return ", without downtime"

    def _keeps(self, urn: str, hostname: str) -> bool:
        """Whether the old holder stays and drops the hostname, which can void before it binds."""
        holder: Resource | None = self._resources.get(urn)
        if holder is None or holder.new is None:
            return False
        return hostname not in {row[0] for row in bound(holder, holder.new)}


def shown(presented: Presented) -> Words:
    """`its own certificate 9f3a2b1c... (ends 2027-11-24)`, or what there is instead."""
    certificate = certificate_words(presented.certificate) if presented.certificate else ()
    if presented.level == "hostname":
        return say("its own certificate {it}", it=certificate)
    if presented.level == "zone" and certificate:
        return say("the zone's certificate {it}", it=certificate)
    if presented.level == "zone":
        return ("a zone certificate outside this plan",)
    if presented.level == "global":
        return ("Cloudflare's shared certificate",)
    if presented.level == "nothing":
        return say("nothing ({why})", why=presented.why)
    return ("what is not managed here",)


def certificate_words(certificate: Certificate) -> Words:
    """`9f3a2b1c... (ends 2027-11-24)`."""
    name = fingerprint(certificate.sha256)
    if not certificate.sha256 and certificate.cert_id:
        name = say("with the id {it}", it=Value(f"{short(certificate.cert_id)}..."))
    ends = day(certificate.expires_on)
    return say("{name} (ends {ends})", name=name, ends=ends) if ends else name


def _told(kind: Kind, was: Presented, becomes: Presented, how: str) -> Words:
    old, new = shown(was), shown(becomes)
    if kind == "loses":
        end = GOES_OFF if becomes.level == "nothing" else "what comes in its place is not known"
        return say("LOSES {old}; Cloudflare presents {new}: {end}", old=old, new=new, end=end)
    if kind == "falls":
        return say("falls from {old} to {new}: the origin must accept that one", old=old, new=new)
    if kind == "rises":
        return say("{old} becomes {new}{how}", old=old, new=new, how=how)
    if kind == "gains" and was.level == "nothing":
        return say("gets {new}; until now nothing was presented ({why})", new=new, why=was.why)
    if kind == "gains":
        return say("gets {new}", new=new)
    if kind == "changes" and was.certificate and becomes.certificate:
        one, other = certificate_words(was.certificate), certificate_words(becomes.certificate)
        return say("certificate {one} becomes {other}{how}", one=one, other=other, how=how)
    if kind == "changes":
        return say("{old} becomes {new}{how}", old=old, new=new, how=how)
    # A gap without a change of certificate is news too.
    return say("the same certificate{how}", how=how) if "GAP" in how or ";" in how else ()


def _with_settings(told: Words, old: ZonePicture, new: ZonePicture) -> Words:
    parts = [told] if told else []
    for name, words in SWITCHES.items():
        was, becomes = getattr(old, name), getattr(new, name)
        if was != becomes and becomes in ("on", "off"):
            goes = "ON" if becomes == "on" else "OFF"
            parts.append(say("{what} goes {goes}", what=words, goes=goes))
        elif was != becomes and was in ("on", "off"):
            parts.append(say("{what} is no longer managed here", what=words))
    if old.ssl != new.ssl and new.ssl is None:
        parts.append(("the SSL mode is no longer managed here",))
    elif old.ssl != new.ssl:
        mode = Value(new.ssl or "")
        was = say("SSL mode {old} becomes", old=Value(old.ssl)) if old.ssl else ("SSL mode",)
        parts.append(say("{was} {new}", was=was, new=mode))
    joined: Words = ()
    for part in parts:
        joined += (("; ",) if joined else ()) + part
    return joined


def counted(found: list[Change]) -> Mapping[Kind, tuple[int, int]]:
    """How many hostnames, and how many zones, by kind."""
    return {
        kind: (
            sum(1 for c in found if c.kind == kind and c.hostname != ANY_OTHER),
            sum(1 for c in found if c.kind == kind and c.hostname == ANY_OTHER),
        )
        for kind in KINDS
    }
