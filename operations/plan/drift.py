"""What was changed at Cloudflare since state was written, and what `up` would do. Pure.

From `pulumi refresh --preview-only --json` (a step `update` or `delete` for what differs) and
`pulumi preview --refresh --json --show-sames` (the plan that starts from what was found).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from ..text import zone_name
from .kinds import Difference, Refreshed, kind_of
from .preview import Preview


def differences(refresh: Preview, plan: Preview, written: Mapping[str, str]) -> list[Difference]:
    """`written` from URN to the time at which state was written."""
    planned = {r.urn: r for r in plan.resources if not r.is_leftover}
    found: list[Difference] = []
    for resource in refresh.resources:
        if resource.kind and resource.op in ("update", "delete"):
            zone_id = str((resource.old or {}).get("zone_id", ""))
            seen = Refreshed(
                resource,
                planned.get(resource.urn),
                written.get(resource.urn, ""),
                zone_name(plan.zone_names.get(zone_id, ""), zone_id),
            )
            found += kind_of(resource).differences(seen)
    return found


def written_at(refresh: str) -> dict[str, str]:
    """When state was last written, by URN, from the same file."""
    steps = json.loads(refresh).get("steps") or []
    found: dict[str, str] = {}
    for step in steps:
        old = step.get("oldState") if isinstance(step, dict) else None
        if isinstance(old, dict):
            found[str(step.get("urn"))] = str(old.get("modified") or "")
    return found
