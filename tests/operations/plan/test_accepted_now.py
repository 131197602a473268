"""`origin` says whether today's certificate would pass, as the sandbox presents it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from operations.plan.accepted_now import describe
from operations.sources import cloudflare
from operations.sources.configuration import load
from origins import Origin
from providers.plugin.session import Session
from tests.operations.conftest import NAME, Stack
from tests.pki import Pair, another_authority, ca_certificate, make

SHOP = f"shop.{NAME}"
STEP = (
    "Begin with stage optional, or trust it with --also-trust; `coverage` says what sets it right."
)


def now(stack: Stack, *arguments: str, hostname: str = SHOP) -> str:
    """The last line of `origin`, which is the one in JSON too."""
    verb = ("origin", hostname, "--server", "nginx", *arguments)
    line = stack.run(*verb).stderr.splitlines()[-1]
    assert stack.json(*verb)["now"] == line
    return line


@pytest.fixture
def shop(stack: Stack) -> Pair:
    """What the file has for shop.example.com."""
    pair = stack.pair("shop")
    stack.binds("shop", SHOP)
    (stack.folder / "ca.pem").write_text(ca_certificate())
    stack.zone["hostname_certificates"]["shop"]["ca"] = f"file:{stack.folder}/ca.pem"
    return pair


def test_what_the_file_names_is_accepted(stack: Stack, shop: Pair) -> None:
    stack.shows(SHOP, stack.uploads(shop, "hostname"))
    said = now(stack, "--stage", "on")
    assert said.startswith(f"Cloudflare presents {shop.sha256[:8]} (until ")
    assert said.endswith(f") for {SHOP} now, which this accepts.")


def test_what_somebody_else_has_bound_is_refused_and_why(stack: Stack, shop: Pair) -> None:
    other = make("other", issuer=another_authority("Another CA"))
    stack.shows(SHOP, stack.uploads(other, "hostname"))
    said = now(stack, "--stage", "on")
    assert said.startswith(f"Cloudflare presents {other.sha256[:8]} (until ")
    assert f"for {SHOP} now, so this refuses everybody: CN=other" in said
    assert said.endswith(STEP)
    assert "so stage on would refuse everybody: " in now(stack)


def test_another_certificate_of_a_trusted_ca_passes_unless_one_is_pinned(
    stack: Stack, shop: Pair
) -> None:
    other = make("other")
    stack.shows(SHOP, stack.uploads(other, "hostname"))
    assert now(stack).endswith("now, which this accepts.")
    said = now(stack, "--pin")
    assert "only pinned certificates pass, and that is none" in said


def test_nothing_and_the_shared_one_are_named(stack: Stack, shop: Pair) -> None:
    stack.sets("ssl", "flexible")
    said = now(stack, "--stage", "on")
    nothing = f"Cloudflare presents nothing for {SHOP} now, so this refuses everybody: "
    assert said.startswith(f"{nothing}SSL mode flexible: no TLS to the origin. ")
    stack.sets("ssl", "full")
    stack.sets("tls_client_auth", "on")
    said = now(stack, "--stage", "on")
    assert f"its shared certificate for {SHOP} now, so this refuses everybody" in said
    assert now(stack, "--also-trust", "cloudflare").endswith("now, which this accepts.")


def test_an_ended_certificate_is_presented_to_nobody(stack: Stack, shop: Pair) -> None:
    stack.shows(SHOP, stack.uploads(shop, "hostname"))
    (config,) = load("", stack.write()).zones.values()
    session = Session(stack.environ)
    live = cloudflare.read(NAME, config, session)
    session.close()
    origin = Origin(SHOP, "/own.pem", "/own.key", "/ca.pem", ca_certificate())
    today = datetime.now(UTC)
    assert describe(origin, live, today).endswith("now, which this accepts.")
    said = describe(origin, live, today + timedelta(days=366))
    assert f"presents nothing for {SHOP} now, so this refuses everybody: {shop.sha256[:8]}" in said
    assert "has EXPIRED on" in said


def test_without_a_token_nobody_is_asked_and_nothing_is_said(stack: Stack, shop: Pair) -> None:
    del stack.environ["CLOUDFLARE_API_TOKEN"]
    verb = ("origin", SHOP, "--server", "nginx")
    assert "Cloudflare presents" not in stack.run(*verb).stderr
    assert stack.json(*verb)["now"] == ""


def test_a_token_that_is_dead_costs_a_line_and_no_text(stack: Stack, shop: Pair) -> None:
    stack.environ["CLOUDFLARE_API_TOKEN"] = "x" * 40
    done = stack.run("origin", SHOP, "--server", "nginx")
    assert "server_name" in done.stdout
    last = done.stderr.splitlines()[-1]
    assert last.startswith("What Cloudflare presents now was not looked at: ")
    assert "neither revoked nor expired" in last
