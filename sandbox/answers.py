"""The JSON of the API's answers, field by field as recorded ones have them."""

from __future__ import annotations

import math
from typing import Any, TypeVar

from sandbox.clock import Instant, rfc3339
from sandbox.records import (
    ACCOUNT_ID,
    AUTOMATIC_SSL,
    SSL,
    BindingState,
    Certificate,
    CertificateState,
    DnsRecord,
    SettingState,
    Zone,
)

ZERO_TIME = "0001-01-01T00:00:00Z"
CERTIFICATES_PER_PAGE = 50
PROXIABLE = ("A", "AAAA", "CNAME")

Item = TypeVar("Item")


def success(result: Any, result_info: dict[str, int] | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {"success": True, "errors": [], "messages": [], "result": result}
    if result_info is not None:
        body["result_info"] = result_info
    return body


def page_of(items: list[Item], page: int, per_page: int) -> tuple[list[Item], dict[str, int]]:
    """The page's items and the `result_info` that goes with them."""
    shown = items[(page - 1) * per_page : page * per_page]
    return shown, {
        "count": len(shown),
        "page": page,
        "per_page": per_page,
        "total_count": len(items),
        "total_pages": math.ceil(len(items) / per_page),
    }


def certificate_json(certificate: Certificate, state: CertificateState) -> dict[str, Any]:
    return {
        "id": certificate.id,
        "certificate": certificate.certificate,
        "expires_on": rfc3339(certificate.expires_on),
        "issuer": certificate.issuer,
        "serial_number": certificate.serial_number,
        "signature": certificate.signature,
        "status": state.status,
        "uploaded_on": rfc3339(state.uploaded_on),
    }


def binding_row_json(hostname: str, row: BindingState) -> dict[str, Any]:
    """A row of the list of bindings; the other calls say more."""
    return {
        "cert_id": row.cert_id,
        "created_at": rfc3339(row.created_at) if row.created_at else ZERO_TIME,
        "enabled": row.enabled,
        "hostname": hostname,
        "status": row.status,
        "updated_at": rfc3339(row.updated_at),
    }


def binding_json(
    hostname: str, row: BindingState, certificate: Certificate, now: Instant
) -> dict[str, Any]:
    state = certificate.history.at(now)
    uploaded_on, updated_at = (state.uploaded_on, state.updated_at) if state else (now, now)
    return {
        **binding_row_json(hostname, row),
        "cert_status": certificate.status(now),
        "cert_uploaded_on": rfc3339(uploaded_on),
        "cert_updated_at": rfc3339(updated_at),
        "certificate": certificate.certificate,
        "expires_on": rfc3339(certificate.expires_on),
        "issuer": certificate.issuer,
        "serial_number": certificate.serial_number,
        "signature": certificate.signature,
    }


def setting_json(name: str, state: SettingState, editable: bool) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": name,
        "value": state.value,
        "modified_on": None if state.modified_on is None else rfc3339(state.modified_on),
        "editable": editable,
    }
    if name == SSL:
        body |= {"certificate_status": "active", "validation_errors": []}
    if name == AUTOMATIC_SSL and state.value == "auto":
        body["next_scheduled_scan"] = rfc3339(state.modified_on or 0)
    return body


def dns_record_json(zone: Zone, record: DnsRecord) -> dict[str, Any]:
    created = rfc3339(zone.created_on)
    return {
        "id": record.id,
        "name": record.name,
        "type": record.type,
        "content": record.content,
        "proxiable": record.type in PROXIABLE,
        "proxied": record.proxied,
        "ttl": 1,
        "settings": {},
        "meta": {},
        "comment": None,
        "tags": [],
        "created_on": created,
        "modified_on": created,
    }


def zone_json(zone: Zone, permissions: list[str]) -> dict[str, Any]:
    created = rfc3339(zone.created_on)
    return {
        "id": zone.id,
        "name": zone.name,
        "status": zone.status,
        "paused": False,
        "type": "full",
        "development_mode": 0,
        "name_servers": ["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"],
        "original_name_servers": [],
        "original_registrar": None,
        "original_dnshost": None,
        "created_on": created,
        "modified_on": created,
        "activated_on": created,
        "meta": {
            "step": 2,
            "custom_certificate_quota": 0,
            "page_rule_quota": 3,
            "phishing_detected": False,
        },
        "owner": {"id": None, "type": "user", "email": None},
        "account": {"id": ACCOUNT_ID, "name": "sandbox"},
        "permissions": permissions,
        "plan": {
            "id": "0feeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
            "name": "Free Website",
            "price": 0,
            "currency": "USD",
            "frequency": "",
            "is_subscribed": False,
            "can_subscribe": False,
            "legacy_id": "free",
        },
    }
