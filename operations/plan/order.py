"""The order in which a plan will happen, one sentence for each step. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..text import Value, Words, count, fingerprint, listed, plain, say, zone_name
from .preview import COMPONENT, Preview, Resource, is_unknown
from .zones import (
    CERTIFICATES,
    HOLDERS,
    SWITCHES,
    UPLOADS,
    bound,
    certificate_of,
    on_destroy,
    uploads,
)

NAMES = {
    "shared": "Cloudflare's shared certificate",
    "own": "the zone's own certificate",
    "ssl": "the SSL mode",
}


def order(preview: Preview) -> list[Words]:
    """What goes on first, what goes off last: the engine deletes at the end."""
    doing = [r for r in preview.resources if r.op in ("create", "update", "replace")]
    undoing = [r for r in preview.resources if r.op in ("delete", "replace")]
    steps: list[Words] = []
    for resource in doing:
        if resource.has_gap:
            steps += _undone(preview, resource)
        steps += _done(preview, resource)
    for resource in undoing:
        if not resource.has_gap:
            steps += _undone(preview, resource)
    return steps


def _zone(preview: Preview, props: Mapping[str, Any]) -> Value:
    given = props.get("zone_id")
    zone_id = "" if is_unknown(given) else str(given or "")
    return zone_name(preview.zone_names.get(zone_id, ""), zone_id)


def _done(preview: Preview, resource: Resource) -> Iterator[Words]:
    props, old = resource.new or {}, resource.old or {}
    name, zone = Value(resource.name), _zone(preview, props)
    if resource.kind in CERTIFICATES:
        sha256 = certificate_of(resource, props).sha256
        if resource.op == "update":
            changed = listed(Value(key) for key in resource.changed)
            yield say("{name}: takes note of {it}; nothing is sent", name=name, it=changed)
        else:
            level = "the zone" if resource.kind == "ZoneCertificate" else "hostnames"
            yield say(
                "{name}: uploads certificate {it} for {level} of {zone}, or adopts it",
                name=name,
                it=fingerprint(sha256),
                level=level,
                zone=zone,
            )
    elif resource.kind == "ZoneSetting":
        yield say("{name}: {it}", name=name, it=_set(props, zone))
    elif resource.kind == UPLOADS:
        yield _noted(name, uploads(props) - uploads(old))
    elif resource.kind in HOLDERS:
        yield from _bound(resource, old if resource.op == "update" else {}, props)
    elif resource.type != COMPONENT:
        verb = {"create": "is created", "update": "changes"}.get(resource.op, "is replaced")
        yield say("{name}: {verb}", name=name, verb=verb)


def _noted(name: Value, fingerprints: set[str]) -> Words:
    if not fingerprints:
        return say("{name}: deletes what a run that was cut off has left, if anything", name=name)
    which = listed(Value(plain(fingerprint(sha256))) for sha256 in sorted(fingerprints))
    return say("{name}: notes in state what the program uploads: {which}", name=name, which=which)


def _set(props: Mapping[str, Any], zone: Value) -> Words:
    name = SWITCHES.get(str(props.get("setting")), "")
    value = props.get("value")
    if name == "own" and value in ("on", True):
        text = "waits for the newest certificate of {zone} to be active, then switches it on"
        return say(text, zone=zone)
    if name in ("own", "shared"):
        state = "on" if value in ("on", True) else "off"
        return say("switches {name} of {zone} {state}", name=NAMES[name], zone=zone, state=state)
    return say("sets the SSL mode of {zone} to {mode}", zone=zone, mode=Value(str(value)))


def _bound(resource: Resource, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Words]:
    before = {row[0]: row for row in bound(resource, old)}
    after = {row[0]: row for row in bound(resource, new)}
    name = Value(resource.name)
    gone = sorted(set(before) - set(after))
    if gone:
        yield say("{name}: voids {who}", name=name, who=_who(gone))
    moved: dict[tuple[str, bool], list[str]] = {}
    for hostname, row in after.items():
        if row != before.get(hostname):
            key = row[3] if isinstance(row[3], str) and not is_unknown(row[3]) else ""
            moved.setdefault((key, row[2]), []).append(hostname)
    for (sha256, enabled), hostnames in moved.items():
        text = "{name}: switches the certificate off for {who}"
        if enabled:
            text = "{name}: once certificate {it} is active, binds {who}, waits until in force"
        yield say(text, name=name, it=fingerprint(sha256), who=_who(sorted(hostnames)))
    if not gone and not moved:
        changed = listed(Value(key) for key in resource.changed)
        yield say("{name}: takes note of {it}", name=name, it=changed or ("its options",))


def _who(hostnames: list[str]) -> Words:
    number = f"{count(len(hostnames), 'hostname')}: " if len(hostnames) > 1 else ""
    return say("{number}{names}", number=number, names=listed(Value(h) for h in hostnames))


def _undone(preview: Preview, resource: Resource) -> Iterator[Words]:
    props = resource.old or {}
    name, zone = Value(resource.name), _zone(preview, props)
    if resource.kind in CERTIFICATES:
        sha256 = certificate_of(resource, props).sha256
        is_own = resource.kind == "ZoneCertificate"
        until = "another one is active or the switch off" if is_own else "no hostname shows it"
        text = "{name}: deletes certificate {it} once {until}"
        yield say(text, name=name, it=fingerprint(sha256), until=until)
    elif resource.kind == "ZoneSetting":
        yield say("{name}: {it}", name=name, it=_left(resource, zone))
    elif resource.kind == UPLOADS:
        yield _noted(name, set())
    elif resource.kind in HOLDERS:
        hostnames = sorted(row[0] for row in bound(resource, props))
        yield say("{name}: voids {who}", name=name, who=_who(hostnames))
    elif resource.op == "delete" and resource.type != COMPONENT:
        yield say("{name}: is deleted", name=name)


def _left(resource: Resource, zone: Value) -> Words:
    props = resource.old or {}
    setting = SWITCHES.get(str(props.get("setting")), "")
    after = on_destroy(props)
    name = NAMES.get(setting, "a setting")
    if after == "keep":
        return say("leaves {name} of {zone} as it is", name=name, zone=zone)
    value = resource.outputs.get("found") if after == "restore" else after
    back = "back " if after == "restore" else ""
    to = Value(str(value))
    return say("sets {name} of {zone} {back}to {to}", name=name, zone=zone, back=back, to=to)
