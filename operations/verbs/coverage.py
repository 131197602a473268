"""`python -m operations coverage`: what Cloudflare presents for each hostname now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

import click

from ..command import Stop, Verb, examples
from ..plan import unwarned
from ..plan.coverage import Covered, compare, summary, with_renewal, worst_first
from ..plan.held import HeldState
from ..plan.live import LiveZone
from ..plan.presented import ANY_OTHER
from ..render import matrix, page
from ..render.terminal import progress, say, show_json, show_table
from ..sources import cloudflare, configuration, state
from ..sources.alerts import told_levels
from ..sources.wanted_certificates import fingerprints, renewals
from ..text import Text, Untrusted, count, days_left, moment_of, plain, text, zone_name

FORMATS = ("table", "json", "html")
HEADS = ("Hostname", "Status", "Level", "Presents", "Days left", "Why")


@click.command(
    "coverage",
    cls=Verb,
    help="What Cloudflare presents for each hostname now, why, until when, and whether that is what"
    " the configuration wants: as wanted, expired, missing (nothing, or a lower level), wrong"
    " (another certificate), overdue (a renewal should have been, a day ago) or foreign (not in the"
    " configuration). Trouble comes first, with what sets it right: the stack's state tells an"
    " outside change from one to come.\n\n"
    "Exit codes: 0; with --fail 1 when a configured hostname or zone is not as wanted.",
    epilog=examples(
        "python -m operations coverage --stack prod",
        "python -m operations coverage --stack prod --fail",
        "python -m operations coverage --stack prod --json | jq .",
        "python -m operations coverage --stack prod --format html > coverage.html",
        "python -m operations coverage --config stacks/Pulumi.prod.yaml --no-state",
    ),
)
@configuration.options
@state.options
@click.option("--fail", "fails", is_flag=True, help="End with 1 when something is not as wanted.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table")
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
def command(
    stack: str, file: Path | None, export: TextIO | None, no_state: bool, fails: bool, form: str
) -> None:
    wanted = configuration.load(stack, file)
    ours = None if no_state else _state_or_line(wanted.stack, export)
    with cloudflare.cloudflare(say) as run:
        zones = cloudflare.zones(wanted, run, progress, ours)
        with progress("asking whom Cloudflare tells"):
            told = [(zone.facts, levels) for zone, levels in told_levels(wanted, zones, run)]
        now = run.clock.now()
    silent = unwarned.find(told)
    found = worst_first(item for zone in zones for item in _compare(zone, now, ours))
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


def _compare(zone: LiveZone, now: datetime, ours: HeldState | None) -> Iterator[Covered]:
    due = renewals(zone)
    for item in compare(zone, fingerprints(zone, now), now, ours):
        shown = item.presented.certificate
        yield with_renewal(item, moment_of(due.get(shown.cert_id, "")) if shown else None, now)


def _state_or_line(stack: str, export: TextIO | None) -> HeldState | None:
    """The stack's state; without it the table says less, and a line why."""
    try:
        return state.of_stack(stack, export)
    except Stop as stop:
        if export is not None:
            raise
        say(f"the state was not read: {stop.message}")
        return None


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
    """Writes the HTML page: what the table says, by zone; trouble stands before all."""
    trouble = [item for item in found if item.is_trouble]
    template = "{who}: {status}, {why}"
    return page.render(
        page.Page(
            title=f"Coverage: {summary(found)}",
            heading=f"Coverage: {summary(found)}",
            verdict="danger" if trouble else "calm",
            tally=("Stack ", Untrusted(stack), f", {count(len(zones), 'zone')}"),
            rows=[html_row(item, now) for item in found],
            endings=matrix.timeline([zone.facts for zone in zones], now),
            made=now,
            lines=[
                text(template, who=subject(item), status=item.status, why=item.why)
                for item in trouble
            ],
            notes=[item.words for item in silent],
        )
    )


def html_row(item: Covered, now: datetime) -> matrix.Row:
    """The levels of a hostname, beside what the table says."""
    change = matrix.TROUBLE if item.is_trouble else ""
    shown = matrix.row(item.zone.facts, item.hostname, now, change=change, rank=item.rank)
    name = zone_name(item.zone.name, item.zone.config.zone_id)
    return replace(shown, status=item.status, why=(item.why,), group=name)
