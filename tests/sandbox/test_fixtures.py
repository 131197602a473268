"""The sandbox's answers beside recorded and published ones, where `../shared` has them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.sandbox.schema import SHARED
from tests.sandbox.steps import (
    BASE,
    HOSTNAME_CERTIFICATES,
    HOSTNAMES,
    ZONE,
    ZONE_CERTIFICATES,
    active,
    bind,
    entry,
    legacy,
    put,
    upload,
)
from tests.sandbox_server import SandboxThread, certificate_for

FIXTURES = SHARED / "fixtures"
WRONG = {
    "cloudflare-go/list_hostname_certificates.response.json",  # shows bindings
    "seed/put_hostnames_enable.response.json",  # names the certificate's times otherwise
}
pytestmark = pytest.mark.skipif(
    not FIXTURES.is_dir(), reason="no ../shared beside the checkout; test_contract.py stands in"
)


def read_published(folder: str) -> list[Any]:
    """(file, method, path, status) of the fixtures in a folder."""
    index = FIXTURES / "index.json"
    rows = json.loads(index.read_text()) if index.exists() else []
    return [
        pytest.param(row, id=row["file"].split("/")[1].removesuffix(".json"))
        for row in rows
        if row["file"].startswith(folder + "/")
        and row["role"] == "response"
        and row["file"] not in WRONG
    ]


def answer_like(sandbox: SandboxThread, method: str, path: str, body: Any) -> Any:
    """What the sandbox answers to the request that a fixture answers."""
    path = re.sub(r"^/zones/[^/]+", f"/zones/{ZONE}", path).split("?")[0]
    settled = active(sandbox)
    bind(sandbox, "app.example.com", settled)
    if path == HOSTNAMES and method == "PUT":
        return put(sandbox, entry("app.example.com", settled)).json()
    if re.search(r"/hostnames/certificates/", path):
        unbound = active(sandbox)
        return sandbox.call(method, f"{HOSTNAME_CERTIFICATES}/{unbound}").json()
    if re.search(r"/hostnames/[^/]+$", path) and not path.endswith("certificates"):
        return sandbox.call("GET", f"{HOSTNAMES}/app.example.com").json()
    if re.search(r"origin_tls_client_auth/[^/]{20,}$", path):
        return sandbox.call(method, f"{BASE}/{active(sandbox, ZONE_CERTIFICATES)}").json()
    if method == "POST":
        return sandbox.call("POST", path, certificate_for()).json()
    request = {
        "PUT": {"enabled": True},
        "PATCH": {"value": body["result"].get("value")}
        if isinstance(body["result"], dict)
        else None,
    }.get(method)
    return sandbox.call(method, path, request).json()


def shape(value: Any) -> Any:
    """Names and types; of a list, those of its first item."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value[:1]]
    return type(value).__name__


def lacks(ours: Any, theirs: Any, where: str = "") -> list[str]:
    """What their answer has and ours has not, or has of another type."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return [
            line
            for name, item in theirs.items()
            for line in (
                lacks(ours[name], item, f"{where}.{name}")
                if name in ours
                else [f"{where}.{name} is missing"]
            )
        ]
    if isinstance(theirs, list) and isinstance(ours, list) and theirs and ours:
        return lacks(ours[0], theirs[0], f"{where}[0]")
    return (
        []
        if type(ours) is type(theirs) and (isinstance(ours, (dict, list)) or ours == theirs)
        else [f"{where}: {ours}, they: {theirs}"]
    )


def compare(sandbox: SandboxThread, row: Any) -> tuple[Any, Any]:
    theirs = json.loads((FIXTURES / row["file"]).read_text())
    return shape(answer_like(sandbox, row["method"], row["path"], theirs)), shape(theirs)


@pytest.mark.parametrize("row", read_published("recorded"))
def test_an_answer_has_the_fields_of_the_recorded_one_and_no_other(
    sandbox: SandboxThread, row: Any
) -> None:
    sandbox.outside("PATCH", f"/zones/{ZONE}/settings/ssl", {"value": "strict"})
    sandbox.outside("PATCH", f"/zones/{ZONE}/settings/tls_client_auth", {"value": "off"})
    ours, theirs = compare(sandbox, row)
    assert ours == theirs


@pytest.mark.parametrize("row", read_published("cloudflare-go"))
def test_an_answer_has_the_fields_that_cloudflare_go_expects(
    sandbox: SandboxThread, row: Any
) -> None:
    sandbox.outside("PATCH", f"/zones/{ZONE}/settings/tls_client_auth", {"value": "off"})
    ours, theirs = compare(sandbox, row)
    assert lacks(ours, theirs) == []


def test_the_list_of_bindings_has_the_published_fields(sandbox: SandboxThread) -> None:
    name = "derived/list_hostname_associations.response.json"
    theirs = shape(json.loads((FIXTURES / name).read_text()))
    assert shape(sandbox.call("GET", HOSTNAMES).json()) == theirs


def throttle(sandbox: SandboxThread) -> httpx.Response:
    sandbox.limits(quota_requests=1)
    sandbox.call("GET", BASE)
    return sandbox.call("GET", BASE)


def again(sandbox: SandboxThread, collection: str) -> httpx.Response:
    path = f"{collection}/{active(sandbox, collection)}"
    sandbox.call("DELETE", path)
    return sandbox.call("DELETE", path)


def duplicate(sandbox: SandboxThread) -> httpx.Response:
    pair = certificate_for()
    upload(sandbox, pair=pair)
    return sandbox.call("POST", HOSTNAME_CERTIFICATES, pair)


ERRORS: dict[str, Callable[[SandboxThread], httpx.Response]] = {
    "1404_certificate_id_required": lambda s: put(s, {"hostname": "a.b", "enabled": True}),
    "1406_already_exists": duplicate,
    "1408_unable_to_parse": lambda s: s.call(
        "POST", BASE, certificate_for() | {"certificate": "x"}
    ),
    "1412_only_leaf": lambda s: s.call(
        "POST", BASE, certificate_for() | {"certificate": s.shared()["ca"]}
    ),
    "1414_pending_deletion": lambda s: again(s, HOSTNAME_CERTIFICATES),
    "1415_invalid_certificate_id": lambda s: put(s, entry("a.example.com", "x")),
    "1433_in_use": lambda s: s.call("DELETE", f"{HOSTNAME_CERTIFICATES}/{legacy(s)}"),
    "1434_pending_deployment": lambda s: s.call(
        "DELETE", f"{HOSTNAME_CERTIFICATES}/{upload(s)['id']}"
    ),
    "1551_certificate_not_found": lambda s: s.call("GET", f"{HOSTNAME_CERTIFICATES}/x"),
    "1552_certificate_not_found": lambda s: s.call("GET", f"{BASE}/x"),
    "1553_hostname_setting_not_found": lambda s: s.call("GET", f"{HOSTNAMES}/a.example.com"),
    "400_1007_invalid_zone_setting": lambda s: s.call(
        "PATCH", f"/zones/{ZONE}/settings/ssl", {"value": "x"}
    ),
    "400_6003_invalid_headers": lambda s: s.call("GET", BASE, token="no token"),
    "400_already_deleted": lambda s: again(s, ZONE_CERTIFICATES),
    "403_10000_authentication": lambda s: s.call(
        "PUT", f"{BASE}/settings", {"enabled": True}, token="sandbox-token-read-only"
    ),
    "403_9109_unauthorized": lambda s: s.call("GET", BASE, token="unknown-token-0123456789"),
    "404_7003_no_route": lambda s: s.call("GET", "/zones/x/origin_tls_client_auth"),
    "429_971_throttle": throttle,
}


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_has_the_code_text_and_envelope_of_the_published_one(
    sandbox: SandboxThread, name: str
) -> None:
    index = json.loads((FIXTURES / "index.json").read_text())
    status = next(row["status"] for row in index if row["file"] == f"errors/{name}.json")
    theirs = json.loads((FIXTURES / "errors" / f"{name}.json").read_text())
    answer = ERRORS[name](sandbox)
    ours = answer.json()
    assert (answer.status_code, set(ours)) == (status, set(theirs))
    assert [error["code"] for error in ours["errors"]] == [
        error["code"] for error in theirs["errors"]
    ]
    assert theirs["errors"][0]["message"].lower() in ours["errors"][0]["message"].lower()
