"""One sandbox's whole state, and the views of it that the management interface gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox import alerting, answers, seed, tokens
from sandbox.clock import FOREVER, Clock, Instant, stamp
from sandbox.edge_origins import Origin
from sandbox.faults import Faults, HeldRequests
from sandbox.journal import Journal
from sandbox.limits import Limits
from sandbox.quota import Quota
from sandbox.records import DELETED, HOSTNAME_LEVEL, ZONE_LEVEL, Zone
from sandbox.store import Store
from sandbox.tokens import Token


@dataclass
class State:
    store: Store
    journal: Journal = field(default_factory=Journal)
    faults: Faults = field(default_factory=Faults)
    quota: Quota = field(default_factory=Quota)
    held: HeldRequests = field(default_factory=HeldRequests)
    origins: dict[str, Origin] = field(default_factory=dict)
    tokens: dict[str, Token] = field(
        default_factory=lambda: {token.name: token for token in tokens.built_in()}
    )

    @property
    def clock(self) -> Clock:
        return self.store.clock


def new_state(clock: Clock, limits: Limits) -> State:
    return State(Store(clock, limits))


def populate(clock: Clock, limits: Limits) -> State:
    """Makes a sandbox as at its first start."""
    state = new_state(clock, limits)
    seed.populate(state.store)
    return state


def zone_named(store: Store, text: str) -> Zone:
    """By id or by name; KeyError when there is none."""
    for zone in store.zones.values():
        if text in (zone.id, zone.name):
            return zone
    raise KeyError(text)


def whole_view(state: State) -> dict[str, Any]:
    """Everything but keys and tokens, in a stable order."""
    now = state.clock.now()
    zones = sorted(state.store.zones.values(), key=lambda zone: zone.name)
    return {
        "now": stamp(now),
        "frozen": state.clock.frozen,
        "limits": state.store.limits.as_json(),
        "tokens": sorted(
            (token.public() for token in state.tokens.values()),
            key=lambda token: str(token["name"]),
        ),
        "account": _account_view(state.store, now),
        "zones": [_zone_view(state.store, zone, now) for zone in zones],
    }


def _account_view(store: Store, now: Instant) -> dict[str, Any]:
    return {
        "id": store.account.id,
        "eligible": store.account.eligible,
        "destinations": store.account.destinations,
        "policies": [alerting.policy_json(*pair) for pair in alerting.policies(store, now)],
    }


def _zone_view(store: Store, zone: Zone, now: Instant) -> dict[str, Any]:
    bindings = [
        (name, row)
        for name, binding in sorted(store.bindings[zone.id].items())
        if (row := binding.row(now)) is not None
    ]
    return {
        "id": zone.id,
        "name": zone.name,
        "settings": {name: zone.setting(name, now).value for name in sorted(zone.settings)},
        "zone_certificates": _certificates_view(store, zone, ZONE_LEVEL, now),
        "hostname_certificates": _certificates_view(store, zone, HOSTNAME_LEVEL, now),
        "bindings": [
            {
                **answers.binding_row_json(name, row),
                "certificate_sha256": store.certificates[row.cert_id].sha256,
            }
            for name, row in bindings
        ],
    }


def _certificates_view(store: Store, zone: Zone, level: str, now: Instant) -> list[dict[str, Any]]:
    found = [
        item
        for item in store.certificates.values()
        if (item.zone_id, item.level) == (zone.id, level)
    ]
    return [
        {**answers.certificate_json(item, item_state), "certificate_sha256": item.sha256}
        for item in sorted(found, key=lambda item: item.id)
        if (item_state := item.history.at(now)) is not None
    ]


def settled_view(store: Store) -> dict[str, Any]:
    """What is left once every scheduled deployment and deletion has ended, without ids, instants
    and tombstones: equal before and after a run that leaves all as it was found."""
    zones = sorted(store.zones.values(), key=lambda zone: zone.name)
    settled: dict[str, Any] = {zone.name: _settled_zone(store, zone) for zone in zones}
    return settled | {"policies": alerting.settled_view(store, FOREVER)}


def _settled_zone(store: Store, zone: Zone) -> dict[str, Any]:
    rows = [
        (name, row)
        for name, binding in sorted(store.bindings[zone.id].items())
        if (row := binding.row(FOREVER)) is not None
    ]
    settled: dict[str, Any] = {
        "settings": {name: zone.setting(name, FOREVER).value for name in sorted(zone.settings)},
        "bindings": {
            name: {
                "enabled": row.enabled,
                "status": row.status,
                "certificate_sha256": store.certificates[row.cert_id].sha256,
            }
            for name, row in rows
        },
    }
    for level in (ZONE_LEVEL, HOSTNAME_LEVEL):
        settled[f"{level}_certificates"] = {
            item.sha256: item.status(FOREVER)
            for item in sorted(store.certificates.values(), key=lambda item: item.sha256)
            if (item.zone_id, item.level) == (zone.id, level) and item.status(FOREVER) != DELETED
        }
    return settled
