"""`python -m operations orphans`: certificates that nothing shows and no stack holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import click
import pulumi

from providers.api.answers import LEVELS, Level, UploadedCertificate
from providers.lifecycle import deletion
from providers.lifecycle.ledger import subject_key
from providers.plugin.session import Session
from providers.values import pem
from providers.values.inputs import SUBJECT
from providers.values.text import short
from stacks.orphans_known import ORPHANS_KNOWN

from ..command import Stop, Verb, examples
from ..plan.held import HeldCertificate, HeldState
from ..plan.live import LiveZone
from ..render.terminal import progress, say, show_json, show_table
from ..sources import cloudflare, configuration, state
from ..sources.configuration import StackFile
from ..text import Text, Untrusted, day, fingerprint, moment_of, zone_name

HEADS = ("Zone", "Level", "Certificate", "Ends", "Uploaded", "Id", "Known")
# A run under way uploads before it binds, and records only at its end.
YOUNG = timedelta(hours=1)


@dataclass(frozen=True)
class Orphan:
    """A certificate that can go; or not, for a `reason` in the stack's file."""

    zone: LiveZone
    level: Level
    record: UploadedCertificate
    reason: str = ""


@click.command(
    "orphans",
    cls=Verb,
    help="Certificates that nothing shows, that no stack holds and that the configuration does"
    " not name. All stacks of the project are asked, unless --state gives their exports; a"
    " certificate uploaded within the last hour is left out, for a run may be under way. Stacks"
    " in other backends are not known here: give their exports too. One that is knowingly somebody"
    " else's stands under aop:orphans_known in the stack's file, with a reason: it is listed, does"
    " not fail, and is never deleted.\n\n"
    "Exit codes: 0 when there is none besides those (or all were deleted), else 1.",
    epilog=examples(
        "python -m operations orphans --stack prod",
        "python -m operations orphans --stack prod --state prod.json --state other.json",
        "python -m operations orphans --stack prod --delete",
    ),
)
@configuration.options
@configuration.project_option
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
    project: Path,
    exports: Sequence[TextIO],
    delete: bool,
    yes: bool,
    is_json: bool,
) -> None:
    read = partial(_read_states, exports, project)
    wanted, held = configuration.load_with_state(stack, file, project, read)
    with cloudflare.cloudflare(say) as run:
        zones = cloudflare.zones(wanted, run, progress)
        named = _configured_fingerprints(wanted) | held.subjects
        listed = orphans(zones, held.certificates, named, run.clock.now())
        listed = [with_reason(orphan, wanted.orphans_known) for orphan in listed]
        found = [orphan for orphan in listed if not orphan.reason]
        if is_json:
            show_json({"certificates": [as_json(orphan) for orphan in listed]})
        else:
            show(listed)
        for name in unmatched(wanted.orphans_known, listed):
            say(f"aop:{ORPHANS_KNOWN}: {name} is no orphan (any more). Remove the line.")
        left = len(found)
        if delete and found:
            if not yes and not click.confirm(
                f"Delete {'this' if left == 1 else f'these {left}'}?", err=True
            ):
                raise Stop("nothing was deleted")
            left -= remove(found, run)
    if left:
        click.get_current_context().exit(1)


def _read_states(exports: Sequence[TextIO], project: Path, stack: str) -> HeldState:
    """The certificates of all stacks; the zones are those of the stack, or of all exports."""
    with progress("asking for the certificates of all stacks"):
        if exports:
            found = {each.name: state.read(each.read(), each.name) for each in exports}
        else:
            found = state.of_all_stacks(project)
    certificates = tuple(item for each in found.values() for item in each.certificates)
    ours = found.values() if exports else [each for name, each in found.items() if name == stack]
    zones = {key: zone for each in ours for key, zone in each.zones.items()}
    token_envs = {key: name for each in ours for key, name in each.token_envs.items()}
    subjects = frozenset(name for each in found.values() for name in each.subjects)
    return HeldState(certificates, zones, token_envs, subjects)


def with_reason(orphan: Orphan, known: Mapping[str, str]) -> Orphan:
    """The orphan with the reason for which the stack's file knows it."""
    reason = known.get(orphan.record.sha256) or known.get(orphan.record.id.lower(), "")
    return replace(orphan, reason=reason)


def unmatched(known: Mapping[str, str], listed: Sequence[Orphan]) -> list[str]:
    """The entries of the stack's file that are no certificate in the list."""
    there = {name for o in listed for name in (o.record.sha256, o.record.id.lower())}
    return sorted(known.keys() - there)


def _configured_fingerprints(wanted: StackFile) -> set[str]:
    """The fingerprints that the configuration names: a failed run may have uploaded them.

    Of issued certificates the subjects, `CN=NAME`: the next run adopts what is there.
    """
    found = set()
    for zone in wanted.zones.values():
        found |= {SUBJECT + issued.common_name for issued in zone.issued().values()}
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
                is_named = record.sha256 in named or subject_key(record) in named
                is_held = record.id in ids or key in fingerprints or is_named
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
            (Untrusted(orphan.reason),) if orphan.reason else ("",),
        )
        for orphan in found
    ]
    show_table(HEADS, rows, ["good" if orphan.reason else "" for orphan in found])


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
        "known": orphan.reason,
    }
