"""Lists: pages, filters, emptiness and lag."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.steps import (
    DEPLOY,
    HOSTNAME_CERTIFICATES,
    HOSTNAMES,
    ZONE_CERTIFICATES,
    active,
    bind,
    entry,
    legacy,
    put,
    result,
    upload,
)
from tests.sandbox_server import Json, SandboxThread


def hostnames(sandbox: SandboxThread, **query: Any) -> list[str]:
    return [row["hostname"] for row in result(sandbox.call("GET", HOSTNAMES, **query))]


@pytest.mark.parametrize("path", ["", "/hostnames/certificates"], ids=["zone", "hostname"])
def test_an_empty_list_of_certificates_is_null(sandbox: SandboxThread, path: str) -> None:
    zone_id = sandbox.add_zone("example.edu", empty=True)
    body = sandbox.call("GET", f"/zones/{zone_id}/origin_tls_client_auth{path}").json()
    assert body["result"] is None


def test_an_empty_list_of_bindings_is_a_list(sandbox: SandboxThread) -> None:
    zone_id = sandbox.add_zone("example.edu", empty=True)
    body = sandbox.call("GET", f"/zones/{zone_id}/origin_tls_client_auth/hostnames").json()
    assert body["result"] == []
    assert body["result_info"]["total_count"] == 0


def test_bindings_come_in_pages(sandbox: SandboxThread) -> None:
    cert_id = active(sandbox)
    result(put(sandbox, *[entry(f"h{n:02}.example.com", cert_id) for n in range(60)]))
    sandbox.advance(DEPLOY)
    first = sandbox.call("GET", HOSTNAMES).json()
    assert first["result_info"] == {
        "count": 50,
        "page": 1,
        "per_page": 50,
        "total_count": 61,
        "total_pages": 2,
    }
    second = hostnames(sandbox, page="2")
    assert len(second) == 11
    assert "h00.example.com" not in second
    assert hostnames(sandbox, page="3") == []
    assert len(hostnames(sandbox, per_page="1000")) == 61


@pytest.mark.parametrize(
    ("status", "seen"),
    [
        (None, ["legacy.example.com"]),
        ("active", ["legacy.example.com"]),
        ("pending_deployment", ["new.example.com"]),
        ("pending_deletion", ["old.example.com"]),
        ("pending_deletion,pending_deployment", ["new.example.com", "old.example.com"]),
        ("all", ["legacy.example.com", "new.example.com", "old.example.com"]),
    ],
)
def test_bindings_are_listed_by_status(
    sandbox: SandboxThread, status: str | None, seen: list[str]
) -> None:
    cert_id = active(sandbox)
    bind(sandbox, "old.example.com", cert_id)
    result(put(sandbox, entry("old.example.com", cert_id, None), entry("new.example.com", cert_id)))
    assert hostnames(sandbox, **({"status": status} if status else {})) == seen


def test_more_than_fifty_zone_certificates_take_two_pages(sandbox: SandboxThread) -> None:
    for _ in range(50):
        upload(sandbox, ZONE_CERTIFICATES)
    first = sandbox.call("GET", ZONE_CERTIFICATES).json()
    assert (first["result_info"]["total_pages"], len(first["result"])) == (2, 50)
    assert len(result(sandbox.call("GET", ZONE_CERTIFICATES, page="2"))) == 1


def test_a_lagging_list_shows_the_world_as_it_was(sandbox: SandboxThread) -> None:
    old, new = active(sandbox), active(sandbox)
    bind(sandbox, "www.example.com", old)
    sandbox.advance(60)
    sandbox.limits(list_lag=30)

    result(put(sandbox, entry("www.example.com", new)))
    result(sandbox.call("DELETE", f"{HOSTNAME_CERTIFICATES}/{old}"))
    late = upload(sandbox)["id"]
    sandbox.advance(DEPLOY)

    def read_list() -> tuple[str, list[str]]:
        rows: list[Json] = result(sandbox.call("GET", HOSTNAMES, status="all"))
        shown = next(row["cert_id"] for row in rows if row["hostname"] == "www.example.com")
        found = result(sandbox.call("GET", HOSTNAME_CERTIFICATES))
        return shown, [item["id"] for item in found]

    assert read_list()[0] == old
    assert old in read_list()[1]
    assert late not in read_list()[1]
    assert result(sandbox.call("GET", f"{HOSTNAMES}/www.example.com"))["cert_id"] == new
    assert result(sandbox.call("GET", f"{HOSTNAME_CERTIFICATES}/{late}"))["status"] == "active"
    sandbox.advance(30)
    assert read_list()[0] == new
    assert old not in read_list()[1]
    assert late in read_list()[1]


def test_what_was_there_at_first_is_listed_though_lists_lag(sandbox: SandboxThread) -> None:
    sandbox.limits(list_lag=3600)
    assert hostnames(sandbox) == ["legacy.example.com"]
    listed = result(sandbox.call("GET", HOSTNAME_CERTIFICATES))
    assert [item["id"] for item in listed] == [legacy(sandbox)]


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ({}, ["example.com", "example.net", "example.org"]),
        ({"name": "example.net"}, ["example.net"]),
        ({"name": "example.net", "status": "pending"}, []),
        ({"account.id": "0" * 32}, []),
        ({"page": "2"}, []),
    ],
)
def test_zones_are_found_by_name(
    sandbox: SandboxThread, query: dict[str, Any], seen: list[str]
) -> None:
    answer = sandbox.call("GET", "/zones", **query)
    assert [zone["name"] for zone in result(answer)] == seen
