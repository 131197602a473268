"""Small plans, written as `pulumi preview --json` writes them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from operations.plan import preview
from operations.plan.report import PlanReport, build

ZONE = "023e105f4ecef8ad9ca31a8372d0c353"
NAME = "example.com"
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
OLD, NEW, THIRD = "a" * 64, "b" * 64, "c" * 64
IDS = {OLD: "id-of-old", NEW: "id-of-new", THIRD: "id-of-third"}
FAR, NEAR, PAST = "2027-11-24T12:00:00Z", "2026-12-10T12:00:00Z", "2026-11-01T12:00:00Z"
TYPES = "pulumi-python:dynamic/aop:"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

Props = dict[str, Any]


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:dev::aop::{TYPES}{kind}::{name}"


def step(op: str, kind: str, name: str, old: Props | None, new: Props | None) -> Props:
    """`old` and `new` are inputs; `id` and `found` in them go where the engine puts them."""

    def state(given: Props) -> Props:
        inputs = {k: v for k, v in given.items() if k not in ("id", "found")}
        outputs = {**inputs, "found": given.get("found", "off")}
        identifier = given.get("id", IDS.get(given.get("certificate_sha256", ""), ""))
        return {"type": TYPES + kind, "id": identifier, "inputs": inputs, "outputs": outputs}

    made: Props = {"op": op, "urn": urn(kind, name)}
    if old is not None:
        made["oldState"] = state(old)
    if new is not None:
        made["newState"] = state(new)
    return made


def move(kind: str, name: str, old: Props | None, new: Props | None) -> Props:
    """A step whose operation follows from its sides."""
    if old is None or new is None:
        return step("create" if old is None else "delete", kind, name, old, new)
    if old == new:
        return step("same", kind, name, old, new)
    is_other = old.get("certificate_sha256") != new.get("certificate_sha256")
    replaces = kind.endswith("Certificate") and is_other
    return step("replace" if replaces else "update", kind, name, old, new)


def setting(setting: str, old: str | None, new: str | None, **more: Any) -> Props:
    base = {"zone_id": ZONE, "setting": setting, **more}
    before = None if old is None else {**base, "value": old}
    after = None if new is None else {**base, "value": new}
    return move("ZoneSetting", setting, before, after)


def certificate(
    kind: str, old: str | None, new: str | None, ends: str = FAR, name: str = "certificate"
) -> Props:
    """A ZoneCertificate or HostnameCertificate by its fingerprints."""
    before = None if old is None else holding(old, FAR)
    after = None if new is None else holding(new, FAR if new == old else ends)
    return move(kind, name, before, after)


def holding(sha256: str, ends: str) -> Props:
    return {"zone_id": ZONE, "certificate_sha256": sha256, "expires_on": ends}


def bindings(
    old: Mapping[str, str | None] | None,
    new: Mapping[str, str | None] | None,
    name: str = "hostnames",
    **more: Any,
) -> Props:
    """From hostname to fingerprint; None is switched off."""

    def side(given: Mapping[str, str | None] | None) -> Props | None:
        if given is None:
            return None
        entries = {
            hostname: {
                "cert_id": IDS.get(sha256 or OLD, sha256),
                "certificate_sha256": sha256 or OLD,
                "enabled": sha256 is not None,
            }
            for hostname, sha256 in given.items()
        }
        return {"zone_id": ZONE, "bindings": entries, **more}

    return move("HostnameBindings", name, side(old), side(new))


def plan(*steps: Props, **more: Any) -> str:
    """The file."""
    config = {"aop:zones": json.dumps({NAME: {"zone_id": ZONE}})}
    tally: dict[str, int] = {}
    for item in steps:
        tally[item["op"]] = tally.get(item["op"], 0) + 1
    made = {"config": config, "steps": list(steps), "changeSummary": tally, **more}
    return json.dumps(made)


def report(*steps: Props, **more: Any) -> PlanReport:
    return build(preview.read(plan(*steps, **more)), NOW)
