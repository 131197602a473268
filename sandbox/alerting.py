"""Notifications of the account: what they may be about, where they may go, and the policies."""

from __future__ import annotations

import uuid
from typing import Any

from sandbox import errors
from sandbox.clock import Instant, rfc3339
from sandbox.records import Policy, PolicyState
from sandbox.store import Store

# By Cloudflare's category. What the sandbox does not have is an unknown alert type.
AVAILABLE = {
    "SSL/TLS": {
        "universal_ssl_event_type": "Universal SSL Alert",
        "hostname_aop_custom_certificate_expiration_type": (
            "Hostname-level Authenticated Origin Pulls Certificate Expiration Alert"
        ),
        "zone_aop_custom_certificate_expiration_type": (
            "Zone-level Authenticated Origin Pulls Certificate Expiration Alert"
        ),
    },
    "Origin Monitoring": {"real_origin_monitoring": "Passive Origin Monitoring Alert"},
}
ALERT_TYPES = frozenset(kind for kinds in AVAILABLE.values() for kind in kinds)
MECHANISMS = ("email", "webhooks", "pagerduty")


def available_json() -> dict[str, Any]:
    return {
        category: [
            {"type": kind, "display_name": name, "description": name, "filter_options": []}
            for kind, name in kinds.items()
        ]
        for category, kinds in AVAILABLE.items()
    }


def eligible_json(store: Store) -> dict[str, Any]:
    words = {"email": "email", "webhooks": "webhook", "pagerduty": "pagerduty"}
    return {
        mechanism: [
            {
                "eligible": mechanism in store.account.eligible,
                "ready": True,
                "type": words[mechanism],
            }
        ]
        for mechanism in MECHANISMS
    }


def policy_json(policy: Policy, state: PolicyState) -> dict[str, Any]:
    return {
        "id": policy.id,
        "name": state.name,
        "alert_type": state.alert_type,
        "description": state.description,
        "enabled": state.enabled,
        "mechanisms": state.mechanisms,
        "filters": state.filters,
        "created": rfc3339(policy.created),
        "modified": rfc3339(state.modified),
    }


def policies(store: Store, instant: Instant) -> list[tuple[Policy, PolicyState]]:
    """Lists the policies that exist at `instant`, oldest first."""
    found = [(policy, policy.history.at(instant)) for policy in store.account.policies.values()]
    alive = [(policy, state) for policy, state in found if state and not state.is_deleted]
    return sorted(alive, key=lambda pair: pair[0].created)


def policy(store: Store, policy_id: str) -> tuple[Policy, PolicyState]:
    found = store.account.policies.get(policy_id)
    state = found.history.at(store.clock.now()) if found else None
    if found is None or state is None or state.is_deleted:
        raise errors.POLICY_NOT_FOUND()
    return found, state


def create(store: Store, body: dict[str, Any]) -> Policy:
    for name in ("name", "alert_type", "enabled", "mechanisms"):
        if name not in body:
            raise errors.INVALID_POLICY(f"{name} is required")
    now = store.clock.tick()
    blank = PolicyState("", "", False, {}, now)
    made = Policy(str(uuid.uuid4()), now)
    made.history.change((now, _change(store, blank, body, now)))
    store.account.policies[made.id] = made
    store.unsaved.add(("account", store.account.id))
    return made


def update(store: Store, policy_id: str, body: dict[str, Any]) -> Policy:
    """Changes what the body names; the rest of the policy stays as it was."""
    found, state = policy(store, policy_id)
    now = store.clock.tick()
    found.history.change((now, _change(store, state, body, now)))
    store.unsaved.add(("account", store.account.id))
    return found


def delete(store: Store, policy_id: str) -> None:
    found, state = policy(store, policy_id)
    now = store.clock.tick()
    gone = PolicyState(**{**vars(state), "modified": now, "is_deleted": True})
    found.history.change((now, gone))
    store.unsaved.add(("account", store.account.id))


def _change(store: Store, state: PolicyState, body: dict[str, Any], now: Instant) -> PolicyState:
    fields = ("name", "alert_type", "enabled", "mechanisms", "description", "filters")
    new = {**vars(state), **{name: body[name] for name in fields if name in body}}
    if new["alert_type"] not in ALERT_TYPES:
        raise errors.UNKNOWN_ALERT_TYPE()
    if not isinstance(new["name"], str) or not new["name"]:
        raise errors.INVALID_POLICY("name must be a text")
    if not isinstance(new["enabled"], bool):
        raise errors.INVALID_POLICY("enabled must be true or false")
    _check_mechanisms(store, new["mechanisms"])
    return PolicyState(**{**new, "modified": now})


def _check_mechanisms(store: Store, mechanisms: object) -> None:
    if not isinstance(mechanisms, dict) or not any(mechanisms.values()):
        raise errors.INVALID_POLICY("mechanisms must name at least one destination")
    account = store.account
    for mechanism, destinations in mechanisms.items():
        if mechanism not in MECHANISMS:
            raise errors.INVALID_POLICY(f"{mechanism} is not a mechanism")
        if not isinstance(destinations, list):
            raise errors.INVALID_POLICY(f"{mechanism} must be a list")
        if destinations and mechanism not in account.eligible:
            raise errors.NOT_ELIGIBLE(f"The account is not eligible for {mechanism}")
        known = account.destinations.get(mechanism)
        for destination in destinations:
            target = destination.get("id") if isinstance(destination, dict) else None
            if not isinstance(target, str) or (known is None and "@" not in target):
                raise errors.INVALID_POLICY(f"{mechanism} must be a list of objects with an id")
            if known is not None and target not in known:
                raise errors.NO_SUCH_DESTINATION(f"The account has no such destination: {target}")


def settled_view(store: Store, instant: Instant) -> dict[str, list[dict[str, Any]]]:
    """Policies by name and type, without ids and instants; two of one name stand twice."""
    found: dict[str, list[dict[str, Any]]] = {}
    for _, state in policies(store, instant):
        what = {"enabled": state.enabled, "mechanisms": state.mechanisms}
        found.setdefault(f"{state.name} ({state.alert_type})", []).append(what)
    return found
