"""`python -m operations orphans`: certificates that nothing shows and no stack holds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

import click
import pulumi

from providers.api.answers import LEVELS, Level, UploadedCertificate
from providers.lifecycle import deletion
from providers.plugin.session import Session
from providers.values import pem
from providers.values.text import short

from ..command import Stop, Verb, examples
from ..plan.held import HeldCertificate
from ..plan.live import LiveZone
from ..render.terminal import progress, say, show_json, show_table
from ..sources import cloudflare, configuration, state
from ..sources.configuration import StackFile
from ..text import Text, Untrusted, day, fingerprint, moment_of, zone_name

HEADS = ("Zone", "Level", "Certificate", "Ends", "Uploaded", "Id")
# A run under way uploads before it binds, and records only at its end.
YOUNG = timedelta(hours=1)


@dataclass(frozen=True)
class Orphan:
    """A certificate that can go."""

    zone: LiveZone
    level: Level
    record: UploadedCertificate


@click.command(
    "orphans",
    cls=Verb,
    help="Certificates that nothing shows, that no stack holds and that the configuration does"
    " not name. All stacks of the project are asked, unless --state gives their exports; a"
    " certificate uploaded within the last hour is left out, for a run may be under way. Stacks"
    " in other backends are not known here: give their exports too.\n\n"
    "Exit codes: 0 when there is none (or all were deleted), else 1.",
    epilog=examples(
        "python -m operations orphans --stack prod",
        "python -m operations orphans --stack prod --state prod.json --state other.json",
        "python -m operations orphans --stack prod --delete",
    ),
)
@configuration.options
@click.option(
    "--state",
    "exports",
    multiple=True,
    type=click.File("r", encoding="utf-8"),
    help="The output of `pulumi stack export`; repeatable. By default all stacks are asked.",
)
@click.option("--delete", "delete", is_flag=True, help="Delete them; asks first.")
@click.option("--yes", "yes", is_flag=True, help="With --delete: do not ask.")
@click.option("--json", "is_json", is_flag=True)
def command(
    stack: str,
    file: Path | None,
    exports: Sequence[TextIO],
    delete: bool,
    yes: bool,
    is_json: bool,
) -> None:
    wanted = configuration.load(stack, file)
    with progress("asking for the certificates of all stacks"):
        held = _read_states(exports)
    with cloudflare.cloudflare(say) as run:
        found = orphans(
            cloudflare.zones(wanted, run, progress),
            held,
            _configured_fingerprints(wanted),
            run.clock.now(),
        )
        if is_json:
            show_json([as_json(orphan) for orphan in found])
        else:
            show(found)
        left = len(found)
        if delete and found:
            if not yes and not click.confirm(f"Delete these {len(found)}?", err=True):
                raise Stop("nothing was deleted")
            left -= remove(found, run)
    if left:
        click.get_current_context().exit(1)


def _read_states(exports: Sequence[TextIO]) -> list[HeldCertificate]:
    if not exports:
        return state.of_all_stacks()
    return [held for export in exports for held in state.certificates(export.read(), export.name)]


def _configured_fingerprints(wanted: StackFile) -> set[str]:
    """The fingerprints that the configuration names: a failed run may have uploaded them."""
    found = set()
    for zone in wanted.zones.values():
        for pair in zone.pairs().values():
            try:
                found.add(pem.read_certificate(pair.pem()).sha256)
            except (pem.PemError, pulumi.RunError):
                continue
    return found


def orphans(
    zones: Sequence[LiveZone],
    held: Collection[HeldCertificate],
    named: Collection[str],
    now: datetime,
) -> list[Orphan]:
    """In the order of zones and levels, oldest first."""
    ids = {item.cert_id for item in held}
    fingerprints = {(item.zone_id, item.level, item.sha256) for item in held}
    found = []
    for zone in zones:
        for level in LEVELS:
            for record in zone.certificates[level]:
                key = (zone.config.zone_id, level, record.sha256)
                uploaded = moment_of(record.uploaded_on)
                is_young = uploaded is None or now - uploaded < YOUNG
                is_held = record.id in ids or key in fingerprints or record.sha256 in named
                if not (is_young or is_held or _is_shown(zone, level, record)):
                    found.append(Orphan(zone, level, record))
    return found


def _is_shown(zone: LiveZone, level: Level, record: UploadedCertificate) -> bool:
    if level == "hostname":
        return bool(zone.hostnames_showing(record.id))
    # A hostname's binding hides the zone's level, other names still show it.
    in_force = zone.facts.certificates[-1:]
    return zone.facts.own != "off" and any(c.cert_id == record.id for c in in_force)


def show(found: Sequence[Orphan]) -> None:
    """The table."""
    if not found:
        click.echo("There are none.")
        return
    rows: list[Sequence[Text]] = [
        (
            (_zone(orphan),),
            (orphan.level,),
            fingerprint(orphan.record.sha256),
            (day(orphan.record.expires_on) or "not known",),
            (day(orphan.record.uploaded_on) or "not known",),
            (Untrusted(orphan.record.id),),
        )
        for orphan in found
    ]
    show_table(HEADS, rows, [""] * len(rows))


def remove(found: Sequence[Orphan], run: Session) -> int:
    """Deletes the orphans one by one; answers how many were deleted."""
    for number, orphan in enumerate(found, 1):
        name = plain_name(orphan)
        with progress(f"deleting {name} ({number} of {len(found)})"):
            config = orphan.zone.config
            zone = run.zone_run(config.zone_id, config.token_env)
            deletion.remove(zone, orphan.level, orphan.record.id, config.wait_seconds)
        say(f"deleted {name}")
    return len(found)


def plain_name(orphan: Orphan) -> str:
    """`hostname certificate 9f3a2b1c of example.com`."""
    name = short(orphan.record.sha256) or orphan.record.id
    return f"{orphan.level} certificate {name} of {_zone(orphan).text}"


def _zone(orphan: Orphan) -> Untrusted:
    return zone_name(orphan.zone.name, orphan.zone.config.zone_id)


def as_json(orphan: Orphan) -> dict[str, Any]:
    """Writes an orphan for machines."""
    return {
        "zone": orphan.zone.name,
        "zone_id": orphan.zone.config.zone_id,
        "level": orphan.level,
        "cert_id": orphan.record.id,
        "certificate_sha256": orphan.record.sha256,
        "expires_on": orphan.record.expires_on,
        "uploaded_on": orphan.record.uploaded_on,
    }
