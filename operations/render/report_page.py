"""A report as one HTML page: coverage before and after, expiry, the plan."""

from __future__ import annotations

from ..plan.changes import EFFECTS
from ..plan.presented import ZoneFacts
from ..plan.report import PlanReport, change_lines
from ..text import Untrusted, text
from . import matrix, page
from .markdown import SAMES, VERDICTS


def render(report: PlanReport) -> str:
    """The whole page."""
    rows = []
    for change in report.changes:
        name = change.zone.text
        zone = report.after.get(change.zone_id) or ZoneFacts(change.zone_id, name)
        before = matrix.describe(change.before)
        rank = EFFECTS.index(change.effect)
        row = matrix.row(zone, change.hostname, report.now, before, change.effect, rank)
        rows.append(row)
    stack = text("Plan of stack {name}: ", name=Untrusted(report.stack)) if report.stack else ()
    return page.render(
        page.Page(
            title=f"Plan: {report.risk}",
            heading=f"{VERDICTS[report.verdict]}: {report.risk}",
            verdict=report.verdict,
            tally=(*stack, report.tally),
            rows=rows,
            endings=matrix.timeline(report.after.values(), report.now),
            made=report.now,
            dangers=report.dangers,
            lines=change_lines([change for change in report.changes if change.is_news]),
            order=report.order,
            notes=[
                *(found.words for found in report.unwarned),
                *([(SAMES.replace("`", ""),)] if report.hides_sames else []),
            ],
            has_before=True,
        )
    )
