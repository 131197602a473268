"""The interface for tests: state, journal, clock, reset, refusals."""

from __future__ import annotations

import httpx
import pytest
from cryptography import x509

from tests.sandbox.steps import BASE, HOSTNAME_CERTIFICATES, ZONE, active, bind, result, upload
from tests.sandbox_server import SandboxRefused, SandboxThread, certificate_for


def test_the_state_is_the_same_twice_and_holds_no_key(sandbox: SandboxThread) -> None:
    active(sandbox)
    assert sandbox.state() == sandbox.state()
    text = httpx.get(f"{sandbox.url}/sandbox/state", trust_env=False).text
    assert "PRIVATE KEY" not in text
    assert "private_key" not in text
    assert "sandbox-token" not in text


def test_a_fingerprint_in_the_state_is_that_of_the_certificate(sandbox: SandboxThread) -> None:
    cert_id = active(sandbox)
    bind(sandbox, "www.example.com", cert_id)
    zone = sandbox.zone("example.com")
    certificates = {
        item["id"]: item["certificate_sha256"] for item in zone["hostname_certificates"]
    }
    row = next(row for row in zone["bindings"] if row["hostname"] == "www.example.com")
    assert row["certificate_sha256"] == certificates[cert_id]
    assert zone["settings"] == {
        "tls_client_auth": "on",
        "ssl": "full",
        "origin_tls_client_auth": "off",
        "ssl_automatic_mode": "custom",
    }


def test_the_settled_state_is_as_before_once_all_is_taken_away(sandbox: SandboxThread) -> None:
    before = sandbox.state(settled=True)
    cert_id = active(sandbox)
    bind(sandbox, "www.example.com", cert_id)
    assert sandbox.state(settled=True) != before
    bind(sandbox, "www.example.com", cert_id, None)
    result(sandbox.call("DELETE", f"{HOSTNAME_CERTIFICATES}/{cert_id}"))
    assert sandbox.state(settled=True) == before


def test_the_journal_tells_who_asked_what_without_the_key(sandbox: SandboxThread) -> None:
    pair = certificate_for()
    upload(sandbox, pair=pair)
    sandbox.call("GET", HOSTNAME_CERTIFICATES, page="1")
    sandbox.call("PUT", f"{BASE}/settings", {"enabled": pair["private_key"]})
    sandbox.call("POST", BASE, [{"private_key": "in another form"}])
    first, second, third, fourth = sandbox.journal()
    assert (first["n"], first["by"], first["method"], first["path"], first["status"]) == (
        1,
        "all-permissions",
        "POST",
        HOSTNAME_CERTIFICATES,
        200,
    )
    assert first["body"] == {"certificate": pair["certificate"], "private_key": "(removed)"}
    assert (second["query"], second["body"]) == ({"page": "1"}, None)
    assert (third["body"], third["codes"]) == ({"enabled": "(removed)"}, [1494])
    assert fourth["body"] == [{"private_key": "(removed)"}]
    assert "sandbox-token" not in str(sandbox.journal())


def test_a_body_that_is_not_json_is_not_written_down(sandbox: SandboxThread) -> None:
    httpx.post(sandbox.api + BASE, content=certificate_for()["private_key"], trust_env=False)
    assert str(sandbox.journal()[0]["body"]).endswith("bytes that are not JSON)")


def test_the_journal_is_read_from_a_number_on_and_cleared(sandbox: SandboxThread) -> None:
    for _ in range(3):
        sandbox.call("GET", BASE)
    assert [entry["n"] for entry in sandbox.journal(after=1)] == [2, 3]
    sandbox.clear_journal()
    assert sandbox.journal() == []
    sandbox.call("GET", BASE)
    assert [entry["n"] for entry in sandbox.journal()] == [4]


def test_management_is_not_in_the_journal_and_changes_nothing_by_reading(
    sandbox: SandboxThread,
) -> None:
    before = sandbox.state()
    sandbox.presented_all()
    sandbox.presented_log()
    assert sandbox.journal() == []
    assert sandbox.state() == before


def test_reset_gives_what_was_there_at_first(sandbox: SandboxThread) -> None:
    sandbox.limits(list_lag=9)
    sandbox.add_zone("example.edu")
    sandbox.add_token("more", "more-token-0123456789")
    sandbox.fault("status", nth=9)
    sandbox.advance(10**6)
    upload(sandbox)
    sandbox.reset()
    state = sandbox.state()
    assert state["limits"]["list_lag"] == 0
    assert state["limits"]["deploy_seconds"] == 5
    assert [zone["name"] for zone in state["zones"]] == [
        "example.com",
        "example.net",
        "example.org",
    ]
    assert "more" not in [token["name"] for token in state["tokens"]]
    assert sandbox.faults() == []
    assert sandbox.journal() == []
    assert [len(zone["hostname_certificates"]) for zone in state["zones"]] == [1, 1, 1]


def test_a_zone_is_added_with_its_settings(sandbox: SandboxThread) -> None:
    zone_id = sandbox.add_zone("example.edu", ssl="strict", id="0" * 32)
    zone = sandbox.zone("example.edu")
    assert (zone["id"], zone["settings"]["ssl"]) == (zone_id, "strict")
    assert [row["hostname"] for row in zone["bindings"]] == ["legacy.example.edu"]
    sandbox.add_zone("example.int", empty=True)
    assert sandbox.zone("example.int")["bindings"] == []


@pytest.mark.parametrize(
    ("method", "path", "body", "complaint"),
    [
        ("POST", "/clock", {"advance": -1}, "400 .*only moves forward"),
        ("POST", "/clock", {}, "400 .*a number of seconds"),
        ("PATCH", "/limits", {"patience": 1}, "400 .*patience: unknown limit"),
        ("PATCH", "/limits", {"list_lag": -1}, "400 .*list_lag: a number"),
        ("PATCH", "/limits", {"bulk_atomic": 1}, "400 .*true or false"),
        ("PATCH", "/limits", {"binding_outcome": "deleted"}, "400 .*one of active"),
        ("PATCH", "/objects/nothing", {"status": "active"}, "404 .*not found"),
        ("PATCH", f"/objects/{ZONE}/never.example.com", {"status": "active"}, "404 .*not found"),
        ("POST", "/zones", {}, "400 .*name: a text"),
        ("POST", "/zones", {"name": "example.com"}, "400 .*such a zone already"),
        ("POST", "/zones", {"name": "example.edu", "plan": "pro"}, "400 .*unknown field: plan"),
        ("PATCH", "/zones/example.edu", {"not_editable": []}, "404 .*not found"),
        ("PUT", "/tokens", {"name": "x"}, "400 .*name and value"),
        ("DELETE", "/tokens?name=x", {}, "404 .*not found"),
        ("POST", "/release", {"id": "x"}, "404 .*not found"),
        ("GET", "/presented?zone=example.edu", {}, "404 .*not found"),
    ],
)
def test_management_explains_what_it_refuses(
    sandbox: SandboxThread, method: str, path: str, body: dict[str, object], complaint: str
) -> None:
    before = sandbox.state(settled=True)
    with pytest.raises(SandboxRefused, match=complaint):
        sandbox.manage(method, path, body)
    assert sandbox.state(settled=True) == before


def test_a_request_for_another_host_is_refused(sandbox: SandboxThread) -> None:
    for path in ("/sandbox/state", "/client/v4/zones"):
        answer = httpx.get(sandbox.url + path, headers={"Host": "evil.example"}, trust_env=False)
        assert answer.status_code == 400


def test_the_shared_certificate_is_signed_by_its_authority(sandbox: SandboxThread) -> None:
    shared = sandbox.shared()
    authority = x509.load_pem_x509_certificate(shared["ca"].encode())
    x509.load_pem_x509_certificate(shared["certificate"].encode()).verify_directly_issued_by(
        authority
    )
    assert set(shared) == {"ca", "certificate", "sha256"}
