"""The API's endpoints: paths, permissions and the work of each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import API_PREFIX, alerting, answers, errors
from sandbox.answers import success
from sandbox.bindings import BulkPut
from sandbox.front import Call, Front, Work
from sandbox.records import (
    ACCOUNT_ID,
    HOSTNAME_LEVEL,
    SETTING_VALUES,
    STATUSES,
    ZONE_LEVEL,
    ZONE_SWITCH,
    BindingState,
    CertificateState,
    Zone,
)
from sandbox.store import Store
from sandbox.tokens import (
    DNS,
    EDIT,
    NOTIFICATIONS,
    READ,
    SSL_AND_CERTIFICATES,
    ZONE,
    ZONE_SETTINGS,
    Token,
)

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def _zone(call: Call) -> Zone:
    assert call.zone is not None
    return call.zone


def _number(call: Call, name: str, default: int, lowest: int, highest: int) -> int:
    text = call.query.get(name, str(default))
    if not text.isdecimal() or not lowest <= int(text) <= highest:
        raise errors.INVALID_REQUEST(f"{name} must be a number from {lowest} to {highest}")
    return int(text)


# Certificates of both levels


def _list_certificates(level: str) -> Callable[[Call], dict[str, Any]]:
    def run(call: Call) -> dict[str, Any]:
        store = call.state.store
        then = store.clock.now() - store.limits.lag_time()
        found = [
            answers.certificate_json(item, state)
            for item in store.list_certificates(_zone(call), level, then)
            if (state := item.history.at(then)) is not None
        ]
        if not found:
            return success(None)
        page = _number(call, "page", 1, 1, 10**6)
        return success(*answers.page_of(found, page, answers.CERTIFICATES_PER_PAGE))

    return run


def _upload_certificate(level: str) -> Callable[[Call], dict[str, Any]]:
    def run(call: Call) -> dict[str, Any]:
        certificate, state = call.state.store.upload(_zone(call), level, call.json(), call.at_once)
        return success(answers.certificate_json(certificate, state))

    return run


def _get_certificate(level: str) -> Callable[[Call], dict[str, Any]]:
    def run(call: Call) -> dict[str, Any]:
        store = call.state.store
        certificate = store.certificate(_zone(call), level, call.parameters["certificate_id"])
        state = certificate.history.at(store.clock.now())
        assert isinstance(state, CertificateState)
        return success(answers.certificate_json(certificate, state))

    return run


def _delete_certificate(level: str) -> Callable[[Call], dict[str, Any]]:
    def run(call: Call) -> dict[str, Any]:
        store = call.state.store
        certificate = store.certificate(_zone(call), level, call.parameters["certificate_id"])
        return success(
            answers.certificate_json(certificate, store.delete(certificate, call.at_once))
        )

    return run


# Bindings


def _list_bindings(call: Call) -> dict[str, Any]:
    store = call.state.store
    page = _number(call, "page", 1, 1, 10**6)
    per_page = _number(call, "per_page", 50, 1, 1000)
    wanted = call.query.get("status", "active").split(",")
    if wanted != ["all"] and not set(wanted) <= set(STATUSES):
        raise errors.INVALID_REQUEST("status must be one status, a comma list, or all")
    then = store.clock.now() - store.limits.lag_time()
    rows = [
        answers.binding_row_json(name, row)
        for name, binding in sorted(store.bindings[_zone(call).id].items())
        if (row := binding.row(then)) is not None and (wanted == ["all"] or row.status in wanted)
    ]
    return success(*answers.page_of(rows, page, per_page))


def _put_bindings(call: Call) -> dict[str, Any]:
    store = call.state.store
    entries = BulkPut(store, _zone(call), call.at_once).apply(call.json().get("config"))
    rows = [_binding(call, hostname, row) for hostname, row in entries]
    if store.limits.put_dates_certificates:
        rows = [{**row, "updated_at": row["cert_updated_at"]} for row in rows]
    return success(rows)


def _get_binding(call: Call) -> dict[str, Any]:
    store = call.state.store
    hostname = call.parameters["hostname"].lower()
    binding = store.bindings[_zone(call).id].get(hostname)
    row = binding.row(store.clock.now()) if binding else None
    if row is None:
        raise errors.HOSTNAME_NOT_FOUND()
    return success(_binding(call, hostname, row))


def _binding(call: Call, hostname: str, row: BindingState) -> dict[str, Any]:
    store = call.state.store
    return answers.binding_json(hostname, row, store.certificates[row.cert_id], store.clock.now())


# Switches and settings


def _get_switch(call: Call) -> dict[str, Any]:
    state = _zone(call).setting(ZONE_SWITCH, call.state.clock.now())
    return success({"enabled": state.value == "on"})


def _put_switch(call: Call) -> dict[str, Any]:
    enabled = call.state.store.set_switch(_zone(call), call.json().get("enabled"))
    return success({"enabled": enabled})


def _setting_name(call: Call) -> str:
    name = call.parameters["setting_id"]
    if name not in SETTING_VALUES:
        raise errors.UNKNOWN_SETTING()
    return name


def _get_setting(call: Call) -> dict[str, Any]:
    name, zone = _setting_name(call), _zone(call)
    state = zone.setting(name, call.state.clock.now())
    return success(answers.setting_json(name, state, name not in zone.not_editable))


def _patch_setting(call: Call) -> dict[str, Any]:
    name = _setting_name(call)
    state = call.state.store.set_setting(_zone(call), name, call.json().get("value"))
    return success(answers.setting_json(name, state, True))


# Zones and tokens


def _list_dns_records(call: Call) -> dict[str, Any]:
    zone = _zone(call)
    page = _number(call, "page", 1, 1, 10**6)
    per_page = _number(call, "per_page", 100, 1, 5_000_000)
    found = [answers.dns_record_json(zone, record) for record in zone.dns_records]
    return success(*answers.page_of(found, page, per_page))


def _permissions(token: Token) -> list[str]:
    return sorted("#" + text.lower().replace(" ", "_") for text in token.permissions)


def _get_zone(call: Call) -> dict[str, Any]:
    assert call.token is not None
    return success(answers.zone_json(_zone(call), _permissions(call.token)))


def _list_zones(call: Call) -> dict[str, Any]:
    assert call.token is not None
    token, query = call.token, call.query
    page = _number(call, "page", 1, 1, 10**6)
    per_page = _number(call, "per_page", 20, 5, 50)
    found = [
        zone
        for zone in call.state.store.zones.values()
        if (token.zones is None or zone.id in token.zones)
        and query.get("name", zone.name).lower() == zone.name
        and query.get("status", zone.status) == zone.status
        and query.get("account.id", ACCOUNT_ID) == ACCOUNT_ID
    ]
    permissions = _permissions(token)
    shown = [
        answers.zone_json(zone, permissions) for zone in sorted(found, key=lambda zone: zone.name)
    ]
    return success(*answers.page_of(shown, page, per_page))


def _verify_user_token(call: Call) -> dict[str, Any]:
    return _verify(call, "user")


def _verify_account_token(call: Call) -> dict[str, Any]:
    _account_store(call)
    return _verify(call, "account")


def _verify(call: Call, owner: str) -> dict[str, Any]:
    assert call.token is not None
    if call.token.email is not None or call.token.owner != owner:
        raise errors.NOT_A_USER_TOKEN()
    return success({"id": call.token.id, "status": call.token.status})


# Notifications of the account


def _account_store(call: Call) -> Store:
    if call.parameters["account_id"] != ACCOUNT_ID:
        raise errors.no_route(API_PREFIX + call.path)
    return call.state.store


def _list_policies(call: Call) -> dict[str, Any]:
    store = _account_store(call)
    then = store.clock.now() - store.limits.lag_time()
    return success([alerting.policy_json(*pair) for pair in alerting.policies(store, then)])


def _create_policy(call: Call) -> dict[str, Any]:
    return success({"id": alerting.create(_account_store(call), call.json()).id})


def _get_policy(call: Call) -> dict[str, Any]:
    pair = alerting.policy(_account_store(call), call.parameters["policy_id"])
    return success(alerting.policy_json(*pair))


def _update_policy(call: Call) -> dict[str, Any]:
    policy_id = call.parameters["policy_id"]
    return success({"id": alerting.update(_account_store(call), policy_id, call.json()).id})


def _delete_policy(call: Call) -> dict[str, Any]:
    alerting.delete(_account_store(call), call.parameters["policy_id"])
    # As documented: an envelope without a result.
    return {key: value for key, value in success(None).items() if key != "result"}


def _list_available_alerts(call: Call) -> dict[str, Any]:
    _account_store(call)
    return success(alerting.available_json())


def _list_eligible_destinations(call: Call) -> dict[str, Any]:
    return success(alerting.eligible_json(_account_store(call)))


def _list_destinations(mechanism: str) -> Callable[[Call], dict[str, Any]]:
    def run(call: Call) -> dict[str, Any]:
        found = _account_store(call).account.destinations[mechanism]
        return success([{"id": key, "name": name} for key, name in found.items()])

    return run


def _certificate_works(level: str) -> tuple[dict[str, Work], dict[str, Work]]:
    """The methods of a level's collection of certificates, and of one of them."""
    return (
        {
            "GET": Work(_list_certificates(level), SSL_AND_CERTIFICATES, READ),
            "POST": Work(_upload_certificate(level), SSL_AND_CERTIFICATES, EDIT, serialised=True),
        },
        {
            "GET": Work(_get_certificate(level), SSL_AND_CERTIFICATES, READ),
            "DELETE": Work(_delete_certificate(level), SSL_AND_CERTIFICATES, EDIT, serialised=True),
        },
    )


ZONE_CERTIFICATES, ZONE_CERTIFICATE = _certificate_works(ZONE_LEVEL)
HOSTNAME_CERTIFICATES, HOSTNAME_CERTIFICATE = _certificate_works(HOSTNAME_LEVEL)
BASE = "/zones/{zone_id}/origin_tls_client_auth"
ALERTING = "/accounts/{account_id}/alerting/v3"

# In order: a fixed word comes before a parameter in its place.
PATHS: list[tuple[str, dict[str, Work]]] = [
    (BASE, ZONE_CERTIFICATES),
    (
        f"{BASE}/settings",
        {
            "GET": Work(_get_switch, SSL_AND_CERTIFICATES, READ),
            "PUT": Work(_put_switch, SSL_AND_CERTIFICATES, EDIT),
        },
    ),
    (
        f"{BASE}/hostnames",
        {
            "GET": Work(_list_bindings, SSL_AND_CERTIFICATES, READ),
            "PUT": Work(_put_bindings, SSL_AND_CERTIFICATES, EDIT),
        },
    ),
    (f"{BASE}/hostnames/certificates", HOSTNAME_CERTIFICATES),
    (f"{BASE}/hostnames/certificates/{{certificate_id}}", HOSTNAME_CERTIFICATE),
    (f"{BASE}/hostnames/{{hostname}}", {"GET": Work(_get_binding, SSL_AND_CERTIFICATES, READ)}),
    (f"{BASE}/{{certificate_id}}", ZONE_CERTIFICATE),
    (
        "/zones/{zone_id}/settings/{setting_id}",
        {
            "GET": Work(_get_setting, ZONE_SETTINGS, READ),
            "PATCH": Work(_patch_setting, ZONE_SETTINGS, EDIT),
        },
    ),
    ("/zones/{zone_id}/dns_records", {"GET": Work(_list_dns_records, DNS, READ)}),
    ("/zones", {"GET": Work(_list_zones, ZONE, READ)}),
    ("/zones/{zone_id}", {"GET": Work(_get_zone, ZONE, READ)}),
    ("/user/tokens/verify", {"GET": Work(_verify_user_token, None)}),
    ("/accounts/{account_id}/tokens/verify", {"GET": Work(_verify_account_token, None)}),
    (
        f"{ALERTING}/policies",
        {
            "GET": Work(_list_policies, NOTIFICATIONS, READ),
            "POST": Work(_create_policy, NOTIFICATIONS, EDIT),
        },
    ),
    (
        f"{ALERTING}/policies/{{policy_id}}",
        {
            "GET": Work(_get_policy, NOTIFICATIONS, READ),
            "PUT": Work(_update_policy, NOTIFICATIONS, EDIT),
            "DELETE": Work(_delete_policy, NOTIFICATIONS, EDIT),
        },
    ),
    (
        f"{ALERTING}/available_alerts",
        {"GET": Work(_list_available_alerts, NOTIFICATIONS, READ)},
    ),
    (
        f"{ALERTING}/destinations/eligible",
        {"GET": Work(_list_eligible_destinations, NOTIFICATIONS, READ)},
    ),
    (
        f"{ALERTING}/destinations/webhooks",
        {"GET": Work(_list_destinations("webhooks"), NOTIFICATIONS, READ)},
    ),
    (
        f"{ALERTING}/destinations/pagerduty",
        {"GET": Work(_list_destinations("pagerduty"), NOTIFICATIONS, READ)},
    ),
    ("/{rest:path}", {}),
]


def routes(front: Front) -> list[Route]:
    def endpoint(works: dict[str, Work]) -> Callable[[Request], Awaitable[Response]]:
        async def serve(request: Request) -> Response:
            return await front.serve(request, works)

        return serve

    return [Route(API_PREFIX + path, endpoint(works), methods=METHODS) for path, works in PATHS]
