"""Of which certificates Cloudflare tells people: the notification policies of the accounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from providers.api.answers import Level
from providers.api.errors import CloudflareError
from providers.expiry_alert import LEVELS_OF_TYPES
from providers.plugin.session import Session

from ..plan.live import LiveZone
from .configuration import StackFile

Levels = frozenset[Level]


def told_levels(
    wanted: StackFile, zones: Iterable[LiveZone], run: Session
) -> Iterator[tuple[LiveZone, Levels | None]]:
    """Reads for each zone the levels of whose certificates its account tells somebody.

    None where that cannot be read, most often because the token may not: who asks is told of
    certificates all the same.
    """
    known: dict[tuple[str, str | None], Levels | None] = {}
    for zone in zones:
        account_id, token_env = _account_of(zone, run), zone.config.token_env
        alerts = wanted.environment.alerts
        if alerts is not None and alerts.account_id == account_id:
            token_env = alerts.token_env
        key = account_id, token_env
        if key not in known:
            known[key] = _levels(account_id, token_env, run) if account_id else None
        yield zone, known[key]


def _account_of(zone: LiveZone, run: Session) -> str:
    """The id of the account; "" where the zone cannot be listed."""
    try:
        found = run.client(zone.config.token_env).get("zones", name=zone.name).result
    except CloudflareError:
        return ""
    items = [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
    mine = next((item for item in items if item.get("id") == zone.config.zone_id), {})
    account = mine.get("account")
    return str(account.get("id") or "") if isinstance(account, dict) else ""


def _levels(account_id: str, token_env: str | None, run: Session) -> Levels | None:
    try:
        policies = run.account_run(account_id, token_env).account.policies()
    except CloudflareError:
        return None
    return frozenset(
        LEVELS_OF_TYPES[policy.alert_type]
        for policy in policies
        if policy.alert_type in LEVELS_OF_TYPES and policy.enabled and policy.destinations
    )
