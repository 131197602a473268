"""`python -m operations expiry`: certificates by days left, from Cloudflare and from state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import click

from providers.api.answers import LEVELS
from providers.values.expiry import MOST_FAIL_DAYS, MOST_WARN_DAYS, days_to_fail, days_to_warn

from ..command import Stop, Verb, examples
from ..plan import renewal
from ..plan.held import HeldCertificate
from ..plan.live import LiveZone
from ..plan.presented import ANY_OTHER, present
from ..render import matrix, openmetrics
from ..render.terminal import progress, say, show_json, show_table
from ..sources import cloudflare, configuration, state
from ..sources.wanted_certificates import renewals
from ..text import Text, Untrusted, day, days_left, fingerprint, join, moment_of, plain

FORMATS = ("table", "json", "openmetrics")
HEADS = ("Days", "Ends", "Certificate", "Level", "Zone", "Presented for", "Found in")


@dataclass(frozen=True)
class CertificateExpiry:
    """A certificate, wherever it was found. `counts`: it is presented, or a stack holds it.

    `warn_days` and `fail_days` are days before its end. `renews_on` is when the renewal of an
    issued certificate is due: both numbers are a day later, since only what is overdue is trouble.
    """

    sha256: str
    expires_on: str
    level: str
    zone: str
    cert_id: str
    warn_days: float = MOST_WARN_DAYS
    fail_days: float = MOST_FAIL_DAYS
    users: tuple[str, ...] = ()
    places: tuple[str, ...] = field(default=("Cloudflare",))
    renews_on: str = ""

    @property
    def counts(self) -> bool:
        """Whether the certificate's end is anybody's trouble."""
        return bool(self.users) or self.places != ("Cloudflare",)

    def urgency(self, days: int) -> int:
        """The urgency with so many days left: 0, 1 for a warning, 2 for a failure."""
        return 2 if days <= self.fail_days else int(days <= self.warn_days)


@click.command(
    "expiry",
    cls=Verb,
    failure=2,
    help="Certificates by days left, from Cloudflare and from the stack's state. What nothing"
    " presents and no stack holds is listed but does not count.\n\n"
    "A warning begins `warn_days` before the end, as the stack's file says: by default 30, or a"
    " third of the certificate's life where that is shorter. A failure begins 14 days before the"
    " end, or with half of the warning's time left. --warn and --fail hold for every"
    " certificate but for issued ones: those renew themselves, and fail when that is a day"
    " overdue.\n\n"
    "Exit codes: 0; 1 for a warning; 2 for a failure, when one has ended, or when it cannot be"
    " found out. With --format openmetrics 0 when the metrics were written: an alert rule judges.",
    epilog=examples(
        "python -m operations expiry --stack prod",
        "python -m operations expiry --stack prod --warn 60 --fail 30",
        "pulumi stack export | python -m operations expiry --stack prod --state -",
        "python -m operations expiry --stack prod --no-state --json",
        "python -m operations expiry --stack prod --no-state --format openmetrics > aop.prom",
    ),
)
@configuration.options
@configuration.project_option
@click.option("--warn", type=click.IntRange(0), help="Days before the end.")
@click.option("--fail", type=click.IntRange(0), help="Days before the end.")
@state.options
@click.option("--format", "form", type=click.Choice(FORMATS), default="table")
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
def command(
    stack: str,
    file: Path | None,
    project: Path,
    warn: int | None,
    fail: int | None,
    export: TextIO | None,
    no_state: bool,
    form: str,
) -> None:
    if warn is not None and fail is not None and fail > warn:
        raise Stop(f"--fail {fail} is earlier than --warn {warn}. Give --warn at least --fail.")
    held: Sequence[HeldCertificate] = ()
    if no_state:
        wanted = configuration.load(stack, file)
    else:
        read = partial(state.of_stack, file=export, project=project)
        wanted, ours = configuration.load_with_state(stack, file, project, read)
        held = ours.certificates
    with cloudflare.cloudflare(say) as run:
        zones = cloudflare.zones(wanted, run, progress)
        now = run.clock.now()
    found = in_order(join_certificates(zones, held, warn, fail), now)
    code = max((c.urgency(days) for days, c in found if c.counts), default=0)
    if form == "openmetrics":
        click.echo(openmetrics.render(gauges(found, now)), nl=False)
        return
    if form == "json":
        show_json({"exit_code": code, "certificates": [as_json(c, days) for days, c in found]})
    else:
        show(found)
    if code:
        click.get_current_context().exit(code)


def join_certificates(
    zones: Sequence[LiveZone],
    held: Iterable[HeldCertificate],
    warn: float | None = None,
    fail: float | None = None,
) -> list[CertificateExpiry]:
    """Lists each certificate of each zone once, with all the places where it is.

    :param warn: days before the end, for all; None: what the configuration says for its zone.
    :param fail: the same.
    """
    found = {
        (zone.config.zone_id, one.level, one.sha256 or one.cert_id): one
        for zone in zones
        for one in _of_zone(zone, warn, fail)
    }
    by_id = {zone.config.zone_id: zone for zone in zones}
    for item in held:
        key = (item.zone_id, item.level, item.sha256 or item.cert_id)
        place = f"state of {item.stack}"
        known = found.get(key)
        if known is None:
            found[key] = _of_state(item, by_id.get(item.zone_id), place, warn, fail)
        elif place not in known.places:
            found[key] = replace(known, places=(*known.places, place))
        if item.renews_on:
            found[key] = renewing(found[key], item.renews_on)
    return list(found.values())


def renewing(certificate: CertificateExpiry, renews_on: str) -> CertificateExpiry:
    """The same certificate, of which nobody needs to know before its renewal is a day overdue."""
    due, ends = moment_of(renews_on), moment_of(certificate.expires_on)
    if due is None or ends is None:
        return certificate
    days = renewal.trouble_days(due, ends)
    return replace(certificate, renews_on=renews_on, warn_days=days, fail_days=days)


def _of_zone(zone: LiveZone, warn: float | None, fail: float | None) -> Iterator[CertificateExpiry]:
    users = _users(zone)
    given = zone.config.warn_days if warn is None else warn
    due = renewals(zone)
    for level in LEVELS:
        for record in zone.certificates[level]:
            one = cloudflare.certificate_facts(record)
            found = CertificateExpiry(
                one.sha256,
                one.expires_on,
                level,
                zone.name,
                one.cert_id,
                days_to_warn(one.life, given),
                days_to_fail(one.life, given) if fail is None else fail,
                users.get(one.cert_id, ()),
            )
            yield renewing(found, due.get(record.id, ""))


def _of_state(
    item: HeldCertificate, zone: LiveZone | None, place: str, warn: float | None, fail: float | None
) -> CertificateExpiry:
    """By the same rule, though Cloudflare has the certificate no more, or its zone is given up."""
    configured = zone.config.warn_days if zone else item.warn_days
    given = configured if warn is None else warn
    return CertificateExpiry(
        item.sha256,
        item.expires_on,
        item.level,
        zone.name if zone else item.zone_id,
        item.cert_id,
        days_to_warn(item.life, given),
        days_to_fail(item.life, given) if fail is None else fail,
        places=(place,),
    )


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
    """Sorts by the days left, and answers them too; an end that is not known counts as past."""
    pairs = [(days_left(certificate.expires_on, now), certificate) for certificate in found]
    dated = [(-1 if days is None else days, certificate) for days, certificate in pairs]
    return sorted(dated, key=lambda pair: (pair[0], pair[1].zone, pair[1].sha256))


def renewal_words(certificate: CertificateExpiry, days: int) -> str:
    """What people need to know of an issued certificate, behind its end; else nothing."""
    due = moment_of(certificate.renews_on)
    if due is None:
        return ""
    return f", {renewal.words(due, overdue=bool(certificate.urgency(days)))}"


def as_json(certificate: CertificateExpiry, days: int) -> dict[str, Any]:
    """Writes a certificate for machines."""
    return {**vars(certificate), "days_left": days, "counts": certificate.counts}


def gauges(
    found: Sequence[tuple[int, CertificateExpiry]], now: datetime
) -> list[openmetrics.Gauge]:
    """Makes the gauges for Prometheus: days left, when to warn, and when each certificate ends.

    Days count down only while the command runs every day; the end, in seconds since 1970, does not
    grow old, and the last gauge says when Cloudflare was asked.
    """
    labels = [(days, c, _labels(c)) for days, c in found]
    ends = [(name, moment_of(c.expires_on)) for _, c, name in labels]
    return [
        openmetrics.Gauge(
            "aop_certificate_days_left",
            "Whole days until a client certificate ends, negative after that; -1 if not known.",
            [(name, days) for days, _, name in labels],
        ),
        openmetrics.Gauge(
            "aop_certificate_warn_days",
            "Days before its end when a warning begins, as the configuration says.",
            [(name, c.warn_days) for _, c, name in labels],
        ),
        openmetrics.Gauge(
            "aop_certificate_end_timestamp_seconds",
            "When a client certificate ends, in seconds since 1970.",
            [(name, moment.timestamp()) for name, moment in ends if moment],
        ),
        openmetrics.Gauge(
            "aop_certificate_renewal_timestamp_seconds",
            "When the renewal of an issued certificate is due, in seconds since 1970.",
            [(n, at.timestamp()) for _, c, n in labels if (at := moment_of(c.renews_on))],
        ),
        openmetrics.Gauge(
            "aop_expiry_checked_timestamp_seconds",
            "When Cloudflare was asked, in seconds since 1970.",
            [({}, int(now.timestamp()))],
        ),
    ]


def _labels(certificate: CertificateExpiry) -> dict[str, str]:
    return {
        "certificate": certificate.sha256 or certificate.cert_id,
        "level": certificate.level,
        "zone": certificate.zone,
        "hostnames": plain(join(Untrusted(user) for user in certificate.users)),
        "counts": "true" if certificate.counts else "false",
    }


def show(found: Sequence[tuple[int, CertificateExpiry]]) -> None:
    """The table, the most urgent first."""
    rows: list[Sequence[Text]] = []
    tones = []
    for days, certificate in found:
        users: Text = join(Untrusted(user) for user in certificate.users) or ("nothing",)
        ends = day(certificate.expires_on) or "not known"
        rows.append(
            (
                (str(days),),
                (ends + renewal_words(certificate, days),),
                fingerprint(certificate.sha256),
                (certificate.level,),
                (Untrusted(certificate.zone),),
                users,
                (Untrusted(", ".join(certificate.places)),),
            )
        )
        code = certificate.urgency(days) if certificate.counts else 0
        tones.append(("", "soon", "over")[code])
    if not rows:
        say("there are no certificates")
    show_table(HEADS, rows, tones)
