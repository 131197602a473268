"""The life of certificates, bindings and settings over time."""

from __future__ import annotations

import pytest

from tests.sandbox.steps import (
    BASE,
    DEPLOY,
    HOSTNAME_CERTIFICATES,
    HOSTNAMES,
    ZONE,
    ZONE_CERTIFICATES,
    active,
    bind,
    entry,
    put,
    refusal,
    result,
    status_of,
    upload,
)
from tests.sandbox_server import SandboxThread, certificate_for

WWW = f"{HOSTNAMES}/www.example.com"
LEVELS = pytest.mark.parametrize(
    "collection",
    [
        pytest.param(ZONE_CERTIFICATES, id="zone"),
        pytest.param(HOSTNAME_CERTIFICATES, id="hostname"),
    ],
)


@LEVELS
def test_a_certificate_is_pending_then_active_then_pending_then_a_tombstone(
    sandbox: SandboxThread, collection: str
) -> None:
    made = upload(sandbox, collection)
    path = f"{collection}/{made['id']}"
    assert made["status"] == status_of(sandbox, path) == "pending_deployment"
    sandbox.advance(DEPLOY - 1)
    assert status_of(sandbox, path) == "pending_deployment"
    sandbox.advance(1)
    assert status_of(sandbox, path) == "active"
    assert result(sandbox.call("DELETE", path))["status"] == "pending_deletion"
    assert status_of(sandbox, path) == "pending_deletion"
    sandbox.advance(DEPLOY)
    assert status_of(sandbox, path) == "deleted"
    assert made["id"] not in [item["id"] for item in result(sandbox.call("GET", collection))]


@LEVELS
def test_a_deleted_certificate_comes_back_under_its_id(
    sandbox: SandboxThread, collection: str
) -> None:
    pair = certificate_for()
    first = upload(sandbox, collection, pair)
    sandbox.advance(DEPLOY)
    sandbox.call("DELETE", f"{collection}/{first['id']}")
    assert refusal(sandbox.call("POST", collection, pair)) == (400, 1406)
    sandbox.advance(DEPLOY)
    again = upload(sandbox, collection, pair)
    assert (again["id"], again["status"]) == (first["id"], "pending_deployment")
    assert again["uploaded_on"] > first["uploaded_on"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: text.rstrip(), id="no newline at the end"),
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(lambda text: text + "\n\n", id="blank lines"),
    ],
)
def test_what_is_the_same_in_der_is_the_same_certificate(
    sandbox: SandboxThread, change: object
) -> None:
    assert callable(change)
    pair = certificate_for()
    made = upload(sandbox, pair=pair | {"certificate": change(pair["certificate"])})
    assert made["certificate"] == pair["certificate"]
    assert refusal(sandbox.call("POST", HOSTNAME_CERTIFICATES, pair)) == (400, 1406)


def test_the_levels_and_the_zones_know_their_own_certificates_only(sandbox: SandboxThread) -> None:
    pair = certificate_for()
    zone_level = upload(sandbox, ZONE_CERTIFICATES, pair)
    upload(sandbox, HOSTNAME_CERTIFICATES, pair)
    other = sandbox.add_zone("example.edu", empty=True)
    upload(sandbox, f"/zones/{other}/origin_tls_client_auth", pair)
    assert refusal(sandbox.call("GET", f"{HOSTNAME_CERTIFICATES}/{zone_level['id']}"))[1] == 1551
    elsewhere = f"/zones/{other}/origin_tls_client_auth/{zone_level['id']}"
    assert refusal(sandbox.call("GET", elsewhere)) == (404, 1552)


@pytest.mark.parametrize("enabled", [True, False], ids=["enabled", "disabled"])
def test_a_binding_is_pending_then_active(sandbox: SandboxThread, enabled: bool) -> None:
    cert_id = active(sandbox)
    row = result(put(sandbox, entry("WWW.Example.com", cert_id, enabled)))[0]
    assert (row["hostname"], row["enabled"]) == ("www.example.com", enabled)
    assert (row["status"], row["cert_status"]) == ("pending_deployment", "active")
    assert row["created_at"] == "0001-01-01T00:00:00Z"
    sandbox.advance(DEPLOY)
    row = result(sandbox.call("GET", WWW))
    assert (row["status"], row["enabled"], row["cert_id"]) == ("active", enabled, cert_id)
    assert row["created_at"] < row["updated_at"]


def test_a_voided_binding_is_pending_deletion_and_then_not_found(sandbox: SandboxThread) -> None:
    cert_id = active(sandbox)
    bind(sandbox, "www.example.com", cert_id)
    row = result(put(sandbox, entry("www.example.com", cert_id, None)))[0]
    assert (row["status"], row["enabled"]) == ("pending_deletion", None)
    assert status_of(sandbox, WWW) == "pending_deletion"
    sandbox.advance(DEPLOY)
    assert refusal(sandbox.call("GET", WWW)) == (404, 1553)


def test_binding_another_certificate_needs_no_void(sandbox: SandboxThread) -> None:
    first, second = active(sandbox), active(sandbox)
    bind(sandbox, "www.example.com", first)
    row = result(put(sandbox, entry("www.example.com", second)))[0]
    assert (row["cert_id"], row["status"]) == (second, "pending_deployment")
    assert row["created_at"] != "0001-01-01T00:00:00Z"


def test_the_zone_switch_is_off_at_first_and_remembers(sandbox: SandboxThread) -> None:
    path = f"{BASE}/settings"
    assert result(sandbox.call("GET", path)) == {"enabled": False}
    assert result(sandbox.call("PUT", path, {"enabled": True})) == {"enabled": True}
    assert result(sandbox.call("GET", path)) == {"enabled": True}


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [("tls_client_auth", "on", "off"), ("ssl", "full", "strict"), ("ssl", "full", "origin_pull")],
)
def test_a_setting_shows_its_value_and_when_it_was_changed(
    sandbox: SandboxThread, name: str, before: str, after: str
) -> None:
    path = f"/zones/{ZONE}/settings/{name}"
    first = result(sandbox.call("GET", path))
    assert (first["value"], first["modified_on"], first["editable"]) == (before, None, True)
    changed = result(sandbox.call("PATCH", path, {"value": after}))
    assert changed["value"] == after
    assert changed["modified_on"]
    assert result(sandbox.call("GET", path)) == changed


@pytest.mark.parametrize(
    ("limit", "outcome", "seen"),
    [
        ("certificate_outcome", "deployment_timed_out", "deployment_timed_out"),
        ("certificate_outcome", "never", "pending_deployment"),
    ],
)
def test_a_deployment_can_time_out_or_never_end(
    sandbox: SandboxThread, limit: str, outcome: str, seen: str
) -> None:
    sandbox.limits(**{limit: outcome})
    assert status_of(sandbox, f"{HOSTNAME_CERTIFICATES}/{active(sandbox)}") == seen


@pytest.mark.parametrize(
    ("outcome", "seen"),
    [("deployment_timed_out", "deployment_timed_out"), ("never", "pending_deployment")],
)
def test_a_binding_can_time_out_or_stay_pending(
    sandbox: SandboxThread, outcome: str, seen: str
) -> None:
    cert_id = active(sandbox)
    sandbox.limits(binding_outcome=outcome)
    bind(sandbox, "www.example.com", cert_id)
    assert status_of(sandbox, WWW) == seen


@pytest.mark.parametrize(
    ("outcome", "seen"),
    [("deletion_timed_out", "deletion_timed_out"), ("never", "pending_deletion")],
)
def test_a_deletion_can_time_out_or_never_end(
    sandbox: SandboxThread, outcome: str, seen: str
) -> None:
    path = f"{HOSTNAME_CERTIFICATES}/{active(sandbox)}"
    sandbox.limits(deletion_outcome=outcome)
    sandbox.call("DELETE", path)
    sandbox.advance(DEPLOY)
    assert status_of(sandbox, path) == seen


def test_an_expired_certificate_still_reads_active(sandbox: SandboxThread) -> None:
    path = f"{HOSTNAME_CERTIFICATES}/{active(sandbox)}"
    sandbox.advance(20 * 365 * 86400)
    assert status_of(sandbox, path) == "active"


def test_what_others_change_is_deployed_at_once(sandbox: SandboxThread) -> None:
    made = sandbox.outside("POST", HOSTNAME_CERTIFICATES, certificate_for())
    sandbox.outside("PUT", HOSTNAMES, {"config": [entry("www.example.com", made["id"])]})
    assert status_of(sandbox, WWW) == "active"
    sandbox.outside("PUT", HOSTNAMES, {"config": [entry("www.example.com", made["id"], None)]})
    sandbox.outside("DELETE", f"{HOSTNAME_CERTIFICATES}/{made['id']}")
    assert status_of(sandbox, f"{HOSTNAME_CERTIFICATES}/{made['id']}") == "deleted"
