"""One sandbox's whole state, and the views of it that the management interface gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox import answers, born, tokens
from sandbox.clock import FOREVER, Clock, Instant, stamp
from sandbox.edge_origins import Origin
from sandbox.faults import Faults, HeldRequests
from sandbox.journal import Journal
from sandbox.limits import Limits
from sandbox.quota import Quota
from sandbox.records import DELETED, HOSTNAME_LEVEL, ZONE_LEVEL, Zone
from sandbox.tokens import Token
from sandbox.world import World


@dataclass
class State:
    world: World
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
        return self.world.clock


def new_state(clock: Clock, limits: Limits) -> State:
    return State(World(clock, limits))


def populated(clock: Clock, limits: Limits) -> State:
    """A sandbox as at its first start."""
    state = new_state(clock, limits)
    born.populate(state.world)
    return state


def zone_named(world: World, text: str) -> Zone:
    """By id or by name; KeyError when there is none."""
    for zone in world.zones.values():
        if text in (zone.id, zone.name):
            return zone
    raise KeyError(text)


def whole_view(state: State) -> dict[str, Any]:
    """Everything but keys and tokens, in a stable order."""
    now = state.clock.now()
    zones = sorted(state.world.zones.values(), key=lambda zone: zone.name)
    return {
        "now": stamp(now),
        "frozen": state.clock.frozen,
        "limits": state.world.limits.as_json(),
        "tokens": sorted(
            (token.public() for token in state.tokens.values()),
            key=lambda token: str(token["name"]),
        ),
        "zones": [_zone_view(state.world, zone, now) for zone in zones],
    }


def _zone_view(world: World, zone: Zone, now: Instant) -> dict[str, Any]:
    bindings = [
        (name, row)
        for name, binding in sorted(world.bindings[zone.id].items())
        if (row := binding.row(now)) is not None
    ]
    return {
        "id": zone.id,
        "name": zone.name,
        "settings": {name: zone.setting(name, now).value for name in sorted(zone.settings)},
        "zone_certificates": _certificates_view(world, zone, ZONE_LEVEL, now),
        "hostname_certificates": _certificates_view(world, zone, HOSTNAME_LEVEL, now),
        "bindings": [
            {
                **answers.binding_row_json(name, row),
                "certificate_sha256": world.certificates[row.cert_id].sha256,
            }
            for name, row in bindings
        ],
    }


def _certificates_view(world: World, zone: Zone, level: str, now: Instant) -> list[dict[str, Any]]:
    found = [
        item
        for item in world.certificates.values()
        if (item.zone_id, item.level) == (zone.id, level)
    ]
    return [
        {**answers.certificate_json(item, item_state), "certificate_sha256": item.sha256}
        for item in sorted(found, key=lambda item: item.id)
        if (item_state := item.history.at(now)) is not None
    ]


def settled_view(world: World) -> dict[str, Any]:
    """What is left once every scheduled deployment and deletion has ended, without ids, instants
    and tombstones: equal before and after a run that leaves all as it was found."""
    zones = sorted(world.zones.values(), key=lambda zone: zone.name)
    return {zone.name: _settled_zone(world, zone) for zone in zones}


def _settled_zone(world: World, zone: Zone) -> dict[str, Any]:
    rows = [
        (name, row)
        for name, binding in sorted(world.bindings[zone.id].items())
        if (row := binding.row(FOREVER)) is not None
    ]
    settled: dict[str, Any] = {
        "settings": {name: zone.setting(name, FOREVER).value for name in sorted(zone.settings)},
        "bindings": {
            name: {
                "enabled": row.enabled,
                "status": row.status,
                "certificate_sha256": world.certificates[row.cert_id].sha256,
            }
            for name, row in rows
        },
    }
    for level in (ZONE_LEVEL, HOSTNAME_LEVEL):
        settled[f"{level}_certificates"] = {
            item.sha256: item.status(FOREVER)
            for item in sorted(world.certificates.values(), key=lambda item: item.sha256)
            if (item.zone_id, item.level) == (zone.id, level) and item.status(FOREVER) != DELETED
        }
    return settled
