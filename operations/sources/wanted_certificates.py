"""Which certificates a stack's file wants at Cloudflare: given ones, and those that were issued.

What an issuer signs is in no file: the zone itself shows it, by the subject.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

import pulumi

from issuers import signer_fault
from providers.api.answers import Level, UploadedCertificate
from providers.lifecycle.ledger import subject_key
from providers.values import pem
from providers.values.inputs import SUBJECT

from ..plan.live import LiveZone
from ..plan.renewal import renews_on


def fingerprints(zone: LiveZone, now: datetime) -> dict[str, set[str]]:
    """By label the SHA-256 of the certificates that a zone may present, where that is known.

    A given certificate is the one in its file; of issued ones any that the zone holds for the
    subject, and that the issuer's `ca` accepts.
    """
    found: dict[str, set[str]] = {}
    for label, pair in zone.config.pairs().items():
        with suppress(pem.PemError, pulumi.RunError):
            found[label] = {pem.read_certificate(pair.pem()).sha256}
    return found | {label: set(newest_last) for label, newest_last in _issued(zone, now).items()}


def issued_fingerprints(zone: LiveZone, now: datetime) -> dict[str, str]:
    """By label the SHA-256 of the newest certificate that was issued; `CN=NAME` of one to come."""
    there = _issued(zone, now)
    return {
        label: there[label][-1] if there.get(label) else SUBJECT + issued.common_name
        for label, issued in zone.config.issued().items()
    }


def _issued(zone: LiveZone, now: datetime) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for label, issued in zone.config.issued().items():
        with suppress(pulumi.RunError):
            ca = issued.ca_pem()
            found[label] = [
                record.sha256
                for record in _records(zone, label)
                if signer_fault(record.certificate, ca, now) is None
            ]
    return found


def renewals(zone: LiveZone) -> dict[str, str]:
    """When the issued certificates of a zone are due, by their ids, RFC 3339."""
    return {
        record.id: renews_on(record.certificate, issued.renew_days)
        for label, issued in zone.config.issued().items()
        for record in _records(zone, label)
    }


def _records(zone: LiveZone, label: str) -> list[UploadedCertificate]:
    """What the zone holds for the subject of an issued certificate, oldest first."""
    level: Level = "hostname" if label in zone.config.hostname_certificates else "zone"
    subject = SUBJECT + zone.config.issued()[label].common_name
    return [record for record in zone.certificates[level] if subject_key(record) == subject]
