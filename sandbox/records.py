"""What the sandbox remembers. Each changing thing keeps its whole timeline, the future included:
a list that lags, a deployment that ends and the log of what was presented are then readings of
the same records at different instants."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sandbox.clock import Instant

INITIALIZING = "initializing"
PENDING_DEPLOYMENT = "pending_deployment"
PENDING_DELETION = "pending_deletion"
ACTIVE = "active"
DELETED = "deleted"
DEPLOYMENT_TIMED_OUT = "deployment_timed_out"
DELETION_TIMED_OUT = "deletion_timed_out"
STATUSES = (
    INITIALIZING,
    PENDING_DEPLOYMENT,
    PENDING_DELETION,
    ACTIVE,
    DELETED,
    DEPLOYMENT_TIMED_OUT,
    DELETION_TIMED_OUT,
)

ZONE_LEVEL = "zone"
HOSTNAME_LEVEL = "hostname"
GLOBAL_LEVEL = "global"

TLS_CLIENT_AUTH = "tls_client_auth"
SSL = "ssl"
ZONE_SWITCH = "origin_tls_client_auth"
AUTOMATIC_SSL = "ssl_automatic_mode"
SETTING_VALUES = {
    TLS_CLIENT_AUTH: ("on", "off"),
    SSL: ("off", "flexible", "full", "strict", "origin_pull"),
    AUTOMATIC_SSL: ("auto", "custom"),
}

ACCOUNT_ID = "01a7362d577a6c3019a474fd6f485823"

State = TypeVar("State")


@dataclass
class Timeline(Generic[State]):
    """`moments` are (instant, state) in order of time; those still to come are scheduled."""

    moments: list[tuple[Instant, State]] = field(default_factory=list)

    def at(self, instant: Instant) -> State | None:
        for moment, state in reversed(self.moments):
            if moment <= instant:
                return state
        return None

    def change(self, *steps: tuple[Instant, State]) -> None:
        """Replaces whatever was scheduled from the first of these steps on."""
        kept = [moment for moment in self.moments if moment[0] < steps[0][0]]
        self.moments = kept + list(steps)


@dataclass(frozen=True)
class CertificateState:
    status: str
    uploaded_on: Instant
    updated_at: Instant


@dataclass
class Certificate:
    """`expires_on` is an instant, `sha256` the hex digest of the DER bytes."""

    id: str
    zone_id: str
    level: str
    certificate: str
    private_key: str
    sha256: str
    issuer: str
    serial_number: str
    signature: str
    expires_on: Instant
    history: Timeline[CertificateState] = field(default_factory=Timeline)

    def status(self, instant: Instant) -> str:
        state = self.history.at(instant)
        return DELETED if state is None else state.status


@dataclass(frozen=True)
class BindingState:
    cert_id: str
    enabled: bool | None
    status: str
    created_at: Instant
    updated_at: Instant


@dataclass
class Binding:
    """The API's association: one hostname shows one certificate."""

    zone_id: str
    hostname: str
    history: Timeline[BindingState] = field(default_factory=Timeline)

    def row(self, instant: Instant) -> BindingState | None:
        """The row as the API shows it; None before it was made and after it is gone."""
        state = self.history.at(instant)
        return None if state is None or state.status == DELETED else state


@dataclass(frozen=True)
class SettingState:
    """`modified_on` is None while nobody has set the setting."""

    value: str
    modified_on: Instant | None


@dataclass(frozen=True)
class DnsRecord:
    """`name` is the whole name, as the API has it; a wildcard begins with `*.`."""

    type: str
    name: str
    content: str
    proxied: bool = False
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


@dataclass
class Zone:
    id: str
    name: str
    created_on: Instant
    status: str = ACTIVE
    not_editable: list[str] = field(default_factory=list)
    dns_records: list[DnsRecord] = field(default_factory=list)
    settings: dict[str, Timeline[SettingState]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # A zone that was saved by an older sandbox has no such setting.
        is_off = Timeline([(self.created_on, SettingState("custom", None))])
        self.settings.setdefault(AUTOMATIC_SSL, is_off)

    def setting(self, name: str, instant: Instant) -> SettingState:
        state = self.settings[name].at(instant)
        return self.settings[name].moments[0][1] if state is None else state


@dataclass(frozen=True)
class PolicyState:
    """`mechanisms` and `filters` are as they were sent."""

    name: str
    alert_type: str
    enabled: bool
    mechanisms: dict[str, Any]
    modified: Instant
    description: str = ""
    filters: dict[str, Any] = field(default_factory=dict)
    is_deleted: bool = False


@dataclass
class Policy:
    """A notification policy."""

    id: str
    created: Instant
    history: Timeline[PolicyState] = field(default_factory=Timeline)


@dataclass
class Account:
    """`eligible` are the mechanisms that the account may use, `destinations` what it has of those
    that it must know, by id; an e-mail address needs no entry."""

    id: str = ACCOUNT_ID
    policies: dict[str, Policy] = field(default_factory=dict)
    eligible: list[str] = field(default_factory=lambda: ["email", "webhooks", "pagerduty"])
    destinations: dict[str, dict[str, str]] = field(
        default_factory=lambda: {"webhooks": {}, "pagerduty": {}}
    )
