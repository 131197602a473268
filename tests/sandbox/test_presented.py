"""What Cloudflare would present at each instant, and the log of its changes."""

from __future__ import annotations

import itertools
from collections.abc import Callable

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
    legacy,
    put,
    result,
)
from tests.sandbox_server import Json, SandboxThread, certificate_for

WWW = "www.example.com"
SETTINGS = f"/zones/{ZONE}/settings"


def read_presented(sandbox: SandboxThread, hostname: str = WWW) -> tuple[str, str | None]:
    """(level, certificate id; `shared`; None for nothing)."""
    row = sandbox.presented("example.com", hostname)
    if row["certificate_sha256"] is None:
        return row["level"], None
    return row["level"], row["cert_id"] or "shared"


def switch(sandbox: SandboxThread, enabled: bool) -> None:
    result(sandbox.call("PUT", f"{BASE}/settings", {"enabled": enabled}))


def setting(sandbox: SandboxThread, name: str, value: str) -> None:
    result(sandbox.call("PATCH", f"{SETTINGS}/{name}", {"value": value}))


def delete(sandbox: SandboxThread, collection: str, cert_id: str) -> None:
    result(sandbox.call("DELETE", f"{collection}/{cert_id}"))


def born_zone_certificate(sandbox: SandboxThread, place: int = 0) -> str:
    """The newest of the list, unless another place is asked for."""
    return str(result(sandbox.call("GET", ZONE_CERTIFICATES))[place]["id"])


def test_at_first_the_shared_certificate_is_shown_and_the_own_one_of_legacy(
    sandbox: SandboxThread,
) -> None:
    assert read_presented(sandbox) == read_presented(sandbox, "*") == ("global", "shared")
    assert read_presented(sandbox, "legacy.example.com") == ("hostname", legacy(sandbox))
    assert (
        sandbox.presented("example.com", "*")["certificate_sha256"] == (sandbox.shared()["sha256"])
    )


def test_hostname_goes_before_zone_and_zone_before_global(sandbox: SandboxThread) -> None:
    zone_level = born_zone_certificate(sandbox)
    switch(sandbox, True)
    assert read_presented(sandbox) == ("zone", zone_level)
    cert_id = active(sandbox)
    bind(sandbox, WWW, cert_id)
    assert read_presented(sandbox) == ("hostname", cert_id)
    assert read_presented(sandbox, "*") == ("zone", zone_level)
    switch(sandbox, False)
    setting(sandbox, "tls_client_auth", "off")
    assert read_presented(sandbox, "*") == ("none", None)
    assert read_presented(sandbox) == ("hostname", cert_id)


def test_a_first_binding_lets_the_lower_level_show_until_it_is_active(
    sandbox: SandboxThread,
) -> None:
    cert_id = active(sandbox)
    result(put(sandbox, entry(WWW, cert_id)))
    assert read_presented(sandbox) == ("global", "shared")
    sandbox.advance(DEPLOY)
    assert read_presented(sandbox) == ("hostname", cert_id)


@pytest.mark.parametrize("late", ["binding", "certificate"])
def test_a_hostname_shows_the_old_certificate_until_binding_and_new_one_are_active(
    sandbox: SandboxThread, late: str
) -> None:
    old, new = active(sandbox), active(sandbox)
    bind(sandbox, WWW, old)
    result(put(sandbox, entry(WWW, new)))
    slow = f"{ZONE}/{WWW}" if late == "binding" else new
    sandbox.patch_object(slow, "pending_deployment", then="active", after_seconds=60)
    sandbox.advance(59)
    assert read_presented(sandbox) == ("hostname", old)
    sandbox.advance(1)
    assert read_presented(sandbox) == ("hostname", new)


def test_the_old_certificate_deleted_too_early_leaves_nothing(sandbox: SandboxThread) -> None:
    old, new = active(sandbox), active(sandbox)
    bind(sandbox, WWW, old)
    result(put(sandbox, entry(WWW, new)))
    delete(sandbox, HOSTNAME_CERTIFICATES, old)
    assert read_presented(sandbox) == ("hostname", None)
    sandbox.advance(DEPLOY)
    assert read_presented(sandbox) == ("hostname", new)
    levels = [
        row["certificate_sha256"] is None for row in sandbox.presented_log("example.com", WWW)
    ]
    assert levels == [False, False, True, False]


@pytest.mark.parametrize(
    ("change", "after"),
    [
        pytest.param(lambda s: put(s, entry(WWW, legacy(s), None)), ("zone", "own"), id="voided"),
        pytest.param(
            lambda s: put(s, entry(WWW, legacy(s), False)), ("hostname", None), id="disabled"
        ),
        pytest.param(lambda s: setting(s, "ssl", "flexible"), ("none", None), id="no TLS"),
    ],
)
def test_voids_and_switching_off_count_at_once(
    sandbox: SandboxThread, change: Callable[[SandboxThread], object], after: tuple[str, str | None]
) -> None:
    switch(sandbox, True)
    bind(sandbox, WWW, legacy(sandbox))
    own = born_zone_certificate(sandbox)
    change(sandbox)
    assert read_presented(sandbox) == (after[0], own if after[1] == "own" else None)


def test_a_disabled_hostname_stays_suppressed_until_it_is_bound_again(
    sandbox: SandboxThread,
) -> None:
    cert_id = legacy(sandbox)
    bind(sandbox, WWW, cert_id, False)
    assert read_presented(sandbox) == ("hostname", None)
    result(put(sandbox, entry(WWW, cert_id)))
    assert read_presented(sandbox) == ("hostname", None)
    sandbox.advance(DEPLOY)
    assert read_presented(sandbox) == ("hostname", cert_id)


def test_the_zone_shows_its_most_recently_deployed_certificate(sandbox: SandboxThread) -> None:
    switch(sandbox, True)
    old = born_zone_certificate(sandbox)
    new = active(sandbox, ZONE_CERTIFICATES)
    assert read_presented(sandbox) == ("zone", new)
    delete(sandbox, ZONE_CERTIFICATES, new)
    assert read_presented(sandbox) == ("zone", old)


def test_a_new_zone_certificate_is_not_shown_before_it_is_active(sandbox: SandboxThread) -> None:
    switch(sandbox, True)
    old = born_zone_certificate(sandbox)
    result(sandbox.call("POST", ZONE_CERTIFICATES, certificate_for()))
    assert read_presented(sandbox) == ("zone", old)


def test_the_last_zone_certificate_deleted_while_the_switch_is_on_leaves_nothing(
    sandbox: SandboxThread,
) -> None:
    switch(sandbox, True)
    delete(sandbox, ZONE_CERTIFICATES, born_zone_certificate(sandbox))
    assert read_presented(sandbox) == ("zone", None)


def test_a_switch_that_never_had_a_certificate_lets_the_shared_one_show(
    sandbox: SandboxThread,
) -> None:
    delete(sandbox, ZONE_CERTIFICATES, born_zone_certificate(sandbox))
    switch(sandbox, True)
    assert read_presented(sandbox) == ("global", "shared")
    new = active(sandbox, ZONE_CERTIFICATES)
    assert read_presented(sandbox) == ("zone", new)


def test_an_expired_certificate_counts_as_none(sandbox: SandboxThread) -> None:
    switch(sandbox, True)
    sandbox.advance(11 * 365 * 86400)
    assert read_presented(sandbox) == ("zone", None)
    assert read_presented(sandbox, "legacy.example.com") == ("hostname", None)


@pytest.mark.parametrize("word", ["deployment_timed_out", "pending_deployment"])
def test_a_binding_that_never_becomes_active_leaves_the_old_one_in_force(
    sandbox: SandboxThread, word: str
) -> None:
    old, new = active(sandbox), active(sandbox)
    bind(sandbox, WWW, old)
    result(put(sandbox, entry(WWW, new)))
    sandbox.patch_object(f"{ZONE}/{WWW}", word)
    sandbox.advance(3600)
    assert read_presented(sandbox) == ("hostname", old)


def test_a_certificate_in_force_that_is_pending_again_is_still_shown(
    sandbox: SandboxThread,
) -> None:
    cert_id = legacy(sandbox)
    sandbox.patch_object(cert_id, "pending_deployment")
    assert read_presented(sandbox, "legacy.example.com") == ("hostname", cert_id)


def test_a_deleted_certificate_that_comes_back_is_shown_once_it_is_active(
    sandbox: SandboxThread,
) -> None:
    switch(sandbox, True)
    pair = certificate_for()
    cert_id = active(sandbox, ZONE_CERTIFICATES, pair)
    delete(sandbox, ZONE_CERTIFICATES, born_zone_certificate(sandbox, -1))
    delete(sandbox, ZONE_CERTIFICATES, cert_id)
    sandbox.advance(DEPLOY)
    result(sandbox.call("POST", ZONE_CERTIFICATES, pair))
    assert read_presented(sandbox) == ("zone", None)
    sandbox.advance(DEPLOY)
    assert read_presented(sandbox) == ("zone", cert_id)


def seconds_apart(log: list[Json]) -> list[float]:
    times = [float(row["at"][17:26]) + 60 * float(row["at"][14:16]) for row in log]
    return [round((later - earlier) % 3600, 3) for earlier, later in itertools.pairwise(times)]


def test_the_log_knows_when_things_happened_by_time_alone(sandbox: SandboxThread) -> None:
    cert_id = active(sandbox)
    result(put(sandbox, entry(WWW, cert_id)))
    sandbox.advance(20)
    result(put(sandbox, entry(WWW, cert_id, None)))
    log = sandbox.presented_log("example.com", WWW)
    assert [row["level"] for row in log] == ["global", "hostname", "global"]
    assert log[1]["cert_id"] == cert_id
    assert seconds_apart(log)[1] == 20 - DEPLOY


def test_two_changes_at_one_frozen_instant_are_both_in_the_log(sandbox: SandboxThread) -> None:
    first = len(sandbox.presented_log("example.com", "*"))
    for enabled in (True, False, True):
        switch(sandbox, enabled)
    added = sandbox.presented_log("example.com", "*")[first:]
    assert [row["level"] for row in added] == ["zone", "global", "zone"]


def test_a_rotation_in_the_right_order_never_shows_nothing(sandbox: SandboxThread) -> None:
    old = active(sandbox)
    bind(sandbox, WWW, old)
    new = active(sandbox)
    bind(sandbox, WWW, new)
    delete(sandbox, HOSTNAME_CERTIFICATES, old)
    sandbox.advance(DEPLOY)
    log = sandbox.presented_log("example.com", WWW)
    assert [row["cert_id"] for row in log] == [None, old, new]
    assert all(row["certificate_sha256"] for row in log)


def test_every_hostname_that_ever_had_a_binding_is_listed(sandbox: SandboxThread) -> None:
    bind(sandbox, WWW, legacy(sandbox))
    bind(sandbox, WWW, legacy(sandbox), None)
    assert result(sandbox.call("GET", HOSTNAMES, status="all"))
    assert set(sandbox.presented_all("example.com")) == {"*", WWW, "legacy.example.com"}
