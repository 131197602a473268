"""PUT hostnames: many hostnames bound, disabled or voided in one request, in the order given."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from sandbox import errors
from sandbox.clock import Instant
from sandbox.limits import NEVER
from sandbox.records import (
    ACTIVE,
    DELETED,
    PENDING_DELETION,
    PENDING_DEPLOYMENT,
    Binding,
    BindingState,
    Zone,
)
from sandbox.store import Store, is_usable

Steps = list[tuple[Instant, BindingState]]


class BulkPut:
    """One request. `rows` and `uses` are what the zone would be after the entries so far."""

    def __init__(self, store: Store, zone: Zone, at_once: bool) -> None:
        self.store = store
        self.zone = zone
        self.at_once = at_once
        self.now = store.clock.tick()
        self.existing = store.bindings[zone.id]
        self.staged: dict[str, Steps] = {}
        self.uses: Counter[str] = Counter(
            row.cert_id
            for binding in self.existing.values()
            if (row := binding.row(self.now)) is not None and row.enabled is not None
        )

    def apply(self, config: object) -> list[tuple[str, BindingState]]:
        """(hostname, the state to answer with) for each entry; ApiError on the first bad one,
        with the entries before it applied only where bulk requests are not atomic."""
        if not isinstance(config, list) or not config:
            raise errors.INVALID_REQUEST("config must be a list with at least one entry")
        answers = []
        try:
            for entry in config:
                answers.append(self._entry(entry))
        except errors.ApiError:
            if not self.store.limits.bulk_atomic:
                self._commit()
            raise
        self._commit()
        return answers

    def _entry(self, entry: object) -> tuple[str, BindingState]:
        hostname, cert_id, enabled = _read(entry)
        if not is_usable(self.store.certificates.get(cert_id), self.zone.id, self.now):
            raise errors.INVALID_CERT_ID()
        before = self._row(hostname)
        if before is not None and before.enabled is not None:
            self.uses[before.cert_id] -= 1
        if enabled is None:
            return hostname, self._void(hostname, cert_id, before)
        if self.uses[cert_id] >= self.store.limits.bindings_per_certificate:
            raise errors.TOO_MANY_BINDINGS()
        self.uses[cert_id] += 1
        return hostname, self._bind(hostname, cert_id, enabled, before)

    def _row(self, hostname: str) -> BindingState | None:
        if hostname in self.staged:
            return self.staged[hostname][0][1]
        binding = self.existing.get(hostname)
        return None if binding is None else binding.row(self.now)

    def _bind(
        self, hostname: str, cert_id: str, enabled: bool, before: BindingState | None
    ) -> BindingState:
        created = self.now if before is None else before.created_at
        state = BindingState(cert_id, enabled, PENDING_DEPLOYMENT, created, self.now)
        limits = self.store.limits
        outcome = ACTIVE if self.at_once else limits.binding_outcome
        self.staged[hostname] = self._steps(
            state, outcome, 0 if self.at_once else limits.deploy_time()
        )
        # A new row answers its first PUT with the zero time: the 2020 page shows it.
        return state if before is not None else replace(state, created_at=0)

    def _void(self, hostname: str, cert_id: str, before: BindingState | None) -> BindingState:
        if before is None:
            return BindingState(cert_id, None, DELETED, 0, self.now)
        if before.enabled is None:
            return before
        state = replace(before, enabled=None, status=PENDING_DELETION, updated_at=self.now)
        limits = self.store.limits
        outcome = DELETED if self.at_once else limits.deletion_outcome
        self.staged[hostname] = self._steps(
            state, outcome, 0 if self.at_once else limits.delete_time()
        )
        return state

    def _steps(self, state: BindingState, outcome: str, delay: int) -> Steps:
        if outcome == NEVER:
            return [(self.now, state)]
        end = self.now + delay
        return [(self.now, state), (end, replace(state, status=outcome, updated_at=end))]

    def _commit(self) -> None:
        for hostname, steps in self.staged.items():
            binding = self.existing.setdefault(hostname, Binding(self.zone.id, hostname))
            binding.history.change(*steps)
            self.store.unsaved.add(("binding", f"{self.zone.id}/{hostname}"))


def _read(entry: object) -> tuple[str, str, bool | None]:
    fields: dict[str, Any] = entry if isinstance(entry, dict) else {}
    hostname, cert_id = fields.get("hostname"), fields.get("cert_id")
    if not isinstance(hostname, str) or not 0 < len(hostname) <= 255:
        raise errors.INVALID_REQUEST("hostname must be a text of 1 to 255 characters")
    if not isinstance(cert_id, str) or not cert_id:
        raise errors.CERT_ID_REQUIRED()
    if "enabled" not in fields or not isinstance(fields["enabled"], (bool, type(None))):
        raise errors.INVALID_REQUEST("enabled must be true, false or null")
    return hostname.lower(), cert_id, fields["enabled"]
