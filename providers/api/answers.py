"""What Cloudflare answers about a certificate and about a binding, read with tolerance.

Fields keep Cloudflare's names. An unknown status word is kept and counts as "not yet".
Source: cloudflare's API reference, origin TLS client authentication.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Literal

Level = Literal["zone", "hostname"]

LEVELS: tuple[Level, ...] = ("zone", "hostname")
ACTIVE = "active"
GOING = ("pending_deletion", "deleted")
TIMED_OUT = ("deployment_timed_out", "deletion_timed_out")
NOT_YET = ("initializing", "pending_deployment")

_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----")


@dataclass(frozen=True)
class UploadedCertificate:
    """A certificate of a zone or for hostnames. `sha256` is of the DER bytes, "" if unreadable."""

    id: str
    status: str
    certificate: str
    sha256: str
    uploaded_on: str
    expires_on: str

    @classmethod
    def read(cls, item: Any) -> UploadedCertificate | None:
        """From an answer's object; None when it has no id."""
        if not isinstance(item, dict) or not isinstance(item.get("id"), str):
            return None
        pem = str(item.get("certificate") or "")
        return cls(
            id=item["id"],
            status=str(item.get("status") or ""),
            certificate=pem,
            sha256=fingerprint(pem),
            uploaded_on=str(item.get("uploaded_on") or ""),
            expires_on=str(item.get("expires_on") or ""),
        )

    def is_past(self, uploaded_on: str) -> bool:
        """Whether this is older than the certificate of the same id that was uploaded then."""
        return self.is_gone or is_before(self.uploaded_on, uploaded_on)

    @property
    def is_deleted(self) -> bool:
        """Deleted for good."""
        return self.status == "deleted"

    @property
    def is_gone(self) -> bool:
        """Deleted, or on the way there."""
        return self.status in GOING

    @property
    def is_active(self) -> bool:
        """Deployed. An expired certificate is "active" too."""
        return self.status == ACTIVE

    @property
    def is_not_yet(self) -> bool:
        """On its way to being deployed."""
        return self.status in NOT_YET

    @property
    def is_deployed_or_coming(self) -> bool:
        """Whether it is there to stay; one with an unknown status word may be on its way out."""
        return self.is_active or self.is_not_yet

    @property
    def may_be_in_force(self) -> bool:
        """Whether it may be what Cloudflare presents; so does one with an unknown status word."""
        return self.status not in (*NOT_YET, *TIMED_OUT, *GOING)

    @property
    def has_timed_out(self) -> bool:
        """Cloudflare has given up deploying or deleting it."""
        return self.status in TIMED_OUT

    def is_expired(self, now: datetime) -> bool:
        """Whether its time is over; False when Cloudflare does not say until when it is."""
        ends = read_time(self.expires_on)
        return ends is not None and ends <= now


@dataclass(frozen=True)
class Binding:
    """A hostname and the certificate that it shows. `enabled` is None once voided."""

    hostname: str
    cert_id: str
    enabled: bool | None
    status: str
    updated_at: str = ""

    @classmethod
    def read(cls, item: Any) -> Binding | None:
        """From an answer's object; None when it names no hostname."""
        if not isinstance(item, dict) or not isinstance(item.get("hostname"), str):
            return None
        enabled = item.get("enabled")
        return cls(
            hostname=item["hostname"].lower().rstrip("."),
            cert_id=str(item.get("cert_id") or "").lower(),
            enabled=enabled if isinstance(enabled, bool) else None,
            status=str(item.get("status") or ""),
            updated_at=str(item.get("updated_at") or ""),
        )

    @property
    def is_gone(self) -> bool:
        """Voided, or on the way there: the hostname shows no certificate of its own."""
        return self.enabled is None or self.status in GOING

    @property
    def holds_certificate(self) -> bool:
        """Whether Cloudflare would still refuse to delete the certificate (1433)."""
        return self.enabled is not None or self.status == "pending_deletion"

    @property
    def is_active(self) -> bool:
        """Deployed."""
        return self.status == ACTIVE

    @property
    def has_timed_out(self) -> bool:
        """Cloudflare has given up deploying it."""
        return self.status in TIMED_OUT


def fingerprint(pem: str) -> str:
    """SHA-256 of the DER bytes of the first certificate block, lower-case hex; "" if none."""
    block = _BLOCK.search(pem)
    if block is None:
        return ""
    try:
        der = base64.b64decode("".join(block[1].split()), validate=True)
    except (binascii.Error, ValueError):
        return ""
    return hashlib.sha256(der).hexdigest()


def is_before(one: str, other: str) -> bool:
    """Whether one moment of Cloudflare's comes before another; False when one is missing.

    Fractional digits vary: `05.5Z` is before `05.51Z`, and `05Z` before both.
    """
    return bool(one and other) and one.rstrip("Z") < other.rstrip("Z")


def read_time(text: str) -> datetime | None:
    """RFC 3339 in UTC with 0 to 9 fractional digits; None for anything else."""
    match = re.match(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)", text)
    if match is None:
        return None
    return datetime.fromisoformat(f"{match[1]}T{match[2]}").replace(tzinfo=timezone.utc)
