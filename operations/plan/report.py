"""The report of a plan: everything that a renderer needs, and nothing of how it looks. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from providers.values.reference import is_reference

from ..text import Text, Untrusted, count, join, plain, text
from . import unwarned
from .changes import EFFECTS, Change, Effect, changes, count_by_effect
from .dangers import LONG, Danger, Scene, dangers, headline
from .kinds import kind_of
from .order import order
from .presented import ANY_OTHER, CertificateFacts, Presented
from .preview import UNKNOWNS, Diagnostic, Preview, Props, Resource, is_unknown
from .zones import Zones, zones_of

Verdict = Literal["failed", "danger", "caution", "calm"]
FAILED = "failure"
# The gate that whatever is grave closes.
DANGER = "danger"
RISK: dict[Effect, tuple[str, str]] = {
    "loses": ("loses protection", "lose protection"),
    "falls": ("falls to a lower level", "fall to a lower level"),
    "changes": ("changes certificate", "change certificate"),
    "rises": ("moves to a higher level", "move to a higher level"),
    "gains": ("gets a certificate", "get a certificate"),
    "settings": ("has other settings", "have other settings"),
    "unchanged": ("unchanged", "unchanged"),
}
TALLY = {
    "create": "to create",
    "update": "to change",
    "replace": "to replace",
    "delete": "to delete",
    "same": "unchanged",
}
SHORTENED = 160
# So many hostnames of a zone with the same change are one line.
MANY = 4


@dataclass(frozen=True)
class Property:
    """One property of a resource that changes; values as text, "" where there is none."""

    path: str
    old: str
    new: str


@dataclass(frozen=True)
class Detail:
    """A resource that changes."""

    op: str
    name: str
    kind: str
    properties: tuple[Property, ...]


@dataclass(frozen=True)
class PlanReport:
    """`verdict`: failed, danger (something breaks), caution (worth a look), or calm."""

    stack: str
    verdict: Verdict
    risk: str
    tally: str
    dangers: tuple[Danger, ...]
    changes: tuple[Change, ...]
    before: Zones
    after: Zones
    order: tuple[Text, ...]
    details: tuple[Detail, ...]
    diagnostics: tuple[Diagnostic, ...]
    hides_sames: bool
    now: datetime
    unwarned: tuple[unwarned.Unwarned, ...] = ()

    def closes(self, gates: Collection[str], accepted: Collection[str] = ()) -> list[str]:
        """Which gates this plan does not pass; a plan that failed passes none: it is not whole.

        :param gates: names of CLASSES, `danger` for whatever is grave, `any` for all classes.
        :param accepted: names of CLASSES that do not count.
        """
        met = {
            danger.name: None
            for danger in self.dangers
            if "any" in gates or danger.name in gates or (danger.is_grave and DANGER in gates)
        }
        if gates and any(danger.name == FAILED for danger in self.dangers):
            met = {FAILED: None, **met}
        return [name for name in met if name not in accepted or name == FAILED]

    def digest(self, closed: Collection[str]) -> str:
        """Twelve hex digits that stand for the dangers of these classes and for what happens to
        each hostname and zone: another plan with another risk has another digest.

        Of a danger's words only names and fingerprints count: "in 12 days" is another tomorrow.
        """
        facts = [
            self.stack,
            *(
                json.dumps([d.name, *(p.text for p in d.words if isinstance(p, Untrusted))])
                for d in self.dangers
                if d.name in closed
            ),
            *(
                json.dumps([c.zone_id, c.hostname, _facts(c.before), _facts(c.after)])
                for c in self.changes
                if c.is_news
            ),
        ]
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:12]


def build(preview: Preview, now: datetime) -> PlanReport:
    """The report of a plan at a moment."""
    before, after = zones_of(preview)
    found = changes(preview, before, after)
    dangerous = dangers(Scene(preview, before, after, found, now))
    changing = [r for r in preview.resources if r.op != "same" and kind_of(r).is_object]
    return PlanReport(
        stack=preview.stack,
        verdict=_verdict(preview, dangerous),
        risk=_risk(preview, found, dangerous),
        tally=_tally(preview),
        dangers=tuple(dangerous),
        changes=tuple(found),
        before=before,
        after=after,
        order=tuple(order(preview)),
        details=tuple(_detail(resource) for resource in changing),
        diagnostics=preview.diagnostics,
        hides_sames=preview.hides_sames and bool(changing),
        now=now,
        unwarned=tuple(unwarned.after(preview, after.values())),
    )


def _verdict(preview: Preview, dangerous: list[Danger]) -> Verdict:
    if preview.errors:
        return "failed"
    if any(danger.is_grave for danger in dangerous):
        return "danger"
    return "caution" if dangerous else "calm"


def _risk(preview: Preview, found: list[Change], dangerous: list[Danger]) -> str:
    if preview.errors:
        return f"the preview failed with {count(len(preview.errors), 'error')}"
    numbers = count_by_effect(found)
    parts = []
    for place, noun in ((0, "hostname"), (1, "zone")):
        counts: list[str] = []
        for effect in EFFECTS:
            if number := numbers[effect][place]:
                words = RISK[effect][number != 1]
                counts.append(f"{number if counts else count(number, noun)} {words}")
        if counts:
            parts.append(", ".join(counts))
    is_lost = any(change.effect in ("loses", "falls") for change in found)
    facts = headline(dangerous)
    parts = parts + facts if is_lost else facts + parts
    return "; ".join(parts) or "nothing of Authenticated Origin Pulls changes"


def _tally(preview: Preview) -> str:
    counts = [f"{n} {TALLY[op]}" for op in TALLY if (n := preview.tally.get(op, 0))]
    others = sum(n for op, n in preview.tally.items() if op not in TALLY)
    counts += [f"{others} otherwise"] if others else []
    return ", ".join(counts) or "no resources"


def _detail(resource: Resource) -> Detail:
    paths = [*(resource.old or {}), *(resource.new or {})]
    keys = resource.changed or tuple(dict.fromkeys(k for k in paths if not k.startswith("__")))
    properties = tuple(_property(resource, path) for path in keys)
    return Detail(resource.op, resource.name, resource.kind or resource.type, properties)


def _property(resource: Resource, path: str) -> Property:
    return Property(path, _text(resource.old, path), _text(resource.new, path))


def _text(props: Props | None, path: str) -> str:
    value: Any = props or {}
    for part in _parts(path):
        value = _item(value, part)
    if value is None:
        return ""
    if is_unknown(value):
        return "known after up"
    if path.endswith("private_key") and not (isinstance(value, str) and is_reference(value)):
        return "[secret]"
    if isinstance(value, str) and "-----BEGIN" in value:
        return "PEM"
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    for unknown in UNKNOWNS:
        shown = shown.replace(unknown, "known after up")
    return shown if len(shown) <= SHORTENED else f"{shown[:SHORTENED]}..."


def _item(value: Any, part: str | int) -> Any:
    if isinstance(value, Mapping):
        return value.get(part)
    is_there = isinstance(value, list) and isinstance(part, int) and part < len(value)
    return value[part] if is_there else None


def _parts(path: str) -> list[str | int]:
    """The parts of the engine's `bindings["a.example.com"].cert_id` or `emails[0]`."""
    found = re.findall(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.\[\]]+)', path)
    return [
        int(place) if place else re.sub(r"\\(.)", r"\1", key) or name for key, place, name in found
    ]


def as_json(report: PlanReport) -> dict[str, Any]:
    """Writes the report for machines: plain texts, and the facts of each hostname."""
    return {
        "stack": report.stack,
        "verdict": report.verdict,
        "risk": report.risk,
        "tally": report.tally,
        "dangers": [{"class": d.name, "text": plain(d.words)} for d in report.dangers],
        "changes": [
            {
                "zone_id": change.zone_id,
                "zone": change.zone.text,
                "hostname": change.hostname,
                "change": change.effect,
                "text": plain(change.words),
                "before": _facts(change.before),
                "after": {**_facts(change.after), **_renewal(change.after)},
            }
            for change in report.changes
        ],
        "order": [plain(words) for words in report.order],
        "unwarned": [plain(found.words) for found in report.unwarned],
    }


def _facts(presented: Presented) -> dict[str, Any]:
    certificate = presented.certificate
    return {
        "level": presented.level,
        "certificate_sha256": certificate.sha256 if certificate else "",
        "expires_on": certificate.expires_on if certificate else "",
    }


def _renewal(presented: Presented) -> dict[str, Any]:
    """Not of the facts, whose digest opens gates: a renewal is no risk."""
    certificate = presented.certificate or CertificateFacts()
    return {"renews_itself": certificate.renews_itself, "renews_on": certificate.renews_on}


def change_lines(found: Collection[Change]) -> list[Text]:
    """The lines of hostnames and zones, the gravest first; many that are alike are one line."""
    alike: dict[object, list[Change]] = {}
    for change in found:
        key = (change.effect, change.zone_id, change.words)
        alike.setdefault(change if change.hostname == ANY_OTHER else key, []).append(change)
    groups: list[list[Change]] = []
    for group in alike.values():
        groups += [group] if len(group) >= MANY else [[change] for change in group]
    groups.sort(key=lambda group: EFFECTS.index(group[0].effect))
    return [_line(group) for group in groups]


def _line(group: list[Change]) -> Text:
    first = group[0]
    who = first.subject
    if len(group) > 1:
        names = join(Untrusted(change.hostname) for change in group)
        template = "{number} of {zone} ({names})"
        who = text(template, number=count(len(group), "hostname"), zone=first.zone, names=names)
    return text("{who}: {what}", who=who, what=first.words or ("unchanged",))


def diagnostic_line(diagnostic: Diagnostic) -> Text:
    """A diagnostic as words."""
    who = text("{name}: ", name=Untrusted(diagnostic.about)) if diagnostic.about else ()
    return (
        f"{'error' if diagnostic.severity == 'error' else 'warning'}: ",
        *who,
        Untrusted(diagnostic.text, LONG),
    )
