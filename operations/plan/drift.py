"""What was changed at Cloudflare since state was written, and what `up` would do. Pure.

From `pulumi refresh --preview-only --json` (a step `update` or `delete` for what differs) and
`pulumi preview --refresh --json --show-sames` (the plan that starts from what was found).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from providers.values.text import short

from ..text import Value, Words, fingerprint, say, zone_name
from .preview import Preview, Resource
from .zones import CERTIFICATES, HOLDERS, UPLOADS, bound, uploads

ABSENT: Words = ("nothing",)


@dataclass(frozen=True)
class Difference:
    """`what` differs: state says `state`, Cloudflare has `live`. `since` is when state was last
    known to agree, RFC 3339; `hostname` and `setting` say where Cloudflare knows more."""

    resource: Resource
    what: Words
    state: Words
    live: Words
    since: str
    would: Words
    hostname: str = ""
    setting: str = ""


def differences(refresh: Preview, plan: Preview, written: Mapping[str, str]) -> list[Difference]:
    """`written` from URN to the time at which state was written."""
    planned = {r.urn: r for r in plan.resources if not r.is_leftover}
    found = []
    for resource in refresh.resources:
        if resource.kind and resource.op in ("update", "delete"):
            since = written.get(resource.urn, "")
            found += list(_of(resource, planned.get(resource.urn), since, plan.zone_names))
    return found


def _of(
    resource: Resource, planned: Resource | None, since: str, names: Mapping[str, str]
) -> Iterator[Difference]:
    old, new = resource.old or {}, resource.new or {}
    zone_id = str(old.get("zone_id", ""))
    zone = zone_name(names.get(zone_id, ""), zone_id)
    would = _would(planned)
    if resource.kind == "ZoneSetting":
        setting = str(old.get("setting", ""))
        what = say("{setting} of {zone}", setting=Value(setting), zone=zone)
        live = (Value(str(new.get("value", ""))),) if new else ABSENT
        state = (Value(str(old.get("value", ""))),)
        yield Difference(resource, what, state, live, since, would, setting=setting)
    elif resource.kind in CERTIFICATES:
        what = say("certificate {name} of {zone}", name=Value(resource.name), zone=zone)
        one, other = (_sha256(props) for props in (old, new))
        yield Difference(resource, what, one, other if new else ABSENT, since, would)
    elif resource.kind == UPLOADS:
        for sha256 in sorted(uploads(new) - uploads(old)):
            text = "certificate {it} of {zone}, left by a run that was cut off"
            what = say(text, it=fingerprint(sha256), zone=zone)
            would = ("deletes it once nothing shows it",)
            yield Difference(resource, what, ABSENT, ("uploaded",), since, would)
    elif resource.kind in HOLDERS:
        yield from _bindings(resource, planned, since)


def _sha256(props: Mapping[str, Any]) -> Words:
    return fingerprint(str(props.get("certificate_sha256", "")))


def _bindings(resource: Resource, planned: Resource | None, since: str) -> Iterator[Difference]:
    old = {row[0]: row for row in bound(resource, resource.old or {})}
    new = {row[0]: row for row in bound(resource, resource.new or {})}
    wanted = {row[0] for row in bound(planned, planned.new or {})} if planned else set()
    for hostname, row in old.items():
        now = new.get(hostname)
        if now != row:
            would: Words = ("binds it again",) if hostname in wanted else ("leaves it so",)
            if planned is None or planned.op == "same":
                would = _would(planned)
            yield Difference(
                resource,
                say("binding of {name}", name=Value(hostname)),
                _shown(row),
                _shown(now) if now else ("not bound",),
                since,
                would,
                hostname=hostname,
            )


def _shown(row: tuple[str, object, bool, object]) -> Words:
    _, cert_id, enabled, sha256 = row
    name = (
        fingerprint(sha256)
        if isinstance(sha256, str) and sha256
        else (Value(f"id {short(str(cert_id))}..."),)
    )
    return say("certificate {it}{off}", it=name, off="" if enabled else ", switched off")


def _would(planned: Resource | None) -> Words:
    words = {
        "update": "sets it back",
        "create": "makes it again",
        "replace": "replaces it",
        "delete": "deletes it",
        "same": "nothing: the program agrees with Cloudflare",
    }
    return ("nothing: the program does not have it",) if planned is None else (words[planned.op],)


def written_at(text: str) -> dict[str, str]:
    """When state was last written, by URN, from the same file."""
    steps = json.loads(text).get("steps") or []
    found: dict[str, str] = {}
    for step in steps:
        old = step.get("oldState") if isinstance(step, dict) else None
        if isinstance(old, dict):
            found[str(step.get("urn"))] = str(old.get("modified") or "")
    return found
