"""What is dangerous about a plan, in classes that a gate can name. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from providers.lifecycle.tls_mode import WITHOUT_TLS

from ..presented import ANY_OTHER, Certificate, ZonePicture
from ..text import Value, Words, day, days_left, fingerprint, in_days, listed, say, zone_name
from .changes import Change
from .preview import Preview, Resource
from .zones import CERTIFICATES, Zones, certificate_of

# By the word that `--fail-on` takes; in the order in which a report names them.
CLASSES = {
    "failure": "the preview itself failed",
    "loss": "a hostname or zone loses protection",
    "level": "a hostname or zone falls to a lower level",
    "ssl": "the SSL mode changes",
    "others": "what others use is deleted or taken over",
    "issuer": "a certificate comes from another issuer than the one before",
    "global": "only Cloudflare's shared certificate protects",
    "expiry": "a certificate that will be presented ends within 30 days",
}
ENDED = "HAS ENDED"
# Worth a look, but nothing that this plan breaks.
MILD = ("global", "expiry")
SOON = 30
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
    words: Words
    is_grave: bool


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
        Danger(name, words, name not in MILD or ENDED in words)
        for name in CLASSES
        for words in dict.fromkeys(RULES[name](scene))
    ]


def _failure(scene: Scene) -> Iterator[Words]:
    for said in scene.preview.errors:
        about = say("{name}: ", name=Value(said.about)) if said.about else ()
        yield (*about, Value(said.text, LONG))


def _of_kind(scene: Scene, kind: str) -> list[Change]:
    return [change for change in scene.changes if change.kind == kind]


def _subjects(found: list[Change]) -> Words:
    names = [Value(c.hostname) for c in found if c.hostname != ANY_OTHER]
    zones = [c.zone for c in found if c.hostname == ANY_OTHER]
    parts: list[Words] = [listed(names)] if names else []
    if zones:
        parts.append(say("every other hostname of {zones}", zones=listed(zones)))
    return parts[0] if len(parts) == 1 else say("{one}; {two}", one=parts[0], two=parts[1])


def _loss(scene: Scene) -> Iterator[Words]:
    if found := _of_kind(scene, "loses"):
        yield say(
            "{who}: protection is lost. An origin that insists on the certificate refuses every"
            " visitor; one that does not is open to everybody.",
            who=_subjects(found),
        )


def _level(scene: Scene) -> Iterator[Words]:
    if found := _of_kind(scene, "falls"):
        yield say(
            "{who}: a level is removed, and a less specific certificate takes its place. The"
            " origin must accept that one before this is applied.",
            who=_subjects(found),
        )


def _ssl(scene: Scene) -> Iterator[Words]:
    for zone_id, new in scene.after.items():
        old = scene.before.get(zone_id)
        if new.ssl and old is not None and old.ssl and old.ssl != new.ssl:
            yield say(
                "{zone}: SSL mode {old} becomes {new}: {fact}.",
                zone=zone_name(new.name, zone_id),
                old=Value(old.ssl),
                new=Value(new.ssl),
                fact=FACT.get(new.ssl, "this mode is not known here"),
            )
        elif new.ssl in WITHOUT_TLS:
            yield say(
                "{zone}: SSL mode {new}: {fact}.",
                zone=zone_name(new.name, zone_id),
                new=Value(new.ssl),
                fact=FACT[new.ssl],
            )


def _others(scene: Scene) -> Iterator[Words]:
    for resource in scene.preview.resources:
        if resource.op in ("delete", "replace") and resource.kind in CERTIFICATES:
            yield from _deleted_but_used(scene, resource)
        old = resource.old or {}
        takes_over = resource.new and resource.new.get("overwrite") is True
        if takes_over and (resource.op == "create" or old.get("overwrite") is not True):
            yield say(
                "{name}: overwrite is on, so hostnames that show somebody else's certificate are"
                " taken over.",
                name=Value(resource.name),
            )


def _deleted_but_used(scene: Scene, resource: Resource) -> Iterator[Words]:
    old = certificate_of(resource, resource.old or {})
    zone_id = str((resource.old or {}).get("zone_id"))
    zone = scene.after.get(zone_id) or ZonePicture(zone_id)
    if any(c.sha256 == old.sha256 for c in _held(scene, zone_id, resource)):
        return
    name = fingerprint(old.sha256)
    if resource.kind == "HostnameCertificate":
        users = [h for h, s in zone.hostnames.items() if _uses(s.certificate, old) and s.enabled]
        before = scene.before.get(zone_id) or ZonePicture(zone_id)
        mine = [s for s in before.hostnames.values() if _uses(s.certificate, old)]
        if users:
            text = "certificate {it} is deleted, and {who} still shows it: the deletion will fail."
            yield say(text, it=name, who=listed(Value(h) for h in sorted(users)))
        elif not mine and resource.op == "delete":
            yield say(
                "certificate {it} is deleted, and no binding of this plan showed it: if another"
                " stack or the dashboard uses it, the deletion waits and fails.",
                it=name,
            )
    elif resource.op == "delete" and not zone.certificates and zone.own != "off":
        state = "stays on" if zone.own == "on" else "is not managed here"
        yield say(
            "{zone}: its own certificate {it} is deleted without a successor, while the zone's"
            " switch {state}: whoever relies on it loses protection, or the deletion is refused.",
            zone=zone_name(zone.name, zone_id),
            it=name,
            state=state,
        )


def _held(scene: Scene, zone_id: str, but: Resource) -> list[Certificate]:
    """The certificates that other resources of the same kind and zone still hold."""
    return [
        certificate_of(r, r.new)
        for r in scene.preview.resources
        if r.new is not None
        and r.kind == but.kind
        and r.new.get("zone_id") == zone_id
        and (r.urn != but.urn or but.is_leftover or r.op == "replace")
    ]


def _uses(shown: Certificate, certificate: Certificate) -> bool:
    if shown.sha256 and certificate.sha256:
        return shown.sha256 == certificate.sha256
    return bool(shown.cert_id) and shown.cert_id == certificate.cert_id


def _issuer(scene: Scene) -> Iterator[Words]:
    for change in scene.changes:
        old, new = change.before.certificate, change.after.certificate
        if old and new and not new.has_issuer_of(old):
            by_key = ", by another key of the same name" if old.issuer == new.issuer else ""
            yield say(
                "certificate {new} comes from another issuer ({one}) than {old} ({other}): the"
                " origin must trust both before this is applied.",
                new=fingerprint(new.sha256),
                one=(Value(new.issuer), by_key),
                old=fingerprint(old.sha256),
                other=Value(old.issuer),
            )


def _global(scene: Scene) -> Iterator[Words]:
    if found := [c for c in scene.changes if c.after.level == "global"]:
        yield say(
            "{who}: only Cloudflare's shared certificate protects. Every customer of"
            " Cloudflare can send traffic that carries it: it does not prove your zone.",
            who=_subjects(found),
        )


def _expiry(scene: Scene) -> Iterator[Words]:
    users: dict[Certificate, list[Change]] = {}
    for change in scene.changes:
        if change.after.certificate is not None:
            users.setdefault(change.after.certificate, []).append(change)
    for certificate, found in users.items():
        left = days_left(certificate.expires_on, scene.now)
        if left is not None and left <= SOON:
            yield say(
                "certificate {it} {ends} on {day}, {when}; it is presented for {who}.",
                it=fingerprint(certificate.sha256),
                ends="ends" if left >= 0 else ENDED,
                day=day(certificate.expires_on),
                when=in_days(left),
                who=_subjects(found),
            )


RULES: dict[str, Callable[[Scene], Iterator[Words]]] = {
    "failure": _failure,
    "loss": _loss,
    "level": _level,
    "ssl": _ssl,
    "others": _others,
    "issuer": _issuer,
    "global": _global,
    "expiry": _expiry,
}
