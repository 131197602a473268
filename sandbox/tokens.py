"""Who asks: tokens with permissions, and the older e-mail and key."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sandbox import errors
from sandbox.clock import Instant, microseconds
from sandbox.records import ACTIVE

SSL_AND_CERTIFICATES = "SSL and Certificates"
ZONE_SETTINGS = "Zone Settings"
ZONE = "Zone"
DNS = "DNS"
NOTIFICATIONS = "Notifications"
READ = "Read"
EDIT = "Edit"
ALL_PERMISSIONS = (
    f"{SSL_AND_CERTIFICATES} {EDIT}",
    f"{ZONE_SETTINGS} {EDIT}",
    f"{NOTIFICATIONS} {EDIT}",
    f"{ZONE} {READ}",
)
READ_PERMISSIONS = tuple(text.replace(EDIT, READ) for text in ALL_PERMISSIONS)
# The project can do without: only `preflight` looks at DNS.
DNS_READ = f"{DNS} {READ}"
KNOWN_PERMISSIONS = frozenset((*ALL_PERMISSIONS, *READ_PERMISSIONS, DNS_READ))

WELL_FORMED_TOKEN = re.compile(r"[A-Za-z0-9_.~+/=-]{8,}")
WELL_FORMED_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
KEY_EMAIL = "engineer@example.com"
KEY_VALUE = "5ab9d0c1e2f34a7b8c6d5e4f3a2b1c0d9e8f7"


@dataclass
class Token:
    """`zones` None means every zone; `owner` is `user` or `account`; a token with `email` is the
    older global key. Until `fresh_until` it is refused, as new tokens are for a short while.
    `exempt`: somebody else's hands, see README.md."""

    name: str
    value: str
    permissions: list[str] = field(default_factory=lambda: list(ALL_PERMISSIONS))
    zones: list[str] | None = None
    owner: str = "user"
    status: str = ACTIVE
    email: str | None = None
    fresh_until: Instant = 0
    exempt: bool = False
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def allows(self, group: str, right: str) -> bool:
        return f"{group} {right}" in self.permissions or f"{group} {EDIT}" in self.permissions

    def public(self) -> dict[str, Any]:
        return {key: value for key, value in asdict(self).items() if key != "value"}


def built_in() -> list[Token]:
    return [
        Token("all-permissions", "sandbox-token-all-permissions"),
        Token("read-only", "sandbox-token-read-only", list(READ_PERMISSIONS)),
        Token("dashboard", "sandbox-token-dashboard", exempt=True),
        Token("email-key", KEY_VALUE, email=KEY_EMAIL),
    ]


def parse(body: Mapping[str, Any], now: Instant) -> Token:
    """A token from the management interface; ValueError says what is wrong."""
    fields = dict(body)
    fresh_seconds = fields.pop("fresh_seconds", 0)
    unknown = set(fields) - {"name", "value", "permissions", "zones", "owner", "status", "email"}
    if unknown:
        raise ValueError(f"unknown field: {', '.join(sorted(unknown))}")
    if not fields.get("name") or not fields.get("value"):
        raise ValueError("name and value are needed")
    token = Token(**fields)
    token.permissions = [re.sub(r" Write$", f" {EDIT}", text) for text in token.permissions]
    strange = set(token.permissions) - KNOWN_PERMISSIONS
    if strange:
        raise ValueError(
            f"unknown permission: {', '.join(sorted(strange))}; "
            f"known: {', '.join(sorted(KNOWN_PERMISSIONS))}"
        )
    if fresh_seconds:
        token.fresh_until = now + microseconds(fresh_seconds)
    return token


def identify(tokens: Iterable[Token], headers: Mapping[str, str]) -> Token | None:
    """Finds the token whose credentials these are, whatever its state; None when nobody's."""
    kind, _, value = headers.get("authorization", "").partition(" ")
    email, key = headers.get("x-auth-email"), headers.get("x-auth-key")
    for token in tokens:
        if token.email is None and kind.lower() == "bearer" and token.value == value.strip():
            return token
        if token.email is not None and (token.email, token.value) == (email, key):
            return token
    return None


def authenticate(
    token: Token | None, headers: Mapping[str, str], now: Instant, any_status: bool = False
) -> Token:
    """The token, or the ApiError for what is wrong with the credentials. `any_status` lets a
    disabled or expired token pass."""
    _check_format(headers)
    if token is None or (token.status != ACTIVE and not any_status):
        raise errors.UNAUTHORIZED()
    if now < token.fresh_until:
        raise errors.AUTHENTICATION()
    return token


def _check_format(headers: Mapping[str, str]) -> None:
    authorization = headers.get("authorization")
    email, key = headers.get("x-auth-email"), headers.get("x-auth-key")
    if authorization is None and email is None and key is None:
        raise errors.NO_CREDENTIALS()
    if authorization is not None and (email is not None or key is not None):
        raise errors.invalid_headers(
            6111, "Authorization header cannot be sent with X-Auth-Email and X-Auth-Key headers"
        )
    if authorization is not None:
        kind, _, value = authorization.partition(" ")
        if kind.lower() != "bearer" or not WELL_FORMED_TOKEN.fullmatch(value):
            raise errors.invalid_headers(6111, "Invalid format for Authorization header")
        return
    if email is None or not WELL_FORMED_EMAIL.fullmatch(email):
        raise errors.invalid_headers(6102, "Invalid format for X-Auth-Email header")
    if key is None or not re.fullmatch(r"[0-9a-fA-F]{37}|[0-9a-fA-F]{45}", key):
        raise errors.invalid_headers(6103, "Invalid format for X-Auth-Key header")


def authorise(token: Token, group: str, right: str, zone_id: str | None) -> None:
    """Cloudflare answers with different codes: 10000 for certificates and notifications, 9109 for
    zones and their settings."""
    in_scope = zone_id is None or token.zones is None or zone_id in token.zones
    if not (in_scope and token.allows(group, right)):
        is_10000 = group in (SSL_AND_CERTIFICATES, NOTIFICATIONS)
        raise (errors.AUTHENTICATION if is_10000 else errors.UNAUTHORIZED)()
