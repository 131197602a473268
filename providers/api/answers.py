"""What Cloudflare answers about certificates, bindings and policies, read with tolerance.

Fields keep Cloudflare's names. An unknown status word is kept and counts as "not yet".
Source: Cloudflare's API reference, origin TLS client authentication and alerting policies.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
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
        """Reads an object of an answer; None when the object has no id."""
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

    def is_older_upload_than(self, uploaded_on: str) -> bool:
        """Whether the certificate of the same id that was uploaded then has replaced this one."""
        return self.is_deleted_or_deleting or is_before(self.uploaded_on, uploaded_on)

    @property
    def is_deleted(self) -> bool:
        """Whether the deletion has ended."""
        return self.status == "deleted"

    @property
    def is_deleted_or_deleting(self) -> bool:
        """Whether the certificate was deleted, or is being deleted."""
        return self.status in GOING

    @property
    def is_active(self) -> bool:
        """Whether the certificate is deployed. An expired certificate is "active" too."""
        return self.status == ACTIVE

    @property
    def is_deploying(self) -> bool:
        """Whether Cloudflare is still deploying the certificate."""
        return self.status in NOT_YET

    @property
    def is_active_or_deploying(self) -> bool:
        """Active, or being deployed. An unknown status counts as no."""
        return self.is_active or self.is_deploying

    @property
    def may_be_presented(self) -> bool:
        """Whether Cloudflare may present this certificate. An unknown status counts as yes."""
        return self.status not in (*NOT_YET, *TIMED_OUT, *GOING)

    @property
    def has_timed_out(self) -> bool:
        """Whether Cloudflare has given up deploying or deleting the certificate."""
        return self.status in TIMED_OUT

    def is_expired(self, now: datetime) -> bool:
        """Whether the certificate has expired; False when Cloudflare does not say when it ends."""
        ends = read_time(self.expires_on)
        return ends is not None and ends <= now


@dataclass(frozen=True)
class Binding:
    """A hostname shows a certificate: as a program wants it, as it is sent, or as it was observed.

    `enabled` is None once voided, or to void. Only an observed binding has `status` and
    `updated_at`.
    """

    hostname: str
    cert_id: str
    enabled: bool | None
    status: str = ""
    updated_at: str = ""

    def body(self) -> dict[str, Any]:
        """What a PUT takes for this hostname."""
        return {"hostname": self.hostname, "cert_id": self.cert_id, "enabled": self.enabled}

    def shows_same_as(self, other: Binding) -> bool:
        """Whether both bindings show the same certificate, and are both enabled or both not."""
        return self.cert_id == other.cert_id and self.enabled == other.enabled

    @classmethod
    def read(cls, item: Any) -> Binding | None:
        """Reads an object of an answer; None when the object names no hostname."""
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
    def is_deleted_or_deleting(self) -> bool:
        """Whether the binding was voided, or is being voided: the hostname shows no certificate."""
        return self.enabled is None or self.status in GOING

    @property
    def holds_certificate(self) -> bool:
        """Whether Cloudflare would still refuse to delete the certificate."""
        return self.enabled is not None or self.status == "pending_deletion"

    @property
    def is_active(self) -> bool:
        """Whether the binding is deployed."""
        return self.status == ACTIVE

    @property
    def has_timed_out(self) -> bool:
        """Whether Cloudflare has given up deploying the binding."""
        return self.status in TIMED_OUT


@dataclass(frozen=True)
class NotificationPolicy:
    """A notification policy of an account.

    `destinations` are the ids by mechanism (`email`, `webhooks`, `pagerduty`), sorted; an e-mail
    address is in lower case. `others` are the fields that nobody manages here, as they came.
    """

    id: str
    name: str
    alert_type: str
    enabled: bool
    destinations: Mapping[str, tuple[str, ...]]
    created: str = ""
    others: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, item: Any) -> NotificationPolicy | None:
        """Reads an object of an answer; None when the object has no id."""
        if not isinstance(item, dict) or not isinstance(item.get("id"), str):
            return None
        given = item.get("mechanisms")
        mechanisms = given if isinstance(given, dict) else {}
        return cls(
            id=item["id"],
            name=str(item.get("name") or ""),
            alert_type=str(item.get("alert_type") or ""),
            enabled=item.get("enabled") is True,
            destinations={name: _ids(name, items) for name, items in mechanisms.items() if items},
            created=str(item.get("created") or ""),
            others={name: item[name] for name in ("description", "filters") if item.get(name)},
        )

    def body(self) -> dict[str, Any]:
        """What POST and PUT take."""
        return {
            **self.others,
            "name": self.name,
            "alert_type": self.alert_type,
            "enabled": self.enabled,
            "mechanisms": {
                name: [{"id": item} for item in ids] for name, ids in self.destinations.items()
            },
        }


def _ids(mechanism: str, items: Any) -> tuple[str, ...]:
    objects = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    ids = {str(item.get("id") or "") for item in objects} - {""}
    return tuple(sorted(i.lower() if mechanism == "email" else i for i in ids))


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
    return datetime.fromisoformat(f"{match[1]}T{match[2]}").replace(tzinfo=UTC)
