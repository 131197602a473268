"""PUT hostnames in bulk: order, limits, atomicity."""

from __future__ import annotations

import pytest

from tests.sandbox.steps import (
    DEPLOY,
    HOSTNAMES,
    active,
    bind,
    entry,
    put,
    refusal,
    result,
    status_of,
)
from tests.sandbox_server import Json, SandboxThread


def names(count: int) -> list[str]:
    return [f"h{number}.example.com" for number in range(count)]


def test_a_voided_hostname_frees_its_place_at_once(sandbox: SandboxThread) -> None:
    cert_id = active(sandbox)
    result(put(sandbox, *[entry(name, cert_id) for name in names(100)]))
    result(put(sandbox, entry("h5.example.com", cert_id, None)))
    result(put(sandbox, entry("one.example.com", cert_id)))


def test_hostnames_that_are_not_listed_are_untouched(sandbox: SandboxThread) -> None:
    cert_id = active(sandbox)
    bind(sandbox, "www.example.com", cert_id)
    answer = result(put(sandbox, entry("a.example.com", cert_id), entry("b.example.com", cert_id)))
    assert [row["hostname"] for row in answer] == ["a.example.com", "b.example.com"]
    assert status_of(sandbox, f"{HOSTNAMES}/www.example.com") == "active"
    assert status_of(sandbox, f"{HOSTNAMES}/legacy.example.com") == "active"


def test_a_certificate_takes_a_hundred_hostnames(sandbox: SandboxThread) -> None:
    cert_id = active(sandbox)
    result(put(sandbox, *[entry(name, cert_id) for name in names(100)]))
    assert refusal(put(sandbox, entry("one.example.com", cert_id))) == (400, 1493)
    result(put(sandbox, entry("h5.example.com", cert_id, False)))


ADD, REMOVE = ("one.example.com", True), ("h5.example.com", None)


@pytest.mark.parametrize(
    ("order", "accepted"),
    [
        pytest.param([REMOVE, ADD], True, id="removal first"),
        pytest.param([ADD, REMOVE], False, id="addition first"),
    ],
)
def test_at_the_limit_the_entries_count_in_their_order(
    sandbox: SandboxThread, order: list[tuple[str, bool | None]], accepted: bool
) -> None:
    cert_id = active(sandbox)
    result(put(sandbox, *[entry(name, cert_id) for name in names(100)]))
    answer = put(sandbox, *[entry(name, cert_id, enabled) for name, enabled in order])
    assert (answer.status_code == 200) is accepted


@pytest.mark.parametrize(
    ("atomic", "first"),
    [(True, "1553"), (False, "pending_deployment")],
    ids=["atomic", "not atomic"],
)
def test_a_bad_entry_spoils_the_request_or_what_follows_it(
    sandbox: SandboxThread, atomic: bool, first: str
) -> None:
    sandbox.limits(bulk_atomic=atomic)
    cert_id = active(sandbox)
    bad: Json = {"hostname": "bad.example.com", "enabled": True}
    answer = put(sandbox, entry("a.example.com", cert_id), bad, entry("c.example.com", cert_id))
    assert refusal(answer) == (400, 1404)
    assert status_of(sandbox, f"{HOSTNAMES}/a.example.com") == first
    assert status_of(sandbox, f"{HOSTNAMES}/c.example.com") == "1553"


def test_voiding_what_is_not_bound_does_nothing(sandbox: SandboxThread) -> None:
    row = result(put(sandbox, entry("never.example.com", active(sandbox), None)))[0]
    assert (row["enabled"], row["status"]) == (None, "deleted")
    assert status_of(sandbox, f"{HOSTNAMES}/never.example.com") == "1553"


def test_voiding_again_does_not_prolong_the_deletion(sandbox: SandboxThread) -> None:
    cert_id = active(sandbox)
    bind(sandbox, "www.example.com", cert_id)
    result(put(sandbox, entry("www.example.com", cert_id, None)))
    sandbox.advance(DEPLOY - 1)
    result(put(sandbox, entry("www.example.com", cert_id, None)))
    sandbox.advance(1)
    assert status_of(sandbox, f"{HOSTNAMES}/www.example.com") == "1553"


def test_a_hostname_bound_again_while_it_is_voided_stays(sandbox: SandboxThread) -> None:
    cert_id = active(sandbox)
    bind(sandbox, "www.example.com", cert_id)
    result(put(sandbox, entry("www.example.com", cert_id, None)))
    bind(sandbox, "www.example.com", cert_id)
    sandbox.advance(60)
    assert status_of(sandbox, f"{HOSTNAMES}/www.example.com") == "active"
