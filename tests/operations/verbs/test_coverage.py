"""`coverage` says of each hostname what the sandbox's own oracle says."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from issuers import authority
from tests.operations.conftest import BASE, NAME, ZONE, Stack
from tests.pki import make

LEGACY = f"legacy.{NAME}"


def rows(stack: Stack) -> dict[str, Any]:
    return {row["hostname"]: row for row in stack.json("coverage", "--no-state")["hostnames"]}


def prepare(stack: Stack, case: str) -> None:
    if case == "the zone's certificate":
        stack.uploads(make("zone"))
        stack.switches(True)
    elif case == "both switches off":
        stack.sets("tls_client_auth", "off")
    elif case == "a hostname":
        stack.shows("app.example.com", stack.uploads(make("app"), "hostname"))
    elif case == "a hostname switched off":
        stack.shows("app.example.com", stack.uploads(make("app"), "hostname"), False)
    elif case == "a hostname voided":
        cert_id = stack.uploads(make("app"), "hostname")
        stack.shows("app.example.com", cert_id)
        stack.shows("app.example.com", cert_id, None)
    elif case == "no TLS":
        stack.sets("ssl", "flexible")
    elif case == "a zone certificate replaced":
        stack.uploads(make("one"))
        stack.sandbox.advance(60)
        stack.uploads(make("two"))
        stack.switches(True)
    elif case == "a zone certificate deleted under its switch":
        stack.switches(True)
        for held in stack.sandbox.call("GET", BASE).json()["result"]:
            stack.sandbox.outside("DELETE", f"{BASE}/{held['id']}")
        stack.sandbox.advance(60)


CASES = (
    "as born",
    "the zone's certificate",
    "both switches off",
    "a hostname",
    "a hostname switched off",
    "a hostname voided",
    "no TLS",
    "a zone certificate replaced",
    "a zone certificate deleted under its switch",
)


@pytest.mark.parametrize("case", CASES)
def test_it_agrees_with_what_is_presented(stack: Stack, case: str) -> None:
    prepare(stack, case)
    found = rows(stack)
    presented = stack.sandbox.presented_all(NAME)
    for hostname, row in found.items():
        truth = presented.get(hostname, presented["*"])
        # The oracle names the level also where it presents nothing.
        is_bare = truth["certificate_sha256"] is None
        assert row["level"] == ("nothing" if is_bare else truth["level"]), hostname
        if row["level"] in ("hostname", "zone"):
            assert row["certificate_sha256"] == truth["certificate_sha256"]
            assert row["expires_on"] == truth["expires_on"]
    assert LEGACY in found


def test_a_configured_hostname_without_a_binding_is_listed_with_the_reason(stack: Stack) -> None:
    stack.pair("app")
    stack.binds("app", "app.example.com")
    assert rows(stack)["app.example.com"]["why"] == (
        "only Cloudflare's shared certificate is on; its configured binding is missing: see drift"
    )


def test_the_table_is_whole_in_a_file_and_without_colours(stack: Stack) -> None:
    name = f"{'long-' * 12}{'x' * 3}.{'label-' * 9}y.example.com"
    stack.shows(name, stack.uploads(make("app"), "hostname"))
    shown = stack.run("coverage", "--no-state").stdout
    assert name in shown
    assert "\x1b" not in shown


def test_the_page_shows_the_same(stack: Stack) -> None:
    page = stack.run("coverage", "--no-state", "--format", "html").stdout
    assert page.startswith("<!doctype html>")
    assert LEGACY in page
    assert "Presented before" not in page


def test_without_the_list_of_bindings_the_configured_hostnames_are_asked_for(stack: Stack) -> None:
    stack.pair("app")
    stack.binds("app", "app.example.com")
    stack.shows("app.example.com", stack.uploads(make("app"), "hostname"))
    stack.sandbox.fault("list_404")
    assert rows(stack)["app.example.com"]["level"] == "hostname"
    stack.sandbox.clear_faults()


FAULTS = {
    "no token": ({"CLOUDFLARE_API_TOKEN": ""}, "CLOUDFLARE_API_TOKEN is not set"),
    "a token without rights": (
        {"CLOUDFLARE_API_TOKEN": "token-of-nobody-" * 3},
        "The token needs the permission",
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_failure_is_one_line(stack: Stack, case: str) -> None:
    environ, part = FAULTS[case]
    stack.environ |= environ
    done = stack.run("coverage", "--no-state", code=1)
    assert len(done.stderr.splitlines()) == 1
    assert part in done.stderr
    assert done.stdout == ""


def test_a_mistake_in_the_configuration_is_one_line_that_names_the_key(stack: Stack) -> None:
    stack.zone["zone_id"] = "example.com"
    done = stack.run("coverage", "--no-state", code=1)
    assert len(done.stderr.splitlines()) == 1
    assert "zone_id" in done.stderr


def bound(stack: Stack) -> None:
    """app.example.com is configured, uploaded and bound."""
    pair = stack.pair("app")
    stack.binds("app", "app.example.com")
    stack.shows("app.example.com", stack.uploads(pair, "hostname"))


def rebind(stack: Stack) -> None:
    bound(stack)
    stack.shows("app.example.com", stack.uploads(make("legacy"), "hostname"))


def never_bind(stack: Stack) -> None:
    stack.pair("app")
    stack.binds("app", "app.example.com")


def without_tls(stack: Stack) -> None:
    bound(stack)
    stack.sets("ssl", "flexible")


def zone_of_somebody_else(stack: Stack) -> None:
    stack.pair("zone")
    stack.zone["zone_certificate"] = stack.files("zone")
    stack.uploads(make("other"))
    stack.switches(True)


# how it came, the hostname, the status, a part of the reason
TROUBLE: dict[str, tuple[Callable[[Stack], None], str, str, str]] = {
    "bound to another certificate": (
        rebind,
        "app.example.com",
        "wrong",
        ", the configuration names ",
    ),
    "not bound": (never_bind, "app.example.com", "missing", "its configured binding is missing"),
    "no TLS to the origin": (without_tls, "app.example.com", "missing", "SSL mode flexible"),
    "somebody else's for the zone": (
        zone_of_somebody_else,
        "*",
        "wrong",
        ", the configuration names ",
    ),
}


@pytest.mark.parametrize("case", TROUBLE)
def test_what_is_not_as_wanted_is_said_in_words_first_and_fails_on_request(
    stack: Stack, case: str
) -> None:
    spoil, hostname, status, why = TROUBLE[case]
    spoil(stack)
    first = stack.json("coverage", "--no-state")["hostnames"][0]
    found = rows(stack)[hostname]
    assert (found["status"], first["status"]) == (status, status)
    assert why in found["why"]
    shown = stack.run("coverage", "--no-state", "--fail", code=1).stdout
    assert "not as wanted: " in shown.splitlines()[-1]
    assert f"1 {status}" in shown.splitlines()[-1]
    page = stack.run("coverage", "--no-state", "--format", "html").stdout
    assert "not as wanted" in page
    assert "Coverage: all" not in page
    assert why in page


def test_what_is_as_wanted_says_so_and_what_is_foreign_is_not_called_ours(stack: Stack) -> None:
    bound(stack)
    found = rows(stack)
    assert found["app.example.com"]["status"] == "as wanted"
    assert found[LEGACY]["status"] == "foreign"
    shown = stack.run("coverage", "--no-state", "--fail").stdout
    assert shown.splitlines()[-1].startswith("all 1 are as the configuration wants; ")


def test_an_outside_change_is_told_from_what_up_would_do_and_from_what_is_not_ours(
    stack: Stack,
) -> None:
    pair = stack.pair("app")
    stack.binds("app", "app.example.com", "next.example.com", "theirs.example.com")
    mine, other = stack.uploads(pair, "hostname"), stack.uploads(make("legacy"), "hostname")
    for name in ("app", "theirs"):
        stack.shows(f"{name}.example.com", other)
    held = {
        "urn": "urn:pulumi:test::aop::HostnameBindings::hostnames",
        "type": "pulumi-python:dynamic/aop:HostnameBindings",
        "outputs": {"zone_id": ZONE, "bindings": {"app.example.com": {"cert_id": mine}}},
    }
    state = stack.folder / "state.json"
    state.write_text(json.dumps({"version": 3, "deployment": {"resources": [held]}}))
    said = stack.json("coverage", "--state", str(state))["hostnames"]
    remedy = {row["hostname"]: row["why"].rpartition(": ")[2] for row in said}
    assert remedy["app.example.com"] == "changed outside, and `pulumi up --refresh` binds it again"
    assert remedy["next.example.com"] == "`pulumi up` does that"
    assert remedy["theirs.example.com"] == "not this stack's, see preflight"
    page = stack.run("coverage", "--state", str(state), "--format", "html").stdout
    assert page.count("changed outside, and `pulumi up --refresh` binds it again") == 2
    assert f'<h3 id="{NAME}">' in page


def test_a_state_that_cannot_be_read_is_one_line_and_the_table_comes_all_the_same(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    done = stack.run("coverage")
    assert LEGACY in done.stdout
    assert "the state was not read: there is no pulumi on PATH" in done.stderr


POLICIES = "/accounts/01a7362d577a6c3019a474fd6f485823/alerting/v3/policies"
NOBODY = "example.com: Cloudflare tells nobody before {} certificates end (docs/alerts.md)"


def policy(level: str, **more: Any) -> dict[str, Any]:
    alert_type = f"{level}_aop_custom_certificate_expiration_type"
    told = {"email": [{"id": "team@example.com"}]}
    return {
        "name": "any", "alert_type": alert_type, "enabled": True, "mechanisms": told, **more
    }  # fmt: skip


def test_a_zone_of_whose_certificates_nobody_is_told_is_named(stack: Stack) -> None:
    prepare(stack, "the zone's certificate")
    line = NOBODY.format("zone and hostname")
    assert stack.json("coverage", "--no-state")["unwarned"] == [line]
    assert line in stack.run("coverage", "--no-state").stdout
    assert (
        "Cloudflare tells nobody" in stack.run("coverage", "--no-state", "--format", "html").stdout
    )
    stack.sandbox.outside("POST", POLICIES, policy("zone", enabled=False))
    assert stack.json("coverage", "--no-state")["unwarned"] == [line]
    stack.sandbox.outside("POST", POLICIES, policy("zone"))
    assert stack.json("coverage", "--no-state")["unwarned"] == [NOBODY.format("hostname")]
    stack.sandbox.outside("POST", POLICIES, policy("hostname"))
    assert stack.json("coverage", "--no-state")["unwarned"] == []


def test_policies_that_cannot_be_read_take_no_table_away(stack: Stack) -> None:
    stack.sandbox.fault("status", path="alerting", status=404, times=0)
    said = stack.json("coverage", "--no-state")
    assert said["hostnames"]
    assert "is not known" in said["unwarned"][0]


@pytest.mark.parametrize("permissions", [[], ["Zone Read"]], ids=["no zones", "no policies"])
def test_a_token_that_may_not_see_policies_accuses_nobody(
    stack: Stack, permissions: list[str]
) -> None:
    given = ["SSL and Certificates Read", "Zone Settings Read", *permissions]
    stack.sandbox.add_token("few", "token-with-few-rights", permissions=given)
    stack.environ["CLOUDFLARE_API_TOKEN"] = "token-with-few-rights"
    (line,) = stack.json("coverage", "--no-state")["unwarned"]
    assert "is not known: its policies cannot be read (Account > Notifications: Read)" in line


def test_an_issued_certificate_says_when_it_is_renewed_and_fails_when_that_is_overdue(
    stack: Stack,
) -> None:
    ca = stack.issues("shop", "shop.example.com", renew_days=19.5)

    def shop(age: int, code: int) -> tuple[str, str]:
        cert_id = stack.uploads(stack.issued(ca, "shop", age=age), "hostname")
        stack.shows("shop.example.com", cert_id)
        rows = stack.json("coverage", "--no-state", "--fail", code=code)["hostnames"]
        (row,) = [row for row in rows if row["hostname"] == "shop.example.com"]
        return row["status"], row["why"]

    status, why = shop(70, 0)
    assert status == "as wanted"
    assert "; renews itself, next 20" in why
    status, why = shop(72, 1)
    assert status == "overdue"
    assert "; renewal OVERDUE since 20" in why
    table, html = (
        stack.run("coverage", "--no-state", "--format", form).stdout for form in ("table", "html")
    )
    assert "1 of 1 is not as wanted: 1 overdue" in table
    assert table.splitlines()[2].startswith("shop.example.com")
    assert "<h1>Coverage: 1 of 1 is not as wanted: 1 overdue" in html
    rows = [row.partition('"')[0] for row in html.split('<tr class="')[1:]]
    assert [row.startswith("trouble ") for row in rows] == [True, False, False]


def test_a_certificate_of_the_same_subject_that_another_ca_signed_is_not_the_wanted_one(
    stack: Stack,
) -> None:
    stack.issues("shop", "shop.example.com")
    name = authority.common_name("Another CA")
    other = stack.issued(authority.make_ca(name, datetime.now(UTC)), "shop")
    stack.shows("shop.example.com", stack.uploads(other, "hostname"))
    rows = stack.json("coverage", "--no-state", "--fail", code=1)["hostnames"]
    (row,) = [row for row in rows if row["hostname"] == "shop.example.com"]
    assert row["status"] == "wrong"
    assert "the configuration names one that its issuer has still to sign" in row["why"]
