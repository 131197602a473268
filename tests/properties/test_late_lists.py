"""Lists that show the past, and runs that recorded nothing: what is there is not what is known."""

from __future__ import annotations

import pytest

from providers.api.zone_requests import AOP
from tests.conftest import ZONE
from tests.properties.engine import Cut, Killed, Stack, binding, bindings, certificate
from tests.properties.test_hostile_answers import APP
from tests.properties.world import pair, read_held

BASE = f"/zones/{ZONE}/{AOP}"
KINDS = {
    "HostnameBinding": lambda number: {
        "pay": certificate(pair(number)),
        "app": binding(APP, "pay"),
    },
    "HostnameBindings": lambda number: {
        "pay": certificate(pair(number)),
        "m": bindings([APP], "pay"),
    },
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("list_lag", [0, 20])
def test_a_rotation_cut_after_its_binding_and_taken_back_is_taken_back_by_one_plain_up(
    sandbox, kind, list_lag
):
    """State and program agree again, so no binding is updated; the deletion notices."""
    stack, program = Stack(sandbox), KINDS[kind]
    stack.up(program(0))
    sandbox.advance(60)
    sandbox.limits(list_lag=list_lag)
    with pytest.raises(Killed):
        stack.up(program(1), Cut(2, "after"))
    stack.up(program(0))
    assert sandbox.presented(ZONE, APP)["certificate_sha256"] == pair(0).sha256
    assert pair(1).sha256 not in read_held(sandbox)["certificates"]
    assert stack.heard.has(APP, "an earlier run bound it to certificate", "back to certificate")
    assert not stack.changes(program(0))


def test_a_binding_that_only_a_late_list_still_shows_is_made(sandbox):
    """Somebody voided it some seconds ago; a create must not take the list's word for it."""
    stack = Stack(sandbox)
    program = {"pay": certificate(pair(0)), "app": binding(APP, "pay")}
    stack.up(program)
    sandbox.advance(60)
    sandbox.limits(list_lag=20)
    entry = {"hostname": APP, "cert_id": stack.lives["pay"].id, "enabled": None}
    sandbox.outside("PUT", f"{BASE}/hostnames", {"config": [entry]})
    del stack.lives["app"]
    stack.up(program)
    shown = sandbox.presented(ZONE, APP)
    assert (shown["level"], shown["certificate_sha256"]) == ("hostname", pair(0).sha256)


def test_a_late_list_does_not_end_the_wait_for_a_binding(sandbox):
    """It was bound so before, then changed by somebody else; the list knows the first only."""
    stack = Stack(sandbox)
    program = {"pay": certificate(pair(0)), "app": binding(APP, "pay")}
    stack.up(program)
    sandbox.advance(60)
    sandbox.limits(list_lag=20)
    entry = {"hostname": APP, "cert_id": stack.lives["pay"].id, "enabled": False}
    sandbox.outside("PUT", f"{BASE}/hostnames", {"config": [entry]})
    del stack.lives["app"]
    stack.up(program)
    row = sandbox.outside("GET", f"{BASE}/hostnames/{APP}")
    assert (row["enabled"], row["status"]) == (True, "active")


def test_a_certificate_uploaded_again_is_not_bound_before_it_is_active(sandbox):
    """It has its old id back, and the list still shows the active one that was deleted."""
    stack = Stack(sandbox)
    program = {"pay": certificate(pair(0))}
    stack.up(program)
    sandbox.advance(60)
    sandbox.limits(list_lag=60)
    stack.destroy()
    stack.up({**program, "app": binding(APP, "pay", wait=200)})
    (put,) = [entry for entry in sandbox.journal() if entry["method"] == "PUT"]
    uploads = [entry for entry in sandbox.journal() if entry["method"] == "POST"]
    deployed = sandbox.zone()["hostname_certificates"]
    assert stack.lives["pay"].id in {item["id"] for item in deployed}
    assert _seconds(put["at"]) - _seconds(uploads[-1]["at"]) >= 5


def _seconds(at: str) -> float:
    hours, minutes, seconds = at[11:].rstrip("Z").split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def test_a_late_list_hides_nothing_from_a_map(sandbox):
    sandbox.limits(list_lag=20)
    stack = Stack(sandbox)
    names = [f"{name}.example.com" for name in "abc"]
    for number in (0, 1):
        program = {"pay": certificate(pair(number)), "map": bindings(names, "pay")}
        stack.up(program)
        assert not stack.changes(program)
    assert {sandbox.presented(ZONE, n)["certificate_sha256"] for n in names} == {pair(1).sha256}
