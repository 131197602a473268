"""Tokens, their permissions, and the older e-mail and key."""

from __future__ import annotations

import pytest

from sandbox.records import ACCOUNT_ID
from sandbox.tokens import KEY_EMAIL, KEY_VALUE
from tests.sandbox.steps import BASE, HOSTNAME_CERTIFICATES, ZONE, refusal, result
from tests.sandbox_server import (
    READ_ONLY_TOKEN,
    TOKEN,
    ZONE_IDS,
    SandboxRefused,
    SandboxThread,
    certificate_for,
)

SSL = f"/zones/{ZONE}/settings/ssl"
KEY = {"X-Auth-Email": KEY_EMAIL, "X-Auth-Key": KEY_VALUE}
CERTIFICATES, SETTINGS = "SSL and Certificates", "Zone Settings"


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        pytest.param({}, 400, 9106, id="none"),
        pytest.param({"Authorization": TOKEN}, 400, 6003, id="no Bearer"),
        pytest.param({"Authorization": "Bearer"}, 400, 6003, id="empty"),
        pytest.param({"Authorization": "Bearer a token with spaces"}, 400, 6003, id="spaces"),
        pytest.param(
            {"Authorization": "Bearer somebody-elses-token-0123456789"}, 403, 9109, id="unknown"
        ),
        pytest.param(KEY | {"Authorization": f"Bearer {TOKEN}"}, 400, 6003, id="both styles"),
        pytest.param({"X-Auth-Email": KEY_EMAIL}, 400, 6003, id="e-mail alone"),
        pytest.param(KEY | {"X-Auth-Key": "short"}, 400, 6003, id="malformed key"),
        pytest.param(KEY | {"X-Auth-Key": "0" * 37}, 403, 9109, id="wrong key"),
    ],
)
def test_credentials_are_refused(
    sandbox: SandboxThread, headers: dict[str, str], status: int, code: int
) -> None:
    assert refusal(sandbox.call("GET", BASE, token=None, headers=headers)) == (status, code)


def test_a_malformed_header_is_explained_in_the_error_chain(sandbox: SandboxThread) -> None:
    answer = sandbox.call("GET", BASE, token=None, headers={"Authorization": TOKEN})
    chain = answer.json()["errors"][0]["error_chain"]
    assert chain == [{"code": 6111, "message": "Invalid format for Authorization header"}]


def test_the_older_email_and_key_are_accepted(sandbox: SandboxThread) -> None:
    assert result(sandbox.call("GET", BASE, token=None, headers=KEY))


@pytest.mark.parametrize(
    ("permissions", "method", "path", "body", "refused"),
    [
        ([f"{CERTIFICATES} Read"], "GET", BASE, None, None),
        ([f"{CERTIFICATES} Read"], "GET", f"{BASE}/settings", None, None),
        ([f"{CERTIFICATES} Read"], "POST", BASE, {}, (403, 10000)),
        ([f"{CERTIFICATES} Read"], "PUT", f"{BASE}/settings", {"enabled": True}, (403, 10000)),
        ([f"{CERTIFICATES} Write"], "GET", BASE, None, None),
        ([f"{CERTIFICATES} Edit"], "PUT", f"{BASE}/settings", {"enabled": True}, None),
        ([f"{CERTIFICATES} Edit"], "GET", SSL, None, (403, 9109)),
        ([f"{SETTINGS} Edit"], "GET", BASE, None, (403, 10000)),
        ([f"{SETTINGS} Edit"], "PUT", f"{BASE}/settings", {"enabled": True}, (403, 10000)),
        ([f"{SETTINGS} Edit"], "PATCH", SSL, {"value": "strict"}, None),
        ([f"{SETTINGS} Read"], "PATCH", SSL, {"value": "strict"}, (403, 9109)),
        ([f"{SETTINGS} Read"], "GET", SSL, None, None),
        ([f"{CERTIFICATES} Edit"], "GET", "/zones", None, (403, 9109)),
        (["Zone Read"], "GET", "/zones", None, None),
        (["Zone Read"], "GET", f"/zones/{ZONE}", None, None),
        ([f"{CERTIFICATES} Edit"], "GET", f"/zones/{ZONE}", None, (403, 9109)),
    ],
)
def test_a_token_may_do_what_its_permissions_say(
    sandbox: SandboxThread,
    permissions: list[str],
    method: str,
    path: str,
    body: object,
    refused: tuple[int, int] | None,
) -> None:
    sandbox.add_token("narrow", "narrow-token-0123456789", permissions=permissions)
    answer = sandbox.call(method, path, body, token="narrow-token-0123456789")
    assert (refusal(answer) if answer.status_code != 200 else None) == refused


@pytest.mark.parametrize(("path", "refused"), [(BASE, (403, 10000)), (SSL, (403, 9109))])
def test_a_token_for_some_zones_does_nothing_in_others(
    sandbox: SandboxThread, path: str, refused: tuple[int, int]
) -> None:
    other = ZONE_IDS["example.net"]
    sandbox.add_token("zoned", "zoned-token-0123456789", zones=[other])
    assert refusal(sandbox.call("GET", path, token="zoned-token-0123456789")) == refused
    result(sandbox.call("GET", path.replace(ZONE, other), token="zoned-token-0123456789"))
    zones = result(sandbox.call("GET", "/zones", token="zoned-token-0123456789"))
    assert [zone["id"] for zone in zones] == [other]


def test_the_read_only_token_changes_nothing(sandbox: SandboxThread) -> None:
    answer = sandbox.call("POST", HOSTNAME_CERTIFICATES, certificate_for(), token=READ_ONLY_TOKEN)
    assert refusal(answer) == (403, 10000)
    assert result(sandbox.call("GET", SSL, token=READ_ONLY_TOKEN))


def test_a_fresh_token_is_refused_for_some_seconds(sandbox: SandboxThread) -> None:
    sandbox.add_token("fresh", "fresh-token-0123456789", fresh_seconds=20)
    assert refusal(sandbox.call("GET", BASE, token="fresh-token-0123456789")) == (403, 10000)
    sandbox.advance(20)
    assert result(sandbox.call("GET", BASE, token="fresh-token-0123456789"))


USER_VERIFY, ACCOUNT_VERIFY = "/user/tokens/verify", f"/accounts/{ACCOUNT_ID}/tokens/verify"


@pytest.mark.parametrize(
    ("owner", "path", "works"),
    [
        ("user", USER_VERIFY, True),
        ("user", ACCOUNT_VERIFY, False),
        ("account", USER_VERIFY, False),
        ("account", ACCOUNT_VERIFY, True),
    ],
)
def test_a_token_is_verified_where_it_belongs(
    sandbox: SandboxThread, owner: str, path: str, works: bool
) -> None:
    sandbox.add_token("owned", "owned-token-0123456789", owner=owner)
    answer = sandbox.call("GET", path, token="owned-token-0123456789")
    assert answer.json()["success"] is works
    if not works:
        assert refusal(answer) == (401, 1000)


@pytest.mark.parametrize("status", ["disabled", "expired"])
def test_a_token_that_is_not_active_says_so_and_does_nothing(
    sandbox: SandboxThread, status: str
) -> None:
    sandbox.add_token("old", "old-token-0123456789", status=status)
    assert (
        result(sandbox.call("GET", USER_VERIFY, token="old-token-0123456789"))["status"] == status
    )
    assert refusal(sandbox.call("GET", BASE, token="old-token-0123456789")) == (403, 9109)


def test_an_unknown_permission_is_named(sandbox: SandboxThread) -> None:
    with pytest.raises(SandboxRefused, match="unknown permission: Everything"):
        sandbox.add_token("odd", "odd-token-0123456789", permissions=["Everything"])
