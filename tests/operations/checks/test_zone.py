"""What `preflight` says of a zone's limits, raised ones too, and of its SSL mode."""

from __future__ import annotations

from tests.operations.conftest import Stack
from tests.operations.verbs.test_preflight import found, prepared
from tests.pki import make


def limits(stack: Stack, code: int) -> list[tuple[str, str]]:
    return [(grade, words) for grade, check, words in found(stack, code) if check == "limits"]


def test_a_raised_limit_is_no_problem_when_nothing_is_to_come(stack: Stack) -> None:
    stack.sandbox.limits(hostname_certificates=15)
    prepared(stack).uploads(stack.pair("app"), "hostname")
    for number in range(11):
        stack.uploads(make(f"other-{number}"), "hostname")
    told = "example.com: 13 of 10 hostname certificates are there, 0 to come"
    assert limits(stack, 0) == [("warning", f"{told}: no slot is left for a rotation")]


def test_the_zones_limit_is_what_its_configuration_says(stack: Stack) -> None:
    prepared(stack)
    for number in range(12):
        stack.sandbox.limits(hostname_certificates=15)
        stack.uploads(make(f"other-{number}"), "hostname")
    ((grade, words),) = limits(stack, 1)
    assert (grade, "13 of 10" in words) == ("problem", True)
    assert words.endswith(
        "set max_hostname_certificates, where Cloudflare has raised the zone's limit."
    )
    stack.zone["max_hostname_certificates"] = 15
    ((grade, words),) = limits(stack, 0)
    assert (grade, words) == (
        "ok",
        "example.com: 13 of 15 hostname certificates are there, 1 to come",
    )
    stack.zone["max_hostname_certificates"] = 14
    assert limits(stack, 0)[0][0] == "warning"


def test_the_hostnames_of_a_certificate_are_counted_as_its_resource_counts(stack: Stack) -> None:
    prepared(stack)
    stack.binds("app", *(f"h{number}.example.com" for number in range(101)))
    told = "example.com: 101 hostnames under app, Cloudflare allows 100"
    assert limits(stack, 1)[0] == ("problem", told)
    stack.zone["max_hostnames_per_certificate"] = 101
    assert len(limits(stack, 0)) == 1


def ssl_warnings(stack: Stack) -> list[str]:
    rows = found(stack, 0)
    return [words for grade, check, words in rows if (grade, check) == ("warning", "ssl")]


def test_a_mode_that_would_be_lowered_and_cloudflares_own_hand_are_named(stack: Stack) -> None:
    prepared(stack).sets("ssl", "strict")
    assert ssl_warnings(stack) == ["example.com: the SSL mode is strict and is LOWERED to full"]
    stack.sets("ssl_automatic_mode", "auto")
    told = "example.com: Cloudflare's Automatic SSL/TLS is on and may raise"
    assert any(words.startswith(told) for words in ssl_warnings(stack))
    del stack.zone["ssl"]
    assert ssl_warnings(stack) == []
