"""Everything the sandbox holds, and the certificate and settings work of the API upon it."""

from __future__ import annotations

import uuid
from typing import Any

from sandbox import errors
from sandbox.certificates import Upload, read_upload
from sandbox.clock import Clock, Instant
from sandbox.limits import NEVER, Limits
from sandbox.records import (
    ACTIVE,
    DELETED,
    DELETION_TIMED_OUT,
    HOSTNAME_LEVEL,
    INITIALIZING,
    PENDING_DELETION,
    PENDING_DEPLOYMENT,
    SETTING_VALUES,
    ZONE_SWITCH,
    Account,
    Binding,
    BindingState,
    Certificate,
    CertificateState,
    SettingState,
    Zone,
)

NOT_FOUND = {
    "zone": errors.ZONE_CERTIFICATE_NOT_FOUND,
    HOSTNAME_LEVEL: errors.HOSTNAME_CERTIFICATE_NOT_FOUND,
}


class Store:
    """The store holds the records by id; `unsaved` names those that the database lacks."""

    def __init__(self, clock: Clock, limits: Limits) -> None:
        self.clock = clock
        self.limits = limits
        self.account = Account()
        self.zones: dict[str, Zone] = {}
        self.certificates: dict[str, Certificate] = {}
        self.bindings: dict[str, dict[str, Binding]] = {}
        self.shared: dict[str, str] = {}
        self.unsaved: set[tuple[str, str]] = set()

    # Zones and settings

    def zone(self, zone_id: str, path: str = "") -> Zone:
        found = self.zones.get(zone_id)
        if found is None:
            raise errors.no_route(path)
        return found

    def add_zone(self, zone: Zone) -> None:
        self.zones[zone.id] = zone
        self.bindings.setdefault(zone.id, {})
        self.unsaved.add(("zone", zone.id))

    def set_setting(self, zone: Zone, name: str, value: object) -> SettingState:
        if name in zone.not_editable:
            raise errors.NOT_EDITABLE(f"Not allowed to edit zone setting {name}")
        if value not in SETTING_VALUES[name]:
            raise errors.INVALID_SETTING(f"Invalid value for zone setting {name}")
        return self._write_setting(zone, name, str(value))

    def set_switch(self, zone: Zone, enabled: object) -> bool:
        if not isinstance(enabled, bool):
            raise errors.INVALID_REQUEST("enabled must be true or false")
        self._write_setting(zone, ZONE_SWITCH, "on" if enabled else "off")
        return enabled

    def _write_setting(self, zone: Zone, name: str, value: str) -> SettingState:
        now = self.clock.tick()
        state = SettingState(value, now)
        zone.settings[name].change((now, state))
        self.unsaved.add(("zone", zone.id))
        return state

    # Certificates

    def certificate(self, zone: Zone, level: str, certificate_id: str) -> Certificate:
        found = self.certificates.get(certificate_id)
        if found is None or found.zone_id != zone.id or found.level != level:
            raise NOT_FOUND[level]()
        return found

    def list_certificates(self, zone: Zone, level: str, instant: Instant) -> list[Certificate]:
        """Certificates that exist at `instant`, the newest upload first."""
        found = [
            item
            for item in self.certificates.values()
            if item.zone_id == zone.id and item.level == level and item.status(instant) != DELETED
        ]
        return sorted(found, key=lambda item: _time_of_upload(item, instant), reverse=True)

    def upload(
        self, zone: Zone, level: str, body: dict[str, Any], at_once: bool
    ) -> tuple[Certificate, CertificateState]:
        """The certificate and the state to answer with. A deleted one comes back with its id."""
        upload = read_upload(body.get("certificate"), body.get("private_key"))
        now = self.clock.tick()
        known = [
            item
            for item in self.certificates.values()
            if (item.zone_id, item.level, item.sha256) == (zone.id, level, upload.sha256)
        ]
        if known and known[0].status(now) != DELETED:
            raise errors.ALREADY_EXISTS()
        if (
            level == HOSTNAME_LEVEL
            and len(self.list_certificates(zone, level, now)) >= self.limits.hostname_certificates
        ):
            raise errors.TOO_MANY_CERTIFICATES()
        certificate = known[0] if known else self._new(zone, level, upload)
        state = CertificateState(PENDING_DEPLOYMENT, now, now)
        outcome = ACTIVE if at_once else self.limits.certificate_outcome
        self._schedule(
            certificate, now, state, outcome, 0 if at_once else self.limits.deploy_time()
        )
        return certificate, state

    def _new(self, zone: Zone, level: str, upload: Upload) -> Certificate:
        certificate = Certificate(
            id=str(uuid.uuid4()), zone_id=zone.id, level=level, **vars(upload)
        )
        self.certificates[certificate.id] = certificate
        return certificate

    def delete(self, certificate: Certificate, at_once: bool) -> CertificateState:
        now = self.clock.tick()
        status = certificate.status(now)
        if status in (PENDING_DELETION, DELETED):
            hostname_level = certificate.level == HOSTNAME_LEVEL
            raise (errors.PENDING_DELETION if hostname_level else errors.ALREADY_DELETED)()
        if status in (INITIALIZING, PENDING_DEPLOYMENT):
            raise errors.PENDING_DEPLOYMENT()
        if certificate.level == HOSTNAME_LEVEL and self.users(certificate, now):
            raise errors.IN_USE()
        before = certificate.history.at(now)
        state = CertificateState(PENDING_DELETION, before.uploaded_on if before else now, now)
        outcome = DELETED if at_once else self.limits.deletion_outcome
        self._schedule(
            certificate, now, state, outcome, 0 if at_once else self.limits.delete_time()
        )
        return state

    def users(self, certificate: Certificate, instant: Instant) -> list[str]:
        """Hostnames whose row names the certificate, rows being removed included."""
        rows = self.bindings.get(certificate.zone_id, {})
        return [
            name
            for name, binding in rows.items()
            if (row := binding.row(instant)) is not None and row.cert_id == certificate.id
        ]

    def _schedule(
        self,
        certificate: Certificate,
        now: Instant,
        state: CertificateState,
        outcome: str,
        delay: int,
    ) -> None:
        steps = [(now, state)]
        if outcome != NEVER:
            end = now + delay
            steps.append((end, CertificateState(outcome, state.uploaded_on, end)))
        certificate.history.change(*steps)
        self.unsaved.add(("certificate", certificate.id))

    # Changes from outside, by the management interface

    def patch(self, object_id: str, status: str, then: str | None, after: int) -> str:
        """Set a certificate's (`ID`) or a binding's (`ZONE/HOSTNAME`) status, for good or until
        `then` follows `after` microseconds later. Returns its kind; KeyError when unknown."""
        now = self.clock.tick()
        steps = [(now, status)] + ([(now + after, then)] if then else [])
        if object_id in self.certificates:
            certificate = self.certificates[object_id]
            uploaded = _time_of_upload(certificate, now)
            certificate.history.change(
                *[(at, CertificateState(word, uploaded, at)) for at, word in steps]
            )
            self.unsaved.add(("certificate", object_id))
            return "certificate"
        zone_id, _, hostname = object_id.partition("/")
        binding = self.bindings[zone_id][hostname.lower()]
        row = binding.history.at(now)
        if row is None:
            raise KeyError(object_id)
        binding.history.change(
            *[
                (at, BindingState(row.cert_id, row.enabled, word, row.created_at, at))
                for at, word in steps
            ]
        )
        self.unsaved.add(("binding", f"{zone_id}/{hostname.lower()}"))
        return "binding"


def _time_of_upload(certificate: Certificate, instant: Instant) -> Instant:
    state = certificate.history.at(instant)
    return state.uploaded_on if state else 0


def is_usable(certificate: Certificate | None, zone_id: str, instant: Instant) -> bool:
    """Whether a binding may name the certificate: one for hostnames of the zone, not deleted."""
    return (
        certificate is not None
        and certificate.zone_id == zone_id
        and certificate.level == HOSTNAME_LEVEL
        and certificate.status(instant) not in (PENDING_DELETION, DELETED, DELETION_TIMED_OUT)
    )
