"""`coverage` says of each hostname what the sandbox's own oracle says."""

from __future__ import annotations

from typing import Any

import pytest

from tests.operations.conftest import NAME, Stack
from tests.pki import make

LEGACY = f"legacy.{NAME}"


def rows(stack: Stack) -> dict[str, Any]:
    return {row["hostname"]: row for row in stack.json("coverage")["hostnames"]}


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


CASES = (
    "as born",
    "the zone's certificate",
    "both switches off",
    "a hostname",
    "a hostname switched off",
    "a hostname voided",
    "no TLS",
    "a zone certificate replaced",
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
        "only Cloudflare's shared certificate is on; its configured binding is missing"
    )


def test_the_table_is_whole_in_a_file_and_without_colours(stack: Stack) -> None:
    name = f"{'long-' * 12}{'x' * 3}.{'label-' * 9}y.example.com"
    stack.shows(name, stack.uploads(make("app"), "hostname"))
    shown = stack.run("coverage").stdout
    assert name in shown
    assert "\x1b" not in shown


def test_the_page_shows_the_same(stack: Stack) -> None:
    page = stack.run("coverage", "--format", "html").stdout
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
    done = stack.run("coverage", code=1)
    assert len(done.stderr.splitlines()) == 1
    assert part in done.stderr
    assert done.stdout == ""


def test_a_mistake_in_the_configuration_is_one_line_that_names_the_key(stack: Stack) -> None:
    stack.zone["zone_id"] = "example.com"
    done = stack.run("coverage", code=1)
    assert len(done.stderr.splitlines()) == 1
    assert "zone_id" in done.stderr
