"""What Cloudflare presents, compared with what the configuration wants. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ..text import count, day, moment_of
from .live import LiveZone
from .presented import ANY_OTHER, CertificateFacts, Presented, present

Status = Literal["expired", "missing", "wrong", "foreign", "as wanted"]
# The worst first: the order of every list.
STATUSES: tuple[Status, ...] = ("expired", "missing", "wrong", "foreign", "as wanted")
# What a configured hostname must not be; `foreign` is nobody's mistake here.
TROUBLE = STATUSES[:3]


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


def compare(zone: LiveZone, fingerprints: Mapping[str, str], now: datetime) -> list[Covered]:
    """Every hostname of a zone that is bound or configured, and all others as `*`.

    :param fingerprints: SHA-256 of the configured certificates, by the label of their pair.
    """
    pairs = zone.config.hostname_certificates
    labels = {hostname: label for label, pair in pairs.items() for hostname in pair.hostnames}
    names = [ANY_OTHER, *sorted({*labels, *zone.facts.hostnames})]
    found = []
    for hostname in names:
        presented = present(zone.facts, hostname)
        if hostname in labels:
            label = labels[hostname]
            is_on = pairs[label].hostnames[hostname] == "on"
            wanted = fingerprints.get(label, "") if is_on else None
            status, why = _of_hostname(zone, hostname, presented, wanted, now)
        elif hostname == ANY_OTHER:
            status, why = _of_zone(zone, presented, fingerprints, now)
        else:
            ended = _expiry_words(presented, now)
            status, why = "foreign", f"{ended or presented.why}; the configuration has no such"
            why += " hostname"
        found.append(Covered(zone, hostname, presented, status, why))
    return found


def _of_hostname(
    zone: LiveZone, hostname: str, presented: Presented, wanted: str | None, now: datetime
) -> tuple[Status, str]:
    """`wanted` is a fingerprint, "" where the file cannot be read, None for switched off."""
    if wanted is None:
        is_off = presented.level == "nothing"
        return ("as wanted", presented.why) if is_off else ("wrong", "the configuration says off")
    if hostname not in zone.facts.hostnames:
        return "missing", f"{presented.why}; its configured binding is missing"
    certificate = presented.certificate
    if presented.level != "hostname" or certificate is None:
        return "missing", presented.why
    if wanted and certificate.sha256 != wanted:
        return "wrong", "bound to another certificate than the configuration names: see drift"
    if ended := _expiry_words(presented, now):
        return "expired", ended
    if not wanted:
        return "as wanted", f"{presented.why}; the configured file cannot be read"
    return "as wanted", presented.why


def _of_zone(
    zone: LiveZone, presented: Presented, fingerprints: Mapping[str, str], now: datetime
) -> tuple[Status, str]:
    config = zone.config
    wanted = fingerprints.get("zone_certificate", "")
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
    if wanted and held.sha256 != wanted:
        return "wrong", "the zone presents another certificate than the configuration names"
    if ended := _expiry_words(presented, now):
        return "expired", ended
    return "as wanted", presented.why


def _expiry_words(presented: Presented, now: datetime) -> str:
    ends = moment_of(presented.certificate.expires_on) if presented.certificate else None
    if ends is None or ends > now:
        return ""
    return f"EXPIRED on {day(ends.isoformat())}: Cloudflare presents nothing"


def worst_first(found: Iterable[Covered]) -> list[Covered]:
    """Trouble first, then in the order of zones and hostnames."""
    return sorted(found, key=lambda item: STATUSES.index(item.status))


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
