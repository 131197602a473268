"""Each hostile answer at each request of a rotation: success after some patience, or one line.

Whatever is answered, the hostname and the zone never show nothing, and the next run heals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from providers.api.errors import CloudflareError
from providers.api.zone_requests import AOP
from tests.conftest import TOKEN, ZONE
from tests.properties.engine import Program, Stack, binding, certificate, switch
from tests.properties.world import Watch, pair, read_held
from tests.sandbox_server import Sandbox

APP = "a.example.com"
LONGEST = 1200.0
FINAL = {"success false with 200", "several errors", "redirect"}

HOSTILITY: dict[str, dict[str, Any]] = {
    "429 with Retry-After": {
        "action": "status",
        "status": 429,
        "code": 971,
        "retry_after": 30,
    },
    "429 without Retry-After": {"action": "status", "status": 429, "code": 10100},
    "409": {"action": "status", "status": 409, "code": 1000, "message": "conflict"},
    "500": {"action": "status", "status": 500},
    "500 after the work": {"action": "status", "status": 500, "when": "after"},
    "503": {"action": "status", "status": 503},
    "HTML": {"action": "html"},
    "HTML with 404": {"action": "html", "status": 404},
    "HTML after the work": {"action": "html", "when": "after"},
    "success false with 200": {"action": "success_false_with_200"},
    "several errors": {"action": "several_errors"},
    "redirect": {"action": "redirect"},
    "truncated": {"action": "truncated"},
    "no result": {"action": "missing_fields"},
    "no id": {"action": "missing_fields", "fields": ["result.id", "result.hostname"]},
    "no status": {"action": "missing_fields", "fields": ["result.status"]},
    "no value": {"action": "missing_fields", "fields": ["result.value", "result.enabled"]},
    "no certificate": {
        "action": "missing_fields",
        "fields": ["result.certificate", "result.cert_id", "result.uploaded_on"],
    },
    "unknown status": {"action": "unknown_status"},
    "huge": {"action": "huge"},
    "reset before the work": {"action": "reset_before"},
    "lost reply": {"action": "lost_reply"},
}


@dataclass(frozen=True)
class Rotation:
    """Programs that show one pair or the other, and the requests of going from one to the other."""

    pairs: tuple[int, int]
    shown: str
    requests: tuple[tuple[str, str], ...]

    def program(self, number: int) -> Program:
        if self.shown == APP:
            return {"pay": certificate(pair(number)), "app": binding(APP, "pay")}
        return {
            "zone": certificate(pair(number), "zone"),
            "switch": switch(AOP, on_destroy="off"),
        }


ROTATIONS = {
    "hostname": Rotation(
        (0, 1),
        APP,
        (
            ("GET", "/hostnames/certificates$"),
            ("POST", "/hostnames/certificates$"),
            ("GET", "/hostnames$"),
            ("PUT", "/hostnames$"),
            ("DELETE", "/hostnames/certificates/"),
        ),
    ),
    "zone": Rotation(
        (3, 4),
        "*",
        (
            ("GET", "/origin_tls_client_auth$"),
            ("POST", "/origin_tls_client_auth$"),
            ("GET", "/origin_tls_client_auth/[0-9a-f]+-"),
            ("GET", "/origin_tls_client_auth/settings$"),
            ("DELETE", "/origin_tls_client_auth/[0-9a-f]+-"),
        ),
    ),
}


class OneLevelStack:
    """A stack whose only level is the rotated one, so that a gap is a gap."""

    def __init__(self, sandbox: Sandbox, rotation: Rotation) -> None:
        sandbox.outside("PATCH", f"/zones/{ZONE}/settings/tls_client_auth", {"value": "off"})
        self.sandbox, self.rotation = sandbox, rotation
        self.before = read_held(sandbox)
        self.stack = Stack(sandbox)
        self.stack.up(rotation.program(rotation.pairs[0]))
        sandbox.advance(60)
        self.watch = Watch(
            since=max(row["at"] for row in sandbox.presented_log(ZONE)),
            must={rotation.shown},
            may={pair(number).sha256 for number in rotation.pairs},
        )

    def rotate(self, number: int) -> str:
        """The error, or an empty text; whatever it is, somebody protected stays protected."""
        told, start = "", self.stack.moments.passed
        try:
            self.stack.up(self.rotation.program(number))
        except CloudflareError as error:
            told = str(error)
        assert self.stack.moments.passed - start < LONGEST
        assert not self.watch.gaps(self.sandbox)
        assert "\n" not in told
        assert len(told) < 400
        assert TOKEN not in told
        assert "PRIVATE" not in told
        assert not told or told.endswith((".", "`"))
        return told

    def settles(self, number: int) -> None:
        """Nobody disturbs any more: one `up`, and only this pair is left."""
        assert self.rotate(number) == ""
        found = read_held(self.sandbox)
        assert found["certificates"] == self.before["certificates"] | {pair(number).sha256}
        assert not self.stack.changes(self.rotation.program(number))


@pytest.mark.parametrize("hostility", HOSTILITY)
def test_a_hostile_answer_twice_is_waited_out_or_told_in_one_line(sandbox, hostility):
    one_level = OneLevelStack(sandbox, ROTATIONS["hostname"])
    for turn, (method, path) in enumerate(one_level.rotation.requests, 1):
        number = turn % 2
        sandbox.fault(**HOSTILITY[hostility], method=method, path=path, times=2)
        told = one_level.rotate(number)
        assert bool(told) == (hostility in FINAL), (method, path, told)
        sandbox.clear_faults()
        one_level.settles(number)


@pytest.mark.slow
@pytest.mark.parametrize("times", [2, 0], ids=["twice", "for ever"])
@pytest.mark.parametrize("level", ROTATIONS)
@pytest.mark.parametrize("hostility", HOSTILITY)
def test_a_hostile_answer_takes_nothing_away_and_the_next_run_heals(
    sandbox, hostility, level, times
):
    one_level = OneLevelStack(sandbox, ROTATIONS[level])
    for turn, (method, path) in enumerate(one_level.rotation.requests, 1):
        number = one_level.rotation.pairs[turn % 2]
        sandbox.fault(**HOSTILITY[hostility], method=method, path=path, times=times)
        one_level.rotate(number)
        sandbox.clear_faults()
        one_level.settles(number)
