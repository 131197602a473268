"""The order in which a plan will happen, one sentence for each step. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..text import Text, Untrusted, zone_name
from .kinds import kind_of, known
from .preview import Preview


def order(preview: Preview) -> list[Text]:
    """What goes on first, what goes off last: the engine deletes at the end."""
    doing = [r for r in preview.resources if r.op in ("create", "update", "replace")]
    undoing = [r for r in preview.resources if r.op in ("delete", "replace")]
    steps: list[Text] = []
    for resource in doing:
        kind = kind_of(resource)
        if resource.has_gap:
            steps += kind.undo_steps(resource, _zone(preview, resource.old))
        steps += kind.steps(resource, _zone(preview, resource.new))
    for resource in undoing:
        if not resource.has_gap:
            steps += kind_of(resource).undo_steps(resource, _zone(preview, resource.old))
    return steps


def _zone(preview: Preview, props: Mapping[str, Any] | None) -> Untrusted:
    zone_id = known((props or {}).get("zone_id"))
    return zone_name(preview.zone_names.get(zone_id, ""), zone_id)
