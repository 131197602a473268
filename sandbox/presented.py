"""What Cloudflare would present to the origin of each hostname, at each instant.

Computed from the timelines alone, independently of any client. A level comes into force when it
first has something active to present and stays in force until it is switched off or voided; what
was deployed is presented until its successor is active; deletions, voids and switching off count
at once; a level in force whose certificate is gone or expired presents nothing, and the levels
below do not help it. README.md lists these as assumptions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sandbox.clock import Instant, rfc3339, stamp
from sandbox.records import (
    ACTIVE,
    DELETED,
    DELETION_TIMED_OUT,
    GLOBAL_LEVEL,
    HOSTNAME_LEVEL,
    PENDING_DELETION,
    SSL,
    TLS_CLIENT_AUTH,
    ZONE_LEVEL,
    ZONE_SWITCH,
    BindingState,
    Certificate,
    Zone,
)
from sandbox.store import Store

ANY_OTHER = "*"
NO_LEVEL = "none"
SUPPRESSED = "suppressed"
REMOVED = (PENDING_DELETION, DELETED, DELETION_TIMED_OUT)


@dataclass(frozen=True)
class Presented:
    """`level` hostname, zone, global or none. `certificate_sha256` None: no client certificate
    that an origin would accept."""

    level: str
    cert_id: str | None
    certificate_sha256: str | None
    expires_on: str | None
    why: str


Readings = list[tuple[Instant, Presented]]
# What the hostname level presents: a certificate, nothing on purpose, or it is not in force.
Force = Certificate | str | None


class Presenter:
    """Reads one zone up to `until`."""

    def __init__(self, store: Store, zone: Zone, until: Instant) -> None:
        self.store = store
        self.zone = zone
        self.until = until
        self.certificates = {
            item.id: item for item in store.certificates.values() if item.zone_id == zone.id
        }
        self.zone_level = sorted(
            (item for item in self.certificates.values() if item.level == ZONE_LEVEL),
            key=lambda item: item.id,
        )
        self._lower_breaks = self._breaks(
            (moment for history in zone.settings.values() for moment, _ in history.moments),
            self.zone_level,
        )
        self._lower = self._lower_readings()

    def readings(self, hostname: str) -> Readings:
        """What the hostname's origin is shown, at each instant at which that can change."""
        binding = self.store.bindings[self.zone.id].get(hostname)
        if binding is None:
            return self._lower
        named = {state.cert_id for _, state in binding.history.moments}
        own = self._breaks(
            (moment for moment, _ in binding.history.moments),
            [self.certificates[name] for name in named],
        )
        force: Force = None
        found: Readings = []
        for instant in sorted(set(own) | set(self._lower_breaks)):
            row = binding.row(instant)
            force = self._in_force(row, force, instant)
            found.append((instant, self._hostname_level(row, force, instant)))
        return found

    def now(self, hostname: str) -> Presented:
        return self.readings(hostname)[-1][1]

    def changes(self, hostname: str) -> Readings:
        """The readings at which the level or the certificate became another."""
        kept: Readings = []
        for instant, shown in self.readings(hostname):
            if not kept or _key(kept[-1][1]) != _key(shown):
                kept.append((instant, shown))
        return kept

    def hostnames(self) -> list[str]:
        """Hostnames that have ever had a row, and `*` for any other."""
        return [ANY_OTHER, *sorted(self.store.bindings[self.zone.id])]

    # The hostname level

    def _in_force(self, row: BindingState | None, before: Force, instant: Instant) -> Force:
        if row is None or row.enabled is None:
            return None
        if row.enabled is False:
            return SUPPRESSED
        named = self.certificates[row.cert_id]
        deployed = row.status == ACTIVE and named.status(instant) == ACTIVE
        return named if deployed else before

    def _hostname_level(
        self, row: BindingState | None, force: Force, instant: Instant
    ) -> Presented:
        if self._without_tls(instant):
            return self._without_tls_answer(instant)
        if isinstance(force, str):
            return _nothing(HOSTNAME_LEVEL, "the binding has enabled: false")
        if force is not None:
            return _certificate(HOSTNAME_LEVEL, force, instant, "the hostname's binding")
        lower = self._lower_at(instant)
        if row is None or row.enabled is None:
            return lower
        return replace(lower, why=f"the binding is not in force yet; {lower.why}")

    # The zone and the shared certificate

    def _lower_readings(self) -> Readings:
        force: Certificate | None = None
        found: Readings = []
        for instant in self._lower_breaks:
            switch_on = self.zone.setting(ZONE_SWITCH, instant).value == "on"
            newest = self._newest(instant)
            force = (newest or force) if switch_on else None
            found.append((instant, self._lower_level(switch_on, force, instant)))
        return found

    def _lower_level(
        self, switch_on: bool, force: Certificate | None, instant: Instant
    ) -> Presented:
        if self._without_tls(instant):
            return self._without_tls_answer(instant)
        if force is not None:
            return _certificate(ZONE_LEVEL, force, instant, "the zone's switch is on")
        lacking = "; the zone has never had an active certificate" if switch_on else ""
        if self.zone.setting(TLS_CLIENT_AUTH, instant).value == "on":
            sha256 = self.store.shared.get("sha256")
            return Presented(GLOBAL_LEVEL, None, sha256, None, f"tls_client_auth is on{lacking}")
        return _nothing(NO_LEVEL, f"no level is on{lacking}")

    def _newest(self, instant: Instant) -> Certificate | None:
        """The most recently deployed zone certificate that is active and not expired."""
        usable = [
            (_time_of_deployment(item, instant), item)
            for item in self.zone_level
            if item.status(instant) == ACTIVE and instant < item.expires_on
        ]
        return max(usable, key=lambda pair: pair[0])[1] if usable else None

    def _lower_at(self, instant: Instant) -> Presented:
        return next(shown for moment, shown in reversed(self._lower) if moment <= instant)

    def _without_tls(self, instant: Instant) -> bool:
        return self.zone.setting(SSL, instant).value in ("off", "flexible")

    def _without_tls_answer(self, instant: Instant) -> Presented:
        mode = self.zone.setting(SSL, instant).value
        return _nothing(NO_LEVEL, f"ssl is {mode}: no TLS to the origin")

    def _breaks(self, own: Iterable[Instant], certificates: list[Certificate]) -> list[Instant]:
        """Instants up to `until` at which the answer may change by these records."""
        instants = set(own)
        for item in certificates:
            instants.update(moment for moment, _ in item.history.moments)
            instants.add(item.expires_on)
        start = self.zone.created_on
        return sorted({start} | {instant for instant in instants if start < instant <= self.until})


def _certificate(level: str, force: Certificate, instant: Instant, why: str) -> Presented:
    if not _is_deployed(force, instant):
        return _nothing(level, f"{why}, but its certificate is {force.status(instant)}")
    if instant >= force.expires_on:
        return _nothing(level, f"{why}, but its certificate has expired")
    return Presented(level, force.id, force.sha256, rfc3339(force.expires_on), why)


def _nothing(level: str, why: str) -> Presented:
    return Presented(level, None, None, None, why)


def _is_deployed(certificate: Certificate, instant: Instant) -> bool:
    """Whether it has been active and no deletion has begun since; a status set otherwise by the
    management interface takes nothing away."""
    words = [state.status for moment, state in certificate.history.moments if moment <= instant]
    ends = [word for word in words if word == ACTIVE or word in REMOVED]
    return bool(ends) and ends[-1] == ACTIVE


def _time_of_deployment(certificate: Certificate, instant: Instant) -> Instant:
    return max(
        moment
        for moment, state in certificate.history.moments
        if moment <= instant and state.status == ACTIVE
    )


def _key(shown: Presented) -> tuple[str, str | None, str | None]:
    return shown.level, shown.cert_id, shown.certificate_sha256


def presented_now(store: Store, zone: Zone, hostname: str | None) -> list[dict[str, Any]]:
    presenter = Presenter(store, zone, store.clock.now())
    names = [hostname] if hostname else presenter.hostnames()
    return [
        {"zone": zone.id, "zone_name": zone.name, "hostname": name, **vars(presenter.now(name))}
        for name in names
    ]


def presented_log(store: Store, zone: Zone, hostname: str | None) -> list[dict[str, Any]]:
    presenter = Presenter(store, zone, store.clock.now())
    names = [hostname] if hostname else presenter.hostnames()
    return [
        {
            "at": stamp(instant),
            "zone": zone.id,
            "zone_name": zone.name,
            "hostname": name,
            **vars(shown),
        }
        for name in names
        for instant, shown in presenter.changes(name)
    ]
