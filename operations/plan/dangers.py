"""What is dangerous about a plan, in classes that a gate can name. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from providers.lifecycle.tls_mode import WITHOUT_TLS, is_lowered
from providers.values.algorithms import origin_needs
from providers.values.expiry import days_to_warn

from ..text import Text, Untrusted, day, days_left, fingerprint, in_days, join, text, zone_name
from .changes import Change, Effect
from .kinds import Deletion, is_unlisted, kind_of
from .presented import ANY_OTHER, CertificateFacts, Presented, ZoneFacts
from .preview import Preview, Resource
from .zones import Zones

# By the word that `--fail-on` takes; in the order in which a report names them.
CLASSES = {
    "failure": "the preview itself failed",
    "loss": "a hostname or zone loses protection",
    "level": "a hostname or zone falls to a lower level",
    "ssl": "the SSL mode changes",
    "others": "what others use is deleted or taken over",
    "issuer": "a certificate comes from another issuer than the one before",
    "algorithm": "a certificate has a key of a kind that an origin may not know (ML-DSA)",
    "unknown": "a resource changes whose kind this report does not know",
    "global": "only Cloudflare's shared certificate protects",
    "expiry": "a certificate that will be presented ends soon (30 days, or a third of its life, or"
    " the zone's warn_days)",
}
ENDED = "HAS ENDED"
# A change of CA for which the stack has exported the bundle: nothing breaks where that is in place.
IS_EXPORTED = "the exported bundle has both CAs, see that it is in place before this is applied"
IS_NOT_EXPORTED = "the origin must trust both before this is applied"
# Worth a look, but nothing that this plan breaks.
MILD = ("unknown", "global")
LONG = 800
FACT = {
    "off": "Cloudflare speaks no TLS to the origin and presents nothing",
    "flexible": "Cloudflare speaks no TLS to the origin and presents nothing",
    "full": "Cloudflare does not verify the origin's certificate",
    "strict": "the origin needs a valid certificate, or visitors get error 526",
    "origin_pull": "Cloudflare always speaks TLS to the origin",
}


@dataclass(frozen=True)
class Danger:
    """`name` is one of CLASSES; `is_grave`: this plan breaks something."""

    name: str
    words: Text
    is_grave: bool


# What the headline says of a class whose words the counts of hostnames do not have.
HEADLINES = {
    "ssl": "the SSL mode changes",
    "others": "what others may use is touched",
    "issuer": "another CA",
}


def headline(found: Collection[Danger]) -> list[str]:
    """The gravest facts of a plan in a few words each."""
    names = dict.fromkeys(danger.name for danger in found if danger.is_grave)
    facts = [HEADLINES[name] for name in names if name in HEADLINES]
    ends = [danger.words for danger in found if danger.name == "expiry"]
    if any(ENDED in words for words in ends):
        facts.append("a certificate HAS ENDED")
    elif ends:
        facts.append("a certificate ends soon")
    return facts


@dataclass(frozen=True)
class Scene:
    """What the rules look at."""

    preview: Preview
    before: Zones
    after: Zones
    changes: list[Change]
    now: datetime


def dangers(scene: Scene) -> list[Danger]:
    """All of them, in the order of CLASSES."""
    return [
        Danger(name, words, name not in MILD and IS_EXPORTED not in words)
        for name in CLASSES
        for words in dict.fromkeys(RULES[name](scene))
    ]


def _failure(scene: Scene) -> Iterator[Text]:
    for diagnostic in scene.preview.errors:
        about = text("{name}: ", name=Untrusted(diagnostic.about)) if diagnostic.about else ()
        yield (*about, Untrusted(diagnostic.text, LONG))


def _with_effect(scene: Scene, effect: Effect) -> list[Change]:
    return [change for change in scene.changes if change.effect == effect]


def _subjects(found: list[Change]) -> Text:
    names = [Untrusted(c.hostname) for c in found if c.hostname != ANY_OTHER]
    zones = [c.zone for c in found if c.hostname == ANY_OTHER]
    parts: list[Text] = [join(names)] if names else []
    if zones:
        parts.append(text("every other hostname of {zones}", zones=join(zones)))
    return parts[0] if len(parts) == 1 else text("{one}; {two}", one=parts[0], two=parts[1])


def _loss(scene: Scene) -> Iterator[Text]:
    if found := _with_effect(scene, "loses"):
        yield text(
            "{who}: protection is lost. An origin that insists on the certificate refuses every"
            " visitor; one that does not is open to everybody.",
            who=_subjects(found),
        )


def _level(scene: Scene) -> Iterator[Text]:
    if found := _with_effect(scene, "falls"):
        yield text(
            "{who}: a level is removed, and a less specific certificate takes its place. The"
            " origin must accept that one before this is applied.",
            who=_subjects(found),
        )


def _ssl(scene: Scene) -> Iterator[Text]:
    for zone_id, new in scene.after.items():
        old = scene.before.get(zone_id)
        if new.ssl and old is not None and old.ssl and old.ssl != new.ssl:
            yield text(
                "{zone}: SSL mode {old} {becomes} {new}: {fact}.",
                zone=zone_name(new.name, zone_id),
                old=Untrusted(old.ssl),
                becomes="is LOWERED to" if is_lowered(old.ssl, new.ssl) else "becomes",
                new=Untrusted(new.ssl),
                fact=FACT.get(new.ssl, "this mode is not known here"),
            )
        elif new.ssl in WITHOUT_TLS:
            yield text(
                "{zone}: SSL mode {new}: {fact}.",
                zone=zone_name(new.name, zone_id),
                new=Untrusted(new.ssl),
                fact=FACT[new.ssl],
            )


def _others(scene: Scene) -> Iterator[Text]:
    for resource in scene.preview.resources:
        if resource.op in ("delete", "replace"):
            yield from _deletions_of_used(scene, resource)
        old = resource.old or {}
        takes_over = resource.new and resource.new.get("overwrite") is True
        if takes_over and (resource.op == "create" or old.get("overwrite") is not True):
            yield text(
                "{name}: overwrite is on, so {it}.",
                name=Untrusted(resource.name),
                it=kind_of(resource).takes_over,
            )


def _deletions_of_used(scene: Scene, resource: Resource) -> Iterator[Text]:
    old = kind_of(resource).certificate(resource, resource.old or {})
    zone_id = str((resource.old or {}).get("zone_id"))
    if old is None or any(
        c.sha256 == old.sha256 for c in _certificates_that_stay(scene, zone_id, resource)
    ):
        return
    before = scene.before.get(zone_id) or ZoneFacts(zone_id)
    after = scene.after.get(zone_id) or ZoneFacts(zone_id)
    yield from kind_of(resource).deletion_dangers(Deletion(resource, old, before, after))


def _certificates_that_stay(
    scene: Scene, zone_id: str, but: Resource
) -> Iterator[CertificateFacts]:
    """The certificates that other resources of the same kind and zone still hold."""
    for other in scene.preview.resources:
        is_other = other.urn != but.urn or but.is_leftover or other.op == "replace"
        if other.new is not None and kind_of(other) is kind_of(but) and is_other:
            held = kind_of(other).certificate(other, other.new)
            if held is not None and other.new.get("zone_id") == zone_id:
                yield held


def _issuer(scene: Scene) -> Iterator[Text]:
    alike: dict[tuple[Presented, Presented, str], list[Change]] = {}
    for change in scene.changes:
        if change.trust != "same":
            alike.setdefault((change.before, change.after, change.trust), []).append(change)
    for (was, becomes, trust), found in alike.items():
        old, new = was.certificate, becomes.certificate or CertificateFacts()
        by_key = ", by another key of the same name" if old and old.issuer == new.issuer else ""
        before: Text = ("Cloudflare's shared certificate",)
        if old:
            template = "{old} ({other})"
            before = text(template, old=fingerprint(old.sha256), other=Untrusted(old.issuer))
        yield text(
            "{who}: certificate {new} comes from another issuer ({one}) than {before}: {end}.",
            who=_subjects(found),
            new=fingerprint(new.sha256),
            one=("a CA in its ca",) if new.ca else (Untrusted(new.issuer), by_key),
            before=before,
            end=(IS_EXPORTED if trust == "both" else IS_NOT_EXPORTED,),
        )


def _algorithm(scene: Scene) -> Iterator[Text]:
    for change in scene.changes:
        old, new = change.before.certificate, change.after.certificate
        need = origin_needs(new.key_kind) if new else None
        if new and need and (old is None or old.key_kind != new.key_kind):
            yield text(
                "certificate {it} has a key of the kind {kind}. {need}",
                it=fingerprint(new.sha256),
                kind=new.key_kind,
                need=need,
            )


def _unknown(scene: Scene) -> Iterator[Text]:
    for resource in scene.preview.resources:
        if is_unlisted(resource) and resource.op != "same":
            yield text(
                "{name}, a {kind}, changes: what that means for hostnames is not known here.",
                name=Untrusted(resource.name),
                kind=Untrusted(resource.kind),
            )


def _global(scene: Scene) -> Iterator[Text]:
    if found := [c for c in scene.changes if c.after.level == "global"]:
        yield text(
            "{who}: only Cloudflare's shared certificate protects. Every customer of"
            " Cloudflare can send traffic that carries it: it does not prove your zone.",
            who=_subjects(found),
        )


def _expiry(scene: Scene) -> Iterator[Text]:
    users: dict[tuple[CertificateFacts, str], list[Change]] = {}
    for change in scene.changes:
        # What is due is replaced by this plan, and so is not what will be presented.
        if change.after.certificate is not None and not change.after.certificate.renews_itself:
            users.setdefault((change.after.certificate, change.zone_id), []).append(change)
    for (certificate, zone_id), found in users.items():
        left = days_left(certificate.expires_on, scene.now)
        warn_days = scene.preview.warn_days.get(zone_id)
        if left is not None and left <= days_to_warn(certificate.life, warn_days):
            yield text(
                "certificate {it} {ends} on {day}, {when}; it is presented for {who}.",
                it=fingerprint(certificate.sha256),
                ends="ends" if left >= 0 else ENDED,
                day=day(certificate.expires_on),
                when=in_days(left),
                who=_subjects(found),
            )


RULES: dict[str, Callable[[Scene], Iterator[Text]]] = {
    "failure": _failure,
    "loss": _loss,
    "level": _level,
    "ssl": _ssl,
    "others": _others,
    "issuer": _issuer,
    "algorithm": _algorithm,
    "unknown": _unknown,
    "global": _global,
    "expiry": _expiry,
}
