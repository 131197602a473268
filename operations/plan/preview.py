"""`pulumi preview --json`, read with tolerance: what Pulumi would do, resource by resource.

Shape: `{config, steps[{op, urn, oldState, newState, detailedDiff, ...}], diagnostics,
changeSummary}`; a state has `id`, `inputs`, `outputs`, `parent`, `type`. Unchanged resources are
listed with `--show-sames` only, the parts of a replacement with `--show-replacement-steps`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from providers.values.text import redact

Props = Mapping[str, Any]

TYPES = "pulumi-python:dynamic/aop:"
STACK = "pulumi:pulumi:Stack"
COMPONENT = "aop:index:ProtectedZone"
# What the engine writes in place of a value that is not known yet (resource/plugin/rpc.go).
UNKNOWNS = ("04da6b54-80e4-46f7-96ec-b56ff0331ba9", "output<string>")
OPS = ("same", "create", "update", "delete", "replace")
ENGINES_OWN = "an unhandled error occurred: program exited with non-zero exit code"
REPLACEMENT = ("replace", "create-replacement", "delete-replaced")
LOOKS = ("refresh", "read")
COLOURS = re.compile(r"<\{%.*?%\}>|\x1b\[[0-9;]*m")


class Unreadable(Exception):
    """The text is not the output of `pulumi preview --json`; one line."""


@dataclass(frozen=True)
class Resource:
    """One resource in the plan. `old` and `new` are its inputs, None where it does not exist.

    `op` is one of OPS, or "other". `kind` is the type's last word for ours, else
    "". `has_gap`: the old object is deleted before the new one is there. `is_leftover`: a deletion
    that an earlier run left undone. `replaced_for`: the properties that make it a replacement.
    `depends_on`: the URNs of what its inputs come from, or what it waits for.
    """

    op: str
    type: str
    kind: str
    name: str
    urn: str
    old_id: str
    old: Props | None
    outputs: Props
    new: Props | None
    changed: tuple[str, ...]
    parent: str
    has_gap: bool = False
    is_leftover: bool = False
    replaced_for: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()

    @property
    def is_to_come(self) -> bool:
        """Whether `new` is an object that the plan makes: its id is not known yet."""
        return self.op in ("create", "replace")


@dataclass(frozen=True)
class Diagnostic:
    """A diagnostic of the preview: severity error, warning or info."""

    severity: str
    about: str
    text: str


@dataclass(frozen=True)
class Preview:
    """The whole plan. `resources` are in the order in which the engine begins with them.

    `zone_names` from zone id to name, as the configuration has them; `warn_days` of the
    configuration, by zone id, where it says them; `summaries` what the stack's outputs say of each
    zone before this plan, by name; `hides_sames`: unchanged resources are not in the file.
    """

    stack: str
    resources: tuple[Resource, ...]
    tally: Mapping[str, int]
    diagnostics: tuple[Diagnostic, ...]
    zone_names: Mapping[str, str]
    summaries: Mapping[str, Props] = field(default_factory=dict)
    warn_days: Mapping[str, float] = field(default_factory=dict)
    hides_sames: bool = False

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What made the preview fail; such a plan is not whole."""
        return tuple(d for d in self.diagnostics if d.severity == "error")


def read(text: str) -> Preview:
    """:raises Unreadable: for anything else than a preview's JSON."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable("this is not JSON. Give the output of `pulumi preview --json`.") from None
    if not isinstance(data, dict) or not ({"steps", "diagnostics"} & set(data)):
        raise Unreadable("this JSON is no preview. Give the output of `pulumi preview --json`.")
    steps = [s for s in _list(data.get("steps")) if isinstance(s, dict) and _text(s.get("urn"))]
    resources = tuple(_resources(steps))
    tally = {k: v for k, v in _map(data.get("changeSummary")).items() if isinstance(v, int)}
    changed = {resource.urn for resource in resources if resource.op != "same"}
    listed_sames = len({step["urn"] for step in steps} - changed)
    return Preview(
        stack=_stack(steps),
        resources=resources,
        tally=tally,
        diagnostics=tuple(_diagnostics(data)),
        zone_names=_zone_names(data, resources),
        summaries=_summaries(steps),
        warn_days=_warn_days(data),
        hides_sames=tally.get("same", 0) > listed_sames,
    )


def _resources(steps: list[dict[str, Any]]) -> list[Resource]:
    grouped: dict[tuple[str, bool], list[dict[str, Any]]] = {}
    for step in steps:
        is_leftover = step.get("op") == "delete" and _map(step.get("oldState")).get("delete")
        grouped.setdefault((step["urn"], bool(is_leftover)), []).append(step)
    found = []
    # A refresh comes before everything else, in an order of its own.
    looked = {key: [s for s in group if s.get("op") not in LOOKS] for key, group in grouped.items()}
    in_order = sorted(grouped, key=lambda key: steps.index((looked[key] or grouped[key])[0]))
    for urn, is_leftover in in_order:
        # After a refresh, what it found is where the plan starts from.
        group, real = grouped[urn, is_leftover], looked[urn, is_leftover]
        refreshed = [{**s, "op": "same", "oldState": s.get("newState")} for s in group]
        found.append(_resource(urn, real or refreshed, is_leftover))
    return [resource for resource in found if resource.type != STACK]


def _resource(urn: str, group: list[dict[str, Any]], is_leftover: bool) -> Resource:
    ops = [_text(step.get("op")) for step in group]
    old = next((s["oldState"] for s in group if isinstance(s.get("oldState"), dict)), None)
    new: Props = next(
        (s["newState"] for s in reversed(group) if isinstance(s.get("newState"), dict)), {}
    )
    op = "replace" if set(ops) & set(REPLACEMENT) else ops[0]
    op = "create" if op == "import" else op
    if op == "delete":
        new = {}
    state = new or old or {}
    kind = _text(state.get("type") or (urn.split("::")[2:3] or [""])[0].rpartition("$")[2])
    order = {name: ops.index(name) for name in REPLACEMENT if name in ops}
    changed = {key for step in group for key in _map(step.get("detailedDiff"))}
    replaced_for = {_text(key) for step in group for key in _list(step.get("replaceReasons"))}
    return Resource(
        op=op if op in OPS else "other",
        type=kind,
        kind=kind.removeprefix(TYPES) if kind.startswith(TYPES) else "",
        name=urn.split("::")[-1],
        urn=urn,
        old_id=_text(_map(old).get("id")),
        old=_map(_map(old).get("inputs")) if old is not None else None,
        outputs=_map(_map(old).get("outputs")),
        new=_map(new.get("inputs")) if new else None,
        changed=tuple(sorted(key for key in changed if not key.startswith("__"))),
        parent=_text(state.get("parent")),
        has_gap=order.get("delete-replaced", 9) < order.get("create-replacement", -1),
        is_leftover=is_leftover,
        replaced_for=tuple(sorted(replaced_for)),
        depends_on=tuple(_text(urn) for urn in _list(new.get("dependencies"))),
    )


def _diagnostics(data: Props) -> list[Diagnostic]:
    found = []
    for item in _list(data.get("diagnostics")):
        if isinstance(item, dict):
            severity = _text(item.get("severity")).partition("#")[0] or "info"
            text = COLOURS.sub("", _text(item.get("message"))).strip()
            text = redact(text.removeprefix(f"{severity}: "), ())
            if text:
                found.append(Diagnostic(severity, _text(item.get("urn")).split("::")[-1], text))
    own = [d for d in dict.fromkeys(found) if not d.text.startswith(ENGINES_OWN)]
    # The engine adds its line to each error of the program; alone it is all that is known.
    return own if any(d.severity == "error" for d in own) else list(dict.fromkeys(found))


def _zone_names(data: Props, resources: tuple[Resource, ...]) -> dict[str, str]:
    names: dict[str, str] = {}
    for resource in resources:
        props = resource.new or resource.old or {}
        parts = resource.parent.split("::")
        if COMPONENT in parts[2:3] and resource.kind:
            names.setdefault(_text(props.get("zone_id")), parts[-1])
    for name, zone in _configured_zones(data):
        names[_text(zone.get("zone_id")).lower()] = name
    names.pop("", None)
    return names


def _warn_days(data: Props) -> dict[str, float]:
    return {
        _text(zone.get("zone_id")).lower(): float(given)
        for _, zone in _configured_zones(data)
        if isinstance(given := zone.get("warn_days"), (int, float))
    }


def _configured_zones(data: Props) -> Iterator[tuple[str, Props]]:
    """The zones of the configuration, which stands in the file as JSON in a string."""
    for key, value in _map(data.get("config")).items():
        if key.endswith(":zones") and isinstance(value, str):
            try:
                zones = _map(json.loads(value))
            except (ValueError, RecursionError):
                continue
            yield from ((name, _map(zone)) for name, zone in zones.items())


def _summaries(steps: list[dict[str, Any]]) -> dict[str, Props]:
    for step in steps:
        old = _map(step.get("oldState"))
        if old.get("type") == STACK:
            outputs = _map(old.get("outputs"))
            return {name: s for name, s in outputs.items() if isinstance(s, dict)}
    return {}


def _stack(steps: list[dict[str, Any]]) -> str:
    parts = steps[0]["urn"].split(":") if steps else []
    return parts[2] if len(parts) > 2 else ""


def is_unknown(value: object) -> bool:
    """Whether a value will be known only when the plan is carried out."""
    return value in UNKNOWNS if isinstance(value, str) else False


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _map(value: object) -> Props:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
