"""`python -m operations drift`: what was changed at Cloudflare, and what `up` would do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from providers.api.errors import CloudflareError
from providers.api.zone_requests import AOP
from providers.plugin.session import Session

from ..command import Stop, Verb, examples
from ..plan import preview
from ..plan.drift import differences, written_at
from ..plan.kinds import Difference
from ..plan.outside import changed_outside
from ..render.terminal import progress, say, show_json, show_table
from ..sources import cloudflare, configuration, state
from ..text import Text, Untrusted, count, moment_of, plain, text

CHANGED = 7
# The list is read once, however long the command takes.
ONCE = float("inf")
DOES = "does what the last column says; plain `pulumi up` trusts the state and leaves it so."
HEADS = ("What", "State says", "Cloudflare has", "Changed", "`pulumi up --refresh`")


@click.command(
    "drift",
    cls=Verb,
    help="What was changed at Cloudflare behind the stack's back: `pulumi refresh --preview-only`"
    " read for people, with what `pulumi up --refresh` would do. Nothing is changed. It runs the"
    " pulumi CLI in this project, with the backend and passphrase of the environment.\n\n"
    "Exit codes: 0, and 7 when something differs.",
    epilog=examples(
        "python -m operations drift --stack prod",
        "python -m operations drift --stack prod --json",
    ),
)
@configuration.options
@configuration.project_option
@click.option("--json", "is_json", is_flag=True)
def command(stack: str, file: Path | None, project: Path, is_json: bool) -> None:
    wanted = configuration.load_without_zones(stack, file, project)
    where = configuration.pulumi_options(wanted, file)
    with progress("asking Cloudflare for everything that the stack holds"):
        refreshed = state.pulumi("refresh", "--preview-only", "--json", *where, project=project)
        planned = state.pulumi(
            "preview", "--refresh", "--json", "--show-sames", *where, project=project
        )
    try:
        seen, plan = preview.read(refreshed), preview.read(planned)
    except preview.Unreadable:
        raise Stop("pulumi's answer cannot be read. Run `pulumi refresh --preview-only`.") from None
    found = differences(seen, plan, written_at(refreshed))
    with cloudflare.cloudflare(say) as run:
        times = [changed(difference, run) for difference in found]
        automatic = [
            name
            for name, config in wanted.zones.items()
            if config.ssl and cloudflare.has_automatic_ssl(config, run)
        ]
    for name in automatic:
        say(plain(text(cloudflare.AUTOMATIC, zone=Untrusted(name))))
    if is_json:
        pairs = zip(found, times, strict=True)
        show_json({"differences": [as_json(d, time) for d, time in pairs]})
    elif found:
        rows: list[Sequence[Text]] = [
            (d.what, d.state, d.live, (when(d.since, time),), d.would)
            for d, time in zip(found, times, strict=True)
        ]
        show_table(HEADS, rows, ["soon"] * len(rows))
        click.echo(f"\n{count(len(found), 'thing')} {changed_outside(DOES)}")
    else:
        click.echo("Cloudflare has what the stack's state says.")
    if found:
        click.get_current_context().exit(CHANGED)


def changed(difference: Difference, run: Session) -> str:
    """When Cloudflare says that it was changed; "" where it does not say, or may not be asked."""
    props = difference.resource.old or {}
    zone_id, token_env = str(props.get("zone_id")), props.get("token_env")
    try:
        if difference.hostname:
            zone, name = run.zone(zone_id, token_env), difference.hostname
            # One list tells of hundreds; what it does not show is asked for by name.
            row = (zone.bindings(ONCE) or {}).get(name) or zone.binding(name)
            return row.updated_at if row else ""
        if difference.setting and difference.setting != AOP:
            path = f"zones/{zone_id}/settings/{difference.setting}"
            result = run.client(token_env).get(path).result
            return str(result.get("modified_on") or "") if isinstance(result, dict) else ""
    except CloudflareError:
        pass
    return ""


def when(since: str, time: str) -> str:
    """`on 2026-11-24 13:20`, or `after` the time at which state was written."""
    exact, earliest = moment_of(time), moment_of(since)
    if exact is not None and (earliest is None or exact >= earliest):
        return f"on {exact:%Y-%m-%d %H:%M}"
    return f"after {earliest:%Y-%m-%d %H:%M}" if earliest else "not known"


def as_json(difference: Difference, time: str) -> dict[str, str]:
    """Writes a difference for machines."""
    return {
        "urn": difference.resource.urn,
        "what": plain(difference.what),
        "state": plain(difference.state),
        "cloudflare": plain(difference.live),
        "after": difference.since,
        "changed_on": time,
        "up_would": plain(difference.would),
    }
