"""`python -m operations expiry`: certificates by days left, from Cloudflare and from state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

import click

from providers.api.answers import LEVELS

from ..command import Verb, examples
from ..plan.live import LiveZone
from ..plan.presented import ANY_OTHER, present
from ..render import matrix
from ..render.terminal import progress, say, show_json, show_table
from ..sources import cloudflare, configuration, state
from ..sources.state import HeldCertificate
from ..text import Text, Untrusted, day, days_left, fingerprint, join

HEADS = ("Days", "Ends", "Certificate", "Level", "Zone", "Presented for", "Found in")


@dataclass(frozen=True)
class CertificateExpiry:
    """A certificate, wherever it was found. `counts`: it is presented, or a stack holds it."""

    sha256: str
    expires_on: str
    level: str
    zone: str
    cert_id: str
    users: tuple[str, ...] = ()
    places: tuple[str, ...] = field(default=("Cloudflare",))

    @property
    def counts(self) -> bool:
        """Whether its end is anybody's trouble."""
        return bool(self.users) or self.places != ("Cloudflare",)


@click.command(
    "expiry",
    cls=Verb,
    failure=2,
    help="Certificates by days left, from Cloudflare and from the stack's state. What nothing"
    " presents and no stack holds is listed but does not count.\n\n"
    "Exit codes: 0; 1 when one ends within --warn days; 2 when one ends within --fail days, has"
    " ended, or when it cannot be found out.",
    epilog=examples(
        "python -m operations expiry --stack prod --warn 30 --fail 14",
        "pulumi stack export | python -m operations expiry --stack prod --state -",
        "python -m operations expiry --stack prod --no-state --json",
    ),
)
@configuration.options
@click.option("--warn", default=30, show_default=True, type=click.IntRange(0), help="Days.")
@click.option("--fail", default=14, show_default=True, type=click.IntRange(0), help="Days.")
@click.option(
    "--state",
    "export",
    type=click.File("r", encoding="utf-8"),
    help="The output of `pulumi stack export`; by default pulumi is asked.",
)
@click.option("--no-state", is_flag=True, help="Look at Cloudflare alone.")
@click.option("--json", "is_json", is_flag=True)
def command(
    stack: str,
    file: Path | None,
    warn: int,
    fail: int,
    export: TextIO | None,
    no_state: bool,
    is_json: bool,
) -> None:
    wanted = configuration.load(stack, file)
    held = [] if no_state else state.of_stack(wanted.stack, export)
    with cloudflare.cloudflare(say) as run:
        zones = cloudflare.zones(wanted, run, progress)
        now = run.clock.now()
    found = in_order(joined(zones, held), now)
    code = worst([days for days, certificate in found if certificate.counts], warn, fail)
    if is_json:
        show_json({"exit_code": code, "certificates": [as_json(c, days) for days, c in found]})
    else:
        show(found, warn, fail)
    if code:
        click.get_current_context().exit(code)


def joined(zones: Sequence[LiveZone], held: Iterable[HeldCertificate]) -> list[CertificateExpiry]:
    """Each certificate of each zone once, with all the places where it is."""
    found: dict[tuple[str, str, str], CertificateExpiry] = {}
    names = {zone.config.zone_id: zone.name for zone in zones}
    for zone in zones:
        users = _users(zone)
        for level in LEVELS:
            for record in zone.certificates[level]:
                one = cloudflare.certificate_facts(record)
                key = (zone.config.zone_id, level, one.sha256 or one.cert_id)
                found[key] = CertificateExpiry(
                    one.sha256,
                    one.expires_on,
                    level,
                    zone.name,
                    one.cert_id,
                    users.get(one.cert_id, ()),
                )
    for item in held:
        key = (item.zone_id, item.level, item.sha256 or item.cert_id)
        place = f"state of {item.stack}"
        known = found.get(key)
        if known is None:
            name = names.get(item.zone_id, item.zone_id)
            found[key] = CertificateExpiry(
                item.sha256, item.expires_on, item.level, name, item.cert_id, (), (place,)
            )
        elif place not in known.places:
            found[key] = replace(known, places=(*known.places, place))
    return list(found.values())


def _users(zone: LiveZone) -> dict[str, tuple[str, ...]]:
    users: dict[str, tuple[str, ...]] = {}
    for hostname in matrix.hostnames(zone.facts):
        shown = present(zone.facts, hostname)
        if shown.certificate is not None:
            name = f"{zone.name} (every other)" if hostname == ANY_OTHER else hostname
            users[shown.certificate.cert_id] = (*users.get(shown.certificate.cert_id, ()), name)
    return users


def in_order(
    found: Iterable[CertificateExpiry], now: datetime
) -> list[tuple[int, CertificateExpiry]]:
    """With the days left, the first to end first; one whose end is not known counts as ended."""
    pairs = [(days_left(certificate.expires_on, now), certificate) for certificate in found]
    dated = [(-1 if days is None else days, certificate) for days, certificate in pairs]
    return sorted(dated, key=lambda pair: (pair[0], pair[1].zone, pair[1].sha256))


def worst(days: Sequence[int], warn: int, fail: int) -> int:
    """The exit code: 0, 1 within `warn` days, 2 within `fail` days."""
    if any(left <= fail for left in days):
        return 2
    return 1 if any(left <= warn for left in days) else 0


def as_json(certificate: CertificateExpiry, days: int) -> dict[str, Any]:
    """One object for a machine."""
    return {**vars(certificate), "days_left": days, "counts": certificate.counts}


def show(found: Sequence[tuple[int, CertificateExpiry]], warn: int, fail: int) -> None:
    """The table, the most urgent first."""
    rows: list[Sequence[Text]] = []
    tones = []
    for days, certificate in found:
        users: Text = join(Untrusted(user) for user in certificate.users) or ("nothing",)
        rows.append(
            (
                (str(days),),
                (day(certificate.expires_on) or "not known",),
                fingerprint(certificate.sha256),
                (certificate.level,),
                (Untrusted(certificate.zone),),
                users,
                (Untrusted(", ".join(certificate.places)),),
            )
        )
        code = worst([days], warn, fail) if certificate.counts else 0
        tones.append(("", "soon", "over")[code])
    if not rows:
        say("there are no certificates")
    show_table(HEADS, rows, tones)
