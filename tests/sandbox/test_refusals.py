"""Every error of the API, with its status and code."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

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
    refusal,
    result,
    upload,
)
from tests.sandbox_server import SandboxThread, certificate_for

NOBODY = "00000000-0000-4000-8000-000000000000"
SETTINGS = f"/zones/{ZONE}/settings"


def deleted_certificate(sandbox: SandboxThread) -> str:
    cert_id = active(sandbox)
    result(sandbox.call("DELETE", f"{HOSTNAME_CERTIFICATES}/{cert_id}"))
    return cert_id


def twice(sandbox: SandboxThread, collection: str) -> httpx.Response:
    path = f"{collection}/{active(sandbox, collection)}"
    result(sandbox.call("DELETE", path))
    return sandbox.call("DELETE", path)


Case = Callable[[SandboxThread], httpx.Response]
CASES: list[tuple[str, int, int, Case]] = [
    (
        "a binding without certificate",
        400,
        1404,
        lambda s: put(s, {"hostname": "www.example.com", "enabled": True}),
    ),
    (
        "a void without certificate",
        400,
        1404,
        lambda s: put(s, {"hostname": "www.example.com", "enabled": None}),
    ),
    ("a binding to nothing", 400, 1415, lambda s: put(s, entry("www.example.com", NOBODY))),
    (
        "a binding to a deleted certificate",
        400,
        1415,
        lambda s: put(s, entry("www.example.com", deleted_certificate(s))),
    ),
    (
        "a void naming a deleted certificate",
        400,
        1415,
        lambda s: put(s, entry("www.example.com", deleted_certificate(s), None)),
    ),
    (
        "a binding to a zone certificate",
        400,
        1415,
        lambda s: put(s, entry("www.example.com", active(s, ZONE_CERTIFICATES))),
    ),
    ("a binding without hostname", 400, 1494, lambda s: put(s, {"cert_id": legacy(s)})),
    (
        "a binding without enabled",
        400,
        1494,
        lambda s: put(s, {"hostname": "www.example.com", "cert_id": legacy(s)}),
    ),
    ("no bindings", 400, 1494, put),
    (
        "deleting what a hostname shows",
        400,
        1433,
        lambda s: s.call("DELETE", f"{HOSTNAME_CERTIFICATES}/{legacy(s)}"),
    ),
    (
        "deleting while deploying",
        400,
        1434,
        lambda s: s.call("DELETE", f"{HOSTNAME_CERTIFICATES}/{upload(s)['id']}"),
    ),
    (
        "deleting a zone certificate while deploying",
        400,
        1434,
        lambda s: s.call("DELETE", f"{BASE}/{upload(s, ZONE_CERTIFICATES)['id']}"),
    ),
    ("deleting a hostname certificate again", 400, 1414, lambda s: twice(s, HOSTNAME_CERTIFICATES)),
    ("deleting a zone certificate again", 400, 1414, lambda s: twice(s, ZONE_CERTIFICATES)),
    (
        "an unknown hostname certificate",
        404,
        1551,
        lambda s: s.call("GET", f"{HOSTNAME_CERTIFICATES}/{NOBODY}"),
    ),
    (
        "deleting an unknown hostname certificate",
        404,
        1551,
        lambda s: s.call("DELETE", f"{HOSTNAME_CERTIFICATES}/{NOBODY}"),
    ),
    ("an unknown zone certificate", 404, 1552, lambda s: s.call("GET", f"{BASE}/{NOBODY}")),
    (
        "deleting an unknown zone certificate",
        404,
        1552,
        lambda s: s.call("DELETE", f"{BASE}/{NOBODY}"),
    ),
    ("a hostname never bound", 404, 1553, lambda s: s.call("GET", f"{HOSTNAMES}/www.example.com")),
    (
        "a zone that is not there",
        404,
        7003,
        lambda s: s.call("GET", f"/zones/{'0' * 32}/origin_tls_client_auth"),
    ),
    (
        "a zone id that is none",
        404,
        7003,
        lambda s: s.call("GET", "/zones/example.com/settings/ssl"),
    ),
    ("a path that is not there", 404, 7003, lambda s: s.call("GET", "/zones/x/y/z")),
    ("a method that is not there", 405, 10405, lambda s: s.call("DELETE", HOSTNAMES)),
    ("an unknown setting", 400, 1006, lambda s: s.call("GET", f"{SETTINGS}/mirage")),
    (
        "a value that is none",
        400,
        1007,
        lambda s: s.call("PATCH", f"{SETTINGS}/ssl", {"value": "on"}),
    ),
    ("no value", 400, 1007, lambda s: s.call("PATCH", f"{SETTINGS}/tls_client_auth", {})),
    (
        "a switch that is no switch",
        400,
        1494,
        lambda s: s.call("PUT", f"{BASE}/settings", {"enabled": "on"}),
    ),
    ("a body that is no object", 400, 1494, lambda s: s.call("PUT", f"{BASE}/settings", [])),
    ("a page that is none", 400, 1494, lambda s: s.call("GET", HOSTNAMES, page="0")),
    ("a page too large", 400, 1494, lambda s: s.call("GET", HOSTNAMES, per_page="1001")),
    ("a status that is none", 400, 1494, lambda s: s.call("GET", HOSTNAMES, status="asleep")),
]


@pytest.mark.parametrize(
    ("status", "code", "case"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_the_api_refuses(sandbox: SandboxThread, status: int, code: int, case: Case) -> None:
    assert refusal(case(sandbox)) == (status, code)


def test_a_zone_certificate_deleted_again_says_so(sandbox: SandboxThread) -> None:
    text = twice(sandbox, ZONE_CERTIFICATES).json()["errors"][0]["message"]
    assert text == "Certificate is already deleted."


def test_the_eleventh_hostname_certificate_is_refused(sandbox: SandboxThread) -> None:
    for _ in range(9):
        upload(sandbox)
    assert refusal(sandbox.call("POST", HOSTNAME_CERTIFICATES, certificate_for())) == (400, 1492)
    for _ in range(12):
        upload(sandbox, ZONE_CERTIFICATES)


def test_a_certificate_in_use_can_be_deleted_once_the_row_is_gone(sandbox: SandboxThread) -> None:
    cert_id = active(sandbox)
    path = f"{HOSTNAME_CERTIFICATES}/{cert_id}"
    bind(sandbox, "www.example.com", cert_id)
    assert refusal(sandbox.call("DELETE", path)) == (400, 1433)
    result(put(sandbox, entry("www.example.com", cert_id, None)))
    assert refusal(sandbox.call("DELETE", path)) == (400, 1433)
    sandbox.advance(5)
    assert result(sandbox.call("DELETE", path))["status"] == "pending_deletion"


def test_a_setting_that_may_not_be_edited_says_1015(sandbox: SandboxThread) -> None:
    sandbox.not_editable("example.com", "ssl")
    assert result(sandbox.call("GET", f"{SETTINGS}/ssl"))["editable"] is False
    assert refusal(sandbox.call("PATCH", f"{SETTINGS}/ssl", {"value": "off"})) == (400, 1015)
