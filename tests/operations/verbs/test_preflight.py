"""`preflight` names each thing that would stop `pulumi up`, and nothing that would not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from operations.checks.zone import dns
from operations.text import plain
from tests.conftest import ACCOUNT
from tests.operations.conftest import ZONE, Stack
from tests.pki import another_authority, ca_certificate, make
from tests.sandbox_server import READ_ONLY_TOKEN, ZONE_IDS

APP = "app.example.com"


def prepared(stack: Stack) -> Stack:
    stack.pair("app")
    stack.binds("app", APP)
    stack.zone["ssl"] = "full"
    return stack


def found(stack: Stack, code: int, *arguments: str) -> list[tuple[str, str, str]]:
    rows = stack.json("preflight", *(arguments or ("--no-state",)), code=code)["results"]
    return [(row["grade"], row["check"], row["text"]) for row in rows]


def problems(stack: Stack, code: int = 1, *arguments: str) -> list[tuple[str, str]]:
    return [(c, text) for grade, c, text in found(stack, code, *arguments) if grade == "problem"]


def test_a_stack_that_is_ready_has_no_problem(stack: Stack) -> None:
    rows = found(prepared(stack), 0)
    assert {check for grade, check, _ in rows if grade == "ok"} >= {
        "token",
        "zone",
        "ssl",
        "limits",
        "bindings",
        "key",
    }
    assert not [row for row in rows if row[0] == "problem"]


def test_it_changes_nothing(stack: Stack) -> None:
    prepared(stack).sandbox.clear_journal()
    found(stack, 0)
    assert {entry["method"] for entry in stack.sandbox.journal()} == {"GET"}


def no_token(stack: Stack) -> None:
    stack.environ["CLOUDFLARE_API_TOKEN"] = ""


def token_of_a_variable(stack: Stack) -> None:
    stack.zone["token_env"] = "TOKEN_THAT_IS_NOT_SET"


def expired_token(stack: Stack) -> None:
    stack.sandbox.add_token("old", "token-that-has-expired-0123456789abcdefgh", status="expired")
    stack.environ["CLOUDFLARE_API_TOKEN"] = "token-that-has-expired-0123456789abcdefgh"


def read_only(stack: Stack) -> None:
    stack.environ["CLOUDFLARE_API_TOKEN"] = READ_ONLY_TOKEN


def other_id(stack: Stack) -> None:
    stack.zone["zone_id"] = ZONE_IDS["example.net"]


def no_such_zone(stack: Stack) -> None:
    stack.zone["zone_id"] = "0" * 32


def no_tls(stack: Stack) -> None:
    del stack.zone["ssl"]
    stack.sets("ssl", "flexible")


def full(stack: Stack) -> None:
    for number in range(9):
        stack.uploads(make(f"other-{number}"), "hostname")


def somebody_elses(stack: Stack) -> None:
    stack.shows(APP, stack.uploads(make("other"), "hostname"))


def no_certificate(stack: Stack) -> None:
    (stack.folder / "app.pem").unlink()


def expired(stack: Stack) -> None:
    stack.pair("app", starts=-9, days=-1)


def no_key(stack: Stack) -> None:
    (stack.folder / "app.key").unlink()


def other_key(stack: Stack) -> None:
    (stack.folder / "app.key").write_text(make("other").private_key)


def origin(stack: Stack, authority: str) -> None:
    ca = f"file:{stack.folder / authority}"
    stack.zone["hostname_certificates"]["app"]["ca"] = ca
    stack.zone["origin"] = {"server": "nginx", "stage": "on"}


def no_authority(stack: Stack) -> None:
    origin(stack, "gone.pem")


def another_authority_signed(stack: Stack) -> None:
    (stack.folder / "other.pem").write_text(ca_certificate(another_authority("Another CA")))
    origin(stack, "other.pem")


def ca_of_another_key(stack: Stack) -> None:
    """Under the same name, and without an origin in the stack."""
    (stack.folder / "ca.pem").write_text(ca_certificate(another_authority("Test Origin Pull CA")))
    stack.zone["hostname_certificates"]["app"]["ca"] = f"file:{stack.folder / 'ca.pem'}"


CASES: dict[str, tuple[Callable[[Stack], None], str, str]] = {
    "a CA that did not sign": (
        ca_of_another_key,
        "certificate",
        "a CA of this name is there, with another key",
    ),
    "no token": (no_token, "token", "CLOUDFLARE_API_TOKEN is not set"),
    "the token of a variable": (token_of_a_variable, "token", "TOKEN_THAT_IS_NOT_SET is not set"),
    "an expired token": (expired_token, "token", ""),
    "a read-only token": (read_only, "permissions", "needs Zone > SSL and Certificates: Edit"),
    "another zone's id": (other_id, "zone", f"example.com has the id {ZONE}, not"),
    "no such zone": (no_such_zone, "zone", "example.com"),
    "no TLS": (no_tls, "ssl", "flexible"),
    "no free slot": (full, "limits", "10 of 10 hostname certificates are there, 1 to come"),
    "no certificate": (no_certificate, "certificate", "app.pem cannot be read"),
    "an expired certificate": (expired, "certificate", "expired on"),
    "no key": (no_key, "key", "app.key cannot be read"),
    "another key": (other_key, "key", "does not belong"),
    "no CA": (no_authority, "origin", "gone.pem cannot be read"),
    "another CA": (another_authority_signed, "origin", "neither in the bundle nor in the chain"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_problem_is_named(stack: Stack, case: str) -> None:
    spoil, check, part = CASES[case]
    spoil(prepared(stack))
    named = [text for c, text in problems(stack) if c == check and part in text]
    assert named
    assert "Pulumi.stack.yaml" not in "".join(named)


def test_a_hostname_of_somebody_else_is_a_problem_where_the_state_is_known(stack: Stack) -> None:
    somebody_elses(prepared(stack))
    export = stack.folder / "export.json"
    export.write_text(stack.export())
    assert [check for check, _ in problems(stack, 1, "--state", str(export))] == ["bindings"]
    stack.zone["overwrite"] = True
    assert problems(stack, 0, "--state", str(export)) == []


def test_a_hostname_that_the_stack_holds_is_none_during_a_rotation(stack: Stack) -> None:
    pair = make("before")
    cert_id = prepared(stack).uploads(pair, "hostname")
    stack.shows(APP, cert_id)
    export = stack.folder / "export.json"
    export.write_text(stack.export(("HostnameCertificate", cert_id, pair)))
    assert problems(stack, 0, "--state", str(export)) == []


def test_the_key_of_what_is_uploaded_already_is_not_needed(stack: Stack) -> None:
    stack.shows(APP, prepared(stack).uploads(stack.pair("app"), "hostname"))
    no_key(stack)
    rows = found(stack, 0)
    (told,) = [text for grade, check, text in rows if (grade, check) == ("warning", "key")]
    assert told.startswith("example.com, app: not needed, as the certificate is uploaded: the ")
    assert told.endswith("app.key cannot be read (no such file or directory).")


def test_the_last_slot_is_a_warning(stack: Stack) -> None:
    prepared(stack)
    for number in range(8):
        stack.uploads(make(f"other-{number}"), "hostname")
    rows = found(stack, 0)
    assert any(g == "warning" and "no slot is left for a rotation" in text for g, _, text in rows)


DNS_TOKEN = "token-that-may-read-dns-0123456789abcdefghij"


def reads_dns(stack: Stack) -> None:
    permissions = ["SSL and Certificates Edit", "Zone Settings Edit", "Zone Read", "DNS Read"]
    stack.sandbox.add_token("dns", DNS_TOKEN, permissions=permissions)
    stack.environ["CLOUDFLARE_API_TOKEN"] = DNS_TOKEN


@pytest.mark.parametrize(
    ("proxied", "grade", "said"),
    [
        (True, "ok", "example.com: all names are proxied"),
        (False, "problem", "app.example.com: not proxied, so visitors reach the origin without"),
    ],
)
def test_dns_is_read_where_the_token_may(
    stack: Stack, proxied: bool, grade: str, said: str
) -> None:
    reads_dns(prepared(stack))
    stack.sandbox.dns("example.com", {**record(APP, proxied), "content": "192.0.2.7"})
    rows = [row for row in found(stack, int(not proxied)) if row[1] == "dns"]
    assert [row[0] for row in rows] == [grade]
    assert rows[0][2].startswith(said)


@pytest.mark.parametrize(
    "target", ["c1744f8b-faa1-48a4-9e5c-02ac921467fa.cfargotunnel.com", "X.CFARGOTUNNEL.com."]
)
def test_a_hostname_that_leads_into_a_tunnel_is_told(stack: Stack, target: str) -> None:
    reads_dns(prepared(stack))
    stack.sandbox.dns("example.com", {**record(APP, True, "CNAME"), "content": target})
    (said,) = [row for row in found(stack, 0) if row[1] == "dns"]
    assert said[0] == "warning"
    assert "app.example.com: leads into a Cloudflare Tunnel" in said[2]


def test_a_name_that_only_ends_like_a_tunnel_is_none(stack: Stack) -> None:
    reads_dns(prepared(stack))
    content = "notcfargotunnel.com"
    stack.sandbox.dns("example.com", {**record(APP, True, "CNAME"), "content": content})
    assert ("ok", "dns", "example.com: all names are proxied") in found(stack, 0)


def test_dns_is_read_to_its_end(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("operations.checks.zone.RECORDS_PER_PAGE", 2)
    reads_dns(prepared(stack))
    names = ["a.example.com", "b.example.com", "c.example.com", "d.example.com", APP]
    stack.sandbox.dns("example.com", *({**record(n, True), "content": "192.0.2.7"} for n in names))
    stack.sandbox.clear_journal()
    assert ("ok", "dns", "example.com: all names are proxied") in found(stack, 0)
    paths = [str(entry["path"]) for entry in stack.sandbox.journal()]
    assert sum(path.endswith("/dns_records") for path in paths) == 3


def test_where_dns_cannot_be_read_this_is_said(stack: Stack) -> None:
    assert any(
        grade == "warning" and check == "dns" and "may not read DNS" in text
        for grade, check, text in found(prepared(stack), 0)
    )


def record(name: str, proxied: bool, kind: str = "A") -> dict[str, Any]:
    return {"type": kind, "name": name, "proxied": proxied}


DNS: dict[str, tuple[list[Any], str]] = {
    "proxied": ([record(APP, True)], "ok"),
    "not proxied": ([record(APP, False)], "problem"),
    "one of two addresses not proxied": (
        [record(APP, True), record(APP, False, "AAAA")],
        "problem",
    ),
    "a wildcard": ([record("*.example.com", True)], "ok"),
    "a name of its own beside a wildcard": (
        [record("*.example.com", True), record(APP, False)],
        "problem",
    ),
    "another type": ([record(APP, False, "TXT")], "warning"),
    "nothing": ([], "warning"),
    "nonsense": ([None, {}, {"type": "A"}], "warning"),
}


@pytest.mark.parametrize("case", DNS)
def test_names_that_are_not_proxied_are_found(case: str) -> None:
    records, grade = DNS[case]
    found = list(dns("example.com", [APP], records))
    assert [finding.grade for finding in found] == [grade]
    assert APP in plain(found[0].words) or grade == "ok"


def test_the_table_begins_with_the_problems(stack: Stack) -> None:
    no_key(prepared(stack))
    lines = stack.run("preflight", "--no-state", code=1).stdout.splitlines()
    assert lines[2].startswith("problem")


def certificate_results(stack: Stack, *arguments: str, code: int) -> list[tuple[str, str]]:
    rows = stack.json("preflight", *arguments, code=code)["results"]
    return [(r["grade"], r["text"]) for r in rows if "would present" in r["text"]]


def test_a_zone_certificate_of_somebody_else_is_not_displaced_without_a_word(stack: Stack) -> None:
    mine = stack.pair("zone")
    stack.zone["zone_certificate"] = stack.files("zone")
    other = make("other", issuer=another_authority("Somebody's CA"))
    cert_id = stack.uploads(other)
    stack.switches(True)
    state = stack.folder / "state.json"
    state.write_text(stack.export())
    ((grade, words),) = certificate_results(stack, "--state", str(state), code=1)
    assert grade == "problem"
    assert f"presents zone certificate {other.sha256[:8]}... (CN=Somebody's CA)" in words
    assert f"would present {mine.sha256[:8]}..., of ANOTHER issuer" in words
    assert "overwrite: true accepts that" in words
    stack.zone["overwrite"] = True
    assert certificate_results(stack, "--state", str(state), code=0)[0][0] == "warning"
    del stack.zone["overwrite"]
    state.write_text(stack.export(("ZoneCertificate", cert_id, other)))
    ((grade, words),) = certificate_results(stack, "--state", str(state), code=0)
    assert (grade, "must trust both CAs first" in words) == ("warning", True)


def test_hostnames_that_rise_from_a_level_of_another_ca_are_named(stack: Stack) -> None:
    prepared(stack)
    state = stack.folder / "state.json"
    state.write_text(stack.export())
    found = certificate_results(stack, "--state", str(state), code=0)
    shown = [words for grade, words in found if grade == "warning"]
    assert shown
    assert shown[0].startswith(f"{APP}: Cloudflare presents Cloudflare's shared certificate now")


def test_an_own_hostname_that_was_rebound_is_healed_by_a_refresh(stack: Stack) -> None:
    prepared(stack)
    somebody_elses(stack)
    held = {
        "urn": "urn:pulumi:test::aop::HostnameBindings::hostnames",
        "type": "pulumi-python:dynamic/aop:HostnameBindings",
        "id": ZONE,
        "outputs": {"zone_id": ZONE, "bindings": {APP: {"cert_id": "gone"}}},
    }
    state = stack.folder / "state.json"
    state.write_text(json.dumps({"version": 3, "deployment": {"resources": [held]}}))
    rows = stack.json("preflight", "--state", str(state), code=0)["results"]
    assert [r["grade"] for r in rows if r["check"] == "bindings"] == ["ok"], "nobody else's"
    ((grade, words),) = [(r["grade"], r["text"]) for r in rows if r["check"] == "drift"]
    assert grade == "warning"
    assert words.startswith(f"binding of {APP}: the state says certificate id gone..., Cloudflare")
    assert "changed outside, and `pulumi up --refresh` binds it again" in words
    assert "overwrite" not in words


def test_a_list_that_lags_accuses_nobody_of_a_change(stack: Stack) -> None:
    cert_id = prepared(stack).uploads(stack.pair("app"), "hostname")
    stack.sandbox.limits(list_lag=60)
    stack.shows(APP, cert_id)
    held = {
        "urn": "urn:pulumi:test::aop::HostnameBinding::app",
        "type": "pulumi-python:dynamic/aop:HostnameBinding",
        "outputs": {"zone_id": ZONE, "hostname": APP, "cert_id": cert_id, "enabled": True},
    }
    state = stack.folder / "state.json"
    state.write_text(json.dumps({"version": 3, "deployment": {"resources": [held]}}))
    rows = stack.json("preflight", "--state", str(state))["results"]
    assert [r["text"] for r in rows if r["check"] == "drift"] == []
    stack.shows(APP, cert_id, None)
    rows = stack.json("preflight", "--state", str(state))["results"]
    assert ["Cloudflare has not bound" in r["text"] for r in rows if r["check"] == "drift"] == [
        True
    ]


def test_a_token_that_may_not_see_notification_policies_is_told_before_up(stack: Stack) -> None:
    stack.alerts = {"account_id": ACCOUNT, "emails": ["team@example.com"]}
    found = stack.json("preflight", "--no-state", code=None)["results"]
    assert [f["grade"] for f in found if f["check"] == "alerts"] == ["ok"]
    rights = ["SSL and Certificates Edit", "Zone Settings Edit", "Zone Read"]
    stack.sandbox.add_token("zones", "token-of-zones-alone", permissions=rights)
    stack.environ["CLOUDFLARE_API_TOKEN"] = "token-of-zones-alone"
    found = stack.json("preflight", "--no-state", code=1)["results"]
    (line,) = [f for f in found if f["check"] == "alerts"]
    assert line["grade"] == "problem"
    assert "Account > Notifications: Read" in line["text"]


def test_a_stack_without_alerts_is_not_asked_for_them(stack: Stack) -> None:
    found = stack.json("preflight", "--no-state", code=None)["results"]
    assert [f for f in found if f["check"] == "alerts"] == []


def test_with_a_token_that_is_dead_no_zone_is_asked_and_that_is_said(stack: Stack) -> None:
    stack.environ["CLOUDFLARE_API_TOKEN"] = "a-token-that-was-rolled"
    rows = stack.json("preflight", "--no-state", code=1)["results"]
    assert [row["text"] for row in rows if row["check"] == "zone"] == [
        "example.com: not looked at, for want of a token"
    ]
