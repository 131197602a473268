"""`python -m operations coverage`: what Cloudflare presents for each hostname now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from ..command import Verb, examples
from ..plan import unwarned
from ..plan.coverage import STATUSES, Covered, compare, summary, worst_first
from ..plan.live import LiveZone
from ..plan.presented import ANY_OTHER
from ..render import matrix, page
from ..render.terminal import progress, say, show_json, show_table
from ..sources import cloudflare, configuration
from ..sources.alerts import told_levels
from ..sources.configuration import fingerprints
from ..text import Text, Untrusted, count, days_left, plain, text, zone_name

FORMATS = ("table", "json", "html")
HEADS = ("Hostname", "Status", "Level", "Presents", "Days left", "Why")


@click.command(
    "coverage",
    cls=Verb,
    help="What Cloudflare presents for each hostname now, why, until when, and whether that is what"
    " the configuration wants: as wanted, expired, missing (nothing, or a lower level), wrong"
    " (another certificate) or foreign (not in the configuration). Trouble comes first.\n\n"
    "Exit codes: 0; with --fail 1 when a configured hostname or zone is not as wanted.",
    epilog=examples(
        "python -m operations coverage --stack prod",
        "python -m operations coverage --stack prod --fail",
        "python -m operations coverage --stack prod --json | jq .",
        "python -m operations coverage --config stacks/Pulumi.prod.yaml --format html > c.html",
    ),
)
@configuration.options
@click.option("--fail", "fails", is_flag=True, help="End with 1 when something is not as wanted.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table")
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
def command(stack: str, file: Path | None, fails: bool, form: str) -> None:
    wanted = configuration.load(stack, file)
    with cloudflare.cloudflare(say) as run:
        zones = cloudflare.zones(wanted, run, progress)
        with progress("asking whom Cloudflare tells"):
            told = [(zone.facts, levels) for zone, levels in told_levels(wanted, zones, run)]
        now = run.clock.now()
    silent = unwarned.find(told)
    found = worst_first(
        item for zone in zones for item in compare(zone, fingerprints(zone.config), now)
    )
    if form == "json":
        show_json(
            {
                "stack": wanted.stack,
                "hostnames": [as_json(item) for item in found],
                "unwarned": [plain(item.words) for item in silent],
            }
        )
    elif form == "html":
        click.echo(as_html(wanted.stack, zones, found, silent, now))
    else:
        rows = [row(item, now) for item in found]
        show_table(HEADS, [cells for cells, _ in rows], [tone for _, tone in rows])
        for item in silent:
            click.echo(f"\n{plain(item.words)}")
        click.echo(f"\n{summary(found)}")
    if fails and any(item.is_trouble for item in found):
        click.get_current_context().exit(1)


def row(item: Covered, now: datetime) -> tuple[Sequence[Text], str]:
    """The cells of a hostname, and the tone of its row."""
    shown = item.presented
    left = days_left(shown.certificate.expires_on, now) if shown.certificate else None
    is_over = item.status == "expired"
    cells: Sequence[Text] = (
        subject(item),
        (item.status,),
        (shown.level,),
        matrix.describe(shown) if shown.is_protected else ("nothing",),
        ("" if left is None else "ended" if is_over or left < 0 else str(left),),
        (item.why,),
    )
    tone = "" if left is None else matrix.tone(left)
    return cells, "bad" if item.is_trouble or not shown.is_protected else tone


def subject(item: Covered) -> Text:
    """Names a hostname, or all hostnames of a zone that have no row of their own."""
    if item.hostname != ANY_OTHER:
        return (Untrusted(item.hostname),)
    return (zone_name(item.zone.name, item.zone.config.zone_id), " (every other hostname)")


def as_json(item: Covered) -> dict[str, Any]:
    """Writes a row for machines; the hostname `*` is every other hostname of the zone."""
    return {
        "zone": item.zone.name,
        "zone_id": item.zone.config.zone_id,
        "hostname": item.hostname,
        "status": item.status,
        **matrix.facts(item.presented),
        "why": item.why,
    }


def as_html(
    stack: str,
    zones: Sequence[LiveZone],
    found: Sequence[Covered],
    silent: Sequence[unwarned.Unwarned],
    now: datetime,
) -> str:
    """Writes the HTML page; what is not as wanted stands before the table."""
    trouble = [item for item in found if item.is_trouble]
    template = "{who}: {status}, {why}"
    return page.render(
        page.Page(
            title=f"Coverage: {summary(found)}",
            heading=f"Coverage: {summary(found)}",
            verdict="danger" if trouble else "calm",
            tally=("Stack ", Untrusted(stack), f", {count(len(zones), 'zone')}"),
            rows=[
                matrix.row(item.zone.facts, item.hostname, now, rank=STATUSES.index(item.status))
                for item in found
            ],
            endings=matrix.timeline([zone.facts for zone in zones], now),
            made=now,
            lines=[
                text(template, who=subject(item), status=item.status, why=item.why)
                for item in trouble
            ],
            notes=[item.words for item in silent],
        )
    )
