"""Named hostilities: what ends well after some time, what never does, and what must be refused."""

from __future__ import annotations

import http.server
import threading
from typing import Any, ClassVar

import pytest

from providers.api import client
from providers.api.errors import CloudflareError
from providers.api.zone_requests import AOP
from tests.conftest import ZONE
from tests.properties.engine import Stack, binding, certificate, switch
from tests.properties.test_hostile_answers import APP, ROTATIONS, OneLevelStack
from tests.properties.world import pair, read_held

BASE = f"/zones/{ZONE}/{AOP}"
CODES = {
    1433: "The certificate is in use.",
    1434: "Cannot delete resource while in pending deployment state.",
}
OUTCOMES = {
    "certificate timed out": ("hostname", {"certificate_outcome": "deployment_timed_out"}),
    "certificate pending for ever": ("hostname", {"certificate_outcome": "never"}),
    "binding timed out": ("hostname", {"binding_outcome": "deployment_timed_out"}),
    "binding pending for ever": ("hostname", {"binding_outcome": "never"}),
    "zone certificate timed out": ("zone", {"certificate_outcome": "deployment_timed_out"}),
    "zone certificate pending for ever": ("zone", {"certificate_outcome": "never"}),
}


@pytest.fixture(params=ROTATIONS)
def one_level(sandbox, request):
    return OneLevelStack(sandbox, ROTATIONS[request.param])


@pytest.fixture
def hostname(sandbox):
    return OneLevelStack(sandbox, ROTATIONS["hostname"])


@pytest.fixture
def zone(sandbox):
    return OneLevelStack(sandbox, ROTATIONS["zone"])


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_what_is_never_deployed_ends_the_wait_with_the_next_step_and_the_old_one_protects(
    sandbox, outcome
):
    level, limits = OUTCOMES[outcome]
    one_level = OneLevelStack(sandbox, ROTATIONS[level])
    old, new = one_level.rotation.pairs
    sandbox.limits(**limits)
    told = one_level.rotate(new)
    assert "pulumi up --refresh" in told
    shown = sandbox.presented(ZONE, one_level.rotation.shown)
    assert shown["certificate_sha256"] == pair(old).sha256
    sandbox.limits(certificate_outcome="active", binding_outcome="active")
    program = one_level.rotation.program(new)
    if "pending" in outcome:
        with pytest.raises(CloudflareError, match=r"in vain for .*(active|in force)"):
            one_level.stack.up(program, refresh=True)
        assert not one_level.watch.gaps(sandbox)
        what = (
            f"{ZONE}/{APP}" if "binding" in outcome else one_level.stack.lives[level_name(level)].id
        )
        sandbox.patch_object(what, "active")
    one_level.stack.up(program, refresh=True)
    one_level.settles(new)


def level_name(level: str) -> str:
    """What the programs of a rotation call its certificate."""
    return "zone" if level == "zone" else "pay"


@pytest.mark.parametrize("code", CODES)
def test_a_certificate_that_cannot_be_deleted_yet_is_waited_for(sandbox, hostname, code):
    sandbox.fault("status", status=400, code=code, message=CODES[code], method="DELETE", times=6)
    hostname.settles(1)


@pytest.mark.parametrize("code", CODES)
def test_a_certificate_that_can_never_be_deleted_is_told_and_the_next_run_deletes_it(
    sandbox, hostname, code
):
    sandbox.fault("status", status=400, code=code, message=CODES[code], method="DELETE", times=0)
    told = hostname.rotate(1)
    assert str(code) in told
    assert hostname.stack.moments.passed < 200
    assert sandbox.presented(ZONE, APP)["certificate_sha256"] == pair(1).sha256
    sandbox.clear_faults()
    hostname.settles(1)


def test_no_request_of_a_whole_life_falls_into_a_closed_quota_window(sandbox, one_level):
    # Windows that are shorter than the `wait_seconds` of the resources; the first one is over.
    sandbox.limits(quota_requests=6, quota_window=50)
    sandbox.advance(300)
    sandbox.clear_journal()
    one_level.settles(one_level.rotation.pairs[1])
    one_level.stack.destroy()
    asked = [entry for entry in sandbox.journal() if entry["by"] == "all-permissions"]
    assert len(asked) > 12
    assert not [entry for entry in asked if entry["violation"]]


def test_a_token_just_made_can_make_a_whole_stack(sandbox):
    token = "a-token-just-made-for-a-whole-stack-of-things"
    edit = ["SSL and Certificates Edit", "Zone Settings Edit"]
    sandbox.add_token("fresh", token, fresh_seconds=4, permissions=edit)
    stack = Stack(sandbox, token)
    stack.up({"pay": certificate(pair(0)), "app": binding(APP, "pay")})
    assert sandbox.presented(ZONE, APP)["certificate_sha256"] == pair(0).sha256


def test_an_upload_that_stalls_longer_than_the_timeout_leaves_one_certificate(
    sandbox, hostname, monkeypatch
):
    monkeypatch.setattr(client, "SILENCE", 0.3)
    sandbox.fault("stall", seconds=1.0, method="POST", when="after")
    hostname.settles(1)


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """Another host, to which somebody redirects the upload of a private key."""

    asked: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_private_key_does_not_follow_a_redirect(sandbox, status):
    with http.server.HTTPServer(("127.0.0.1", 0), Elsewhere) as elsewhere:
        threading.Thread(target=elsewhere.serve_forever, daemon=True).start()
        place = f"http://127.0.0.1:{elsewhere.server_port}/"
        sandbox.fault("redirect", method="POST", location=place, status=status, times=0)
        with pytest.raises(CloudflareError, match="redirect, which is not followed"):
            Stack(sandbox).up({"pay": certificate(pair(0))})
        elsewhere.shutdown()
    assert not Elsewhere.asked


# Answers that must not be taken for "nothing is lost by deleting"


def only_ours(zone: OneLevelStack) -> None:
    """Nobody else's certificate is left in the zone, and ours is in force."""
    mine = zone.stack.lives["zone"].id
    for item in zone.sandbox.outside("GET", BASE):
        if item["id"] != mine:
            zone.sandbox.outside("DELETE", f"{BASE}/{item['id']}")
    zone.sandbox.advance(60)


LIES: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown status": ({"action": "unknown_status"}, f"{AOP}/[0-9a-f]+-"),
    "no status": ({"action": "missing_fields", "fields": ["result.status"]}, f"{AOP}/[0-9a-f]+-"),
    "no id": ({"action": "missing_fields", "fields": ["result.id"]}, f"{AOP}/[0-9a-f]+-"),
    "a 404 of a proxy": ({"action": "html", "status": 404}, f"{AOP}/[0-9a-f]+-"),
    "no value of the switch": (
        {"action": "missing_fields", "fields": ["result.enabled"]},
        f"{AOP}/settings$",
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_an_answer_that_says_nothing_does_not_cost_the_last_certificate(sandbox, zone, lie):
    only_ours(zone)
    fault, path = LIES[lie]
    sandbox.fault(**fault, method="GET", path=path, times=0)
    with pytest.raises(CloudflareError):
        zone.stack.up({"switch": switch(AOP, on_destroy="off")})
    assert pair(3).sha256 in read_held(sandbox)["certificates"]
    assert not zone.watch.gaps(sandbox)


def test_a_certificate_with_an_unknown_status_is_not_taken_for_one_that_stays(sandbox, hostname):
    """It is on its way out; a word that nobody knows must not make it the rotation's new one."""
    hostname.settles(1)
    sandbox.fault("unknown_status", method="GET", path="/certificates/[0-9a-f]+-", times=2)
    hostname.settles(0)
    sandbox.advance(60)
    assert sandbox.presented(ZONE, APP)["certificate_sha256"] == pair(0).sha256


UNREADABLE: dict[str, dict[str, Any]] = {
    "a 404 of a proxy": {"action": "html", "status": 404},
    "truncated": {"action": "truncated"},
    "no result": {"action": "missing_fields"},
    "no names": {"action": "missing_fields", "fields": ["result.id", "result.hostname"]},
}


@pytest.mark.parametrize("answer", UNREADABLE)
@pytest.mark.parametrize("name", ["pay", "app"])
def test_what_cannot_be_read_is_not_gone(sandbox, hostname, name, answer):
    """A refresh that took it for gone would make it a second time."""
    sandbox.fault(**UNREADABLE[answer], method="GET", times=0)
    life = hostname.stack.lives[name]
    hostname.stack.lives = {name: life}
    before = life.id
    with pytest.raises(CloudflareError):
        hostname.stack.refresh()
    assert life.id == before
