"""`python -m operations coverage`: what Cloudflare presents for each hostname now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from ..command import Verb, examples
from ..plan.live import LiveZone
from ..plan.presented import ANY_OTHER, Presented, present
from ..render import matrix, page
from ..render.terminal import progress, say, show_json, show_table
from ..sources import cloudflare, configuration
from ..text import Text, Untrusted, count, days_left, zone_name

FORMATS = ("table", "json", "html")
HEADS = ("Hostname", "Level", "Presents", "Days left", "Why")


@click.command(
    "coverage",
    cls=Verb,
    help="What Cloudflare presents for each hostname now, why, and until when. Hostnames of the"
    " configuration that have no binding are listed too. Exit code 0.",
    epilog=examples(
        "python -m operations coverage --stack prod",
        "python -m operations coverage --stack prod --json | jq .",
        "python -m operations coverage --config stacks/Pulumi.prod.yaml --format html > c.html",
    ),
)
@configuration.options
@click.option("--format", "form", type=click.Choice(FORMATS), default="table")
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
def command(stack: str, file: Path | None, form: str) -> None:
    wanted = configuration.load(stack, file)
    with cloudflare.cloudflare(say) as run:
        zones = cloudflare.zones(wanted, run, progress)
        now = run.clock.now()
    if form == "json":
        show_json({"stack": wanted.stack, "hostnames": as_json(zones)})
    elif form == "html":
        click.echo(as_html(wanted.stack, zones, now))
    else:
        rows = [row(zone, name, now) for zone in zones for name in names(zone)]
        show_table(HEADS, [cells for cells, _ in rows], [tone for _, tone in rows])


def names(zone: LiveZone) -> list[str]:
    """Every other hostname first; then all that are bound or configured."""
    pairs = zone.config.hostname_certificates.values()
    configured = {hostname for pair in pairs for hostname in pair.hostnames}
    return [ANY_OTHER, *sorted(configured | set(zone.facts.hostnames))]


def why(zone: LiveZone, hostname: str, presented: Presented) -> str:
    """The reason, and that a binding is missing where the configuration has one."""
    pairs = zone.config.hostname_certificates.values()
    is_missing = hostname not in zone.facts.hostnames and any(
        hostname in p.hostnames for p in pairs
    )
    return f"{presented.why}; its configured binding is missing" if is_missing else presented.why


def row(zone: LiveZone, hostname: str, now: datetime) -> tuple[Sequence[Text], str]:
    """The cells of a hostname, and the tone of its row."""
    shown = present(zone.facts, hostname)
    left = days_left(shown.certificate.expires_on, now) if shown.certificate else None
    told = {ANY_OTHER: (zone_name(zone.name, zone.config.zone_id), " (every other hostname)")}
    cells: Sequence[Text] = (
        told.get(hostname, (Untrusted(hostname),)),
        (shown.level,),
        matrix.describe(shown) if shown.is_protected else ("nothing",),
        ("" if left is None else str(left),),
        (why(zone, hostname, shown),),
    )
    tone = "" if left is None else matrix.tone(left)
    return cells, tone if shown.is_protected else "bad"


def as_json(zones: Sequence[LiveZone]) -> list[dict[str, Any]]:
    """One object for each hostname; `*` is every other one of the zone."""
    return [
        {
            "zone": zone.name,
            "zone_id": zone.config.zone_id,
            "hostname": hostname,
            **matrix.facts(present(zone.facts, hostname)),
            "why": why(zone, hostname, present(zone.facts, hostname)),
        }
        for zone in zones
        for hostname in names(zone)
    ]


def as_html(stack: str, zones: Sequence[LiveZone], now: datetime) -> str:
    """One page, as the report's."""
    shown = [(zone, name, present(zone.facts, name)) for zone in zones for name in names(zone)]
    bare = sum(1 for *_, presented in shown if not presented.is_protected)
    heading = f"{bare} of {len(shown)} present no certificate" if bare else "everything is covered"
    return page.render(
        page.Page(
            title=f"Coverage: {heading}",
            heading=f"Coverage: {heading}",
            verdict="danger" if bare else "calm",
            tally=("Stack ", Untrusted(stack), f", {count(len(zones), 'zone')}"),
            rows=[matrix.row(zone.facts, name, now) for zone, name, _ in shown],
            endings=matrix.timeline([zone.facts for zone in zones], now),
            made=now,
        )
    )
