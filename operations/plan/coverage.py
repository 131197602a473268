"""What Cloudflare presents, compared with what configuration and state say. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from providers.lifecycle.tls_mode import WITHOUT_TLS
from providers.values.text import short

from ..text import count, day, moment_of
from . import renewal
from .held import HeldState
from .live import LiveZone
from .outside import changed_outside, is_as_held
from .presented import ANY_OTHER, CertificateFacts, Presented, ZoneFacts, present

Status = Literal["expired", "missing", "wrong", "overdue", "foreign", "as wanted"]
# The worst first: the order of every list.
STATUSES: tuple[Status, ...] = ("expired", "missing", "wrong", "overdue", "foreign", "as wanted")
# What a configured hostname must not be; `foreign` is nobody's mistake here.
TROUBLE = STATUSES[:4]
SEE = "see drift"


@dataclass(frozen=True)
class Covered:
    """A hostname, or every other one of a zone (`*`), and how that compares.

    `why` is a sentence without values from outside.
    """

    zone: LiveZone
    hostname: str
    presented: Presented
    status: Status
    why: str

    @property
    def is_trouble(self) -> bool:
        """Whether something that the configuration wants is not so."""
        return self.status in TROUBLE

    @property
    def rank(self) -> int:
        """The place in every list: the lowest is read first."""
        return STATUSES.index(self.status)


def compare(
    zone: LiveZone,
    fingerprints: Mapping[str, Collection[str]],
    now: datetime,
    ours: HeldState | None = None,
) -> list[Covered]:
    """Every hostname of a zone that is bound or configured, and all others as `*`.

    :param fingerprints: by label the SHA-256 of what may be presented, where that is known.
    :param ours: the stack's state, by which an outside change differs from one to come; None where
        the state was not read.
    """
    held = ours.zone(zone.config.zone_id) if ours else None
    pairs = zone.config.hostname_certificates
    labels = {hostname: label for label, pair in pairs.items() for hostname in pair.hostnames}
    names = [ANY_OTHER, *sorted({*labels, *zone.facts.hostnames})]
    found = []
    for hostname in names:
        presented = present(zone.facts, hostname)
        if hostname in labels:
            label = labels[hostname]
            is_on = pairs[label].hostnames[hostname] == "on"
            wanted = fingerprints.get(label)
            if is_on:
                status, why = _of_hostname(zone, hostname, presented, wanted, now)
            else:
                status, why = _of_switched_off(presented)
            if status in ("missing", "wrong"):
                why += f": {_remedy(zone, hostname, held)}"
        elif hostname == ANY_OTHER:
            status, why = _of_zone(zone, presented, fingerprints, now)
            if status in ("missing", "wrong"):
                why += f": {_remedy_of_zone(zone, presented, ours)}"
        else:
            ended = _expiry_words(presented, now)
            status, why = "foreign", f"{ended or presented.why}; the configuration has no such"
            why += f" hostname{_whose(hostname, held)}"
        found.append(Covered(zone, hostname, presented, status, why))
    return found


def _remedy(zone: LiveZone, hostname: str, held: ZoneFacts | None) -> str:
    """What puts a configured hostname right, from what the state says of that hostname."""
    if held is None:
        return SEE
    if zone.facts.ssl in WITHOUT_TLS:
        return _remedy_of_ssl(zone, held)
    now, row = zone.facts.hostnames.get(hostname), held.hostnames.get(hostname)
    if row is not None and not is_as_held(now, row):
        return changed_outside("binds it again")
    return "not this stack's, see preflight" if now and row is None else "`pulumi up` does that"


def _remedy_of_zone(zone: LiveZone, presented: Presented, ours: HeldState | None) -> str:
    """The same for the zone's level."""
    if ours is None:
        return SEE
    held, now, certificate = ours.zone(zone.config.zone_id), zone.facts, presented.certificate
    if now.ssl in WITHOUT_TLS:
        return _remedy_of_ssl(zone, held)
    if ("on", "off") in ((held.own, now.own), (held.shared, now.shared)):
        return changed_outside("sets it back")
    if now.own == "on" and not now.certificates and held.own == "on":
        return changed_outside("makes it again")
    if certificate is not None and certificate.cert_id not in ours.ids:
        return "not this stack's, see preflight"
    return "`pulumi up` does that"


def _remedy_of_ssl(zone: LiveZone, held: ZoneFacts) -> str:
    if zone.config.ssl is None:
        return "set ssl in the stack's file, or the mode in the dashboard"
    is_changed = held.ssl not in (None, zone.facts.ssl)
    return changed_outside("sets it back") if is_changed else "`pulumi up` does that"


def _whose(hostname: str, held: ZoneFacts | None) -> str:
    if held is None:
        return ""
    is_held = hostname in held.hostnames
    return ", `pulumi up` takes it away" if is_held else ", nor has the state"


def _of_switched_off(presented: Presented) -> tuple[Status, str]:
    is_off = presented.level == "nothing"
    return ("as wanted", presented.why) if is_off else ("wrong", "the configuration says off")


def _of_hostname(
    zone: LiveZone,
    hostname: str,
    presented: Presented,
    wanted: Collection[str] | None,
    now: datetime,
) -> tuple[Status, str]:
    """`wanted` are fingerprints, None where the file cannot be read."""
    if zone.facts.ssl in WITHOUT_TLS:
        return "missing", presented.why
    if hostname not in zone.facts.hostnames:
        return "missing", f"{presented.why}; its configured binding is missing"
    certificate = presented.certificate
    if presented.level != "hostname" or certificate is None:
        return "missing", presented.why
    if wanted is not None and certificate.sha256 not in wanted:
        why = f"bound to {_short(certificate)}, the configuration names {_any_of(wanted)}"
        return "wrong", why
    if ended := _expiry_words(presented, now):
        return "expired", ended
    if wanted is None:
        return "as wanted", f"{presented.why}; the configured file cannot be read"
    return "as wanted", presented.why


def _short(certificate: CertificateFacts) -> str:
    return short(certificate.sha256) or "a certificate that cannot be read"


def _any_of(wanted: Collection[str]) -> str:
    return " or ".join(map(short, sorted(wanted))) or "one that its issuer has still to sign"


def _of_zone(
    zone: LiveZone,
    presented: Presented,
    fingerprints: Mapping[str, Collection[str]],
    now: datetime,
) -> tuple[Status, str]:
    config = zone.config
    wanted = fingerprints.get("zone_certificate")
    if config.zone_certificate is None and config.shared_certificate != "on":
        if ended := _expiry_words(presented, now):
            return "foreign", ended
        is_own = presented.level in ("zone", "global")
        return ("foreign" if is_own else "as wanted"), presented.why
    if not presented.is_protected:
        return "missing", presented.why
    if config.zone_certificate is None:
        return "as wanted", presented.why
    if presented.level != "zone":
        return "missing", f"{presented.why}; the configuration has a certificate for the zone"
    held = presented.certificate or CertificateFacts()
    if wanted is not None and held.sha256 not in wanted:
        why = f"the zone presents {_short(held)}, the configuration names {_any_of(wanted)}"
        return "wrong", why
    if ended := _expiry_words(presented, now):
        return "expired", ended
    return "as wanted", presented.why


def with_renewal(item: Covered, due: datetime | None, now: datetime) -> Covered:
    """The same, and when the issued certificate that is presented is renewed.

    :param due: when the renewal is due; None where nobody renews the certificate.
    """
    if due is None:
        return item
    is_overdue = renewal.is_overdue(due, now)
    remedy = ": `pulumi up` does it, or says why not" if is_overdue else ""
    why = f"{item.why}; {renewal.words(due, overdue=is_overdue)}{remedy}"
    is_else_fine = is_overdue and item.status == "as wanted"
    return replace(item, why=why, status="overdue" if is_else_fine else item.status)


def _expiry_words(presented: Presented, now: datetime) -> str:
    ends = moment_of(presented.certificate.expires_on) if presented.certificate else None
    if ends is None or ends > now:
        return ""
    return f"EXPIRED on {day(ends.isoformat())}: Cloudflare presents nothing"


def worst_first(found: Iterable[Covered]) -> list[Covered]:
    """Trouble first, then in the order of zones and hostnames."""
    return sorted(found, key=lambda item: item.rank)


def summary(found: Iterable[Covered]) -> str:
    """`3 of 306 are not as wanted: 1 expired, 2 missing`, and how many are not ours."""
    items = list(found)
    numbers = {status: sum(1 for i in items if i.status == status) for status in STATUSES}
    trouble = [f"{numbers[status]} {status}" for status in TROUBLE if numbers[status]]
    ours = len(items) - numbers["foreign"]
    head = f"all {ours} are as the configuration wants"
    if trouble:
        bad = sum(numbers[status] for status in TROUBLE)
        verb = "is" if bad == 1 else "are"
        head = f"{bad} of {ours} {verb} not as wanted: {', '.join(trouble)}"
    if numbers["foreign"]:
        head += f"; {count(numbers['foreign'], 'more', 'more')} not in the configuration"
    return head
