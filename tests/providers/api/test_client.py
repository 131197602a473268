"""The client against a hostile Cloudflare: success after bounded patience, or one clear line."""

from __future__ import annotations

import http.server
import subprocess
import sys
import threading
from typing import ClassVar

import pytest

from providers.api import client
from providers.api.client import decode
from providers.api.errors import CloudflareError, EngineGone, Refused, Unanswered
from tests.conftest import ZONE

SWITCH = "origin_tls_client_auth"


@pytest.fixture
def zone(new_run):
    return new_run().zone(ZONE, None)


def requests(sandbox):
    return [e for e in sandbox.journal() if e["by"] != "dashboard"]


@pytest.mark.parametrize(
    "fault",
    [
        {"action": "status", "status": 500},
        {"action": "status", "status": 503},
        {"action": "status", "status": 520},
        {"action": "html"},
        {"action": "truncated"},
        {"action": "missing_fields"},
        {"action": "huge"},
        {"action": "reset_before"},
        {"action": "lost_reply"},
    ],
    ids=lambda fault: f"{fault['action']} {fault.get('status', '')}",
)
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_failure_that_may_pass_is_repeated(sandbox, zone, fault, method):
    sandbox.fault(**fault, method=method, times=3)
    if method == "PUT":
        zone.set_setting(SWITCH, "on")
    assert zone.setting(SWITCH) == ("on" if method == "PUT" else "off")


@pytest.mark.parametrize("action", ["html", "truncated", "reset_before", "huge"])
def test_a_failure_that_does_not_pass_ends_in_one_line(sandbox, zone, moments, action):
    sandbox.fault(action, method="GET", times=0)
    with pytest.raises(CloudflareError) as told:
        zone.setting(SWITCH)
    assert len(str(told.value).splitlines()) == 1
    assert len(str(told.value)) < 300
    assert 20 < moments.passed < 120
    assert len(requests(sandbox)) == 6


@pytest.mark.parametrize("action", ["html", "lost_reply", "truncated"])
def test_a_post_is_never_repeated_blindly(sandbox, zone, action):
    sandbox.fault(action, method="POST", times=0)
    with pytest.raises(CloudflareError):
        zone.upload("zone", "no certificate", "no key")
    assert len(requests(sandbox)) == 1


def test_no_request_falls_into_a_closed_quota_window(sandbox, zone, moments):
    sandbox.limits(quota_requests=5, quota_window=300)
    for _ in range(12):
        zone.setting(SWITCH, max_age=-1)
    assert not [e for e in requests(sandbox) if e["violation"]]
    assert {e["status"] for e in requests(sandbox)} <= {200, 429}
    assert moments.passed >= 300


@pytest.mark.parametrize("retry_after", [7, None])
def test_a_storm_of_429_is_waited_out(sandbox, zone, moments, retry_after):
    sandbox.fault("status", status=429, code=971, retry_after=retry_after, times=4)
    assert zone.setting(SWITCH) == "off"
    assert moments.passed >= 4 * (retry_after or 5)


def test_a_429_counts_for_every_thread(sandbox, zone, moments):
    sandbox.fault("status", status=429, code=971, retry_after=30, times=1)
    zone.setting(SWITCH)
    assert moments.passed >= 30
    assert len(requests(sandbox)) == 2


def test_a_conflict_is_waited_out_for_a_post_too(sandbox, zone, moments):
    sandbox.fault("status", status=409, code=1000, message="conflict", method="POST", times=3)
    with pytest.raises(Refused, match="1408"):
        zone.upload("zone", "no certificate", "no key")
    assert moments.passed >= 15


def test_a_token_just_made_is_given_some_seconds(sandbox, new_run, moments):
    sandbox.add_token(
        "fresh",
        "a-fresh-token-of-forty-characters-in-all",
        fresh_seconds=4,
        permissions=["SSL and Certificates Edit"],
    )
    run = new_run(CLOUDFLARE_API_TOKEN="a-fresh-token-of-forty-characters-in-all")
    assert run.zone(ZONE, None).setting(SWITCH) == "off"
    assert 3 <= moments.passed < 10


def test_a_missing_permission_is_named(sandbox, new_run):
    sandbox.add_token("narrow", "a-narrow-token-of-forty-characters-long.", permissions=[])
    zone = new_run(CLOUDFLARE_API_TOKEN="a-narrow-token-of-forty-characters-long.").zone(ZONE, None)
    with pytest.raises(Refused, match="Zone > SSL and Certificates: Read"):
        zone.certificates("zone")
    with pytest.raises(Refused, match="Zone > Zone Settings: Edit"):
        zone.set_setting("tls_client_auth", "off")


def test_success_false_with_200_is_a_refusal(sandbox, zone):
    sandbox.fault("success_false_with_200")
    with pytest.raises(Refused, match="HTTP 200"):
        zone.setting(SWITCH)


def test_a_wrong_zone_id_is_not_mistaken_for_something_gone(new_run):
    zone = new_run().zone("f" * 32, None)
    with pytest.raises(Refused, match="Check zone_id"):
        zone.certificate("zone", "38bffaf9-6da7-4230-8bd4-a7b57136cf99")


def test_a_stall_longer_than_the_timeout_is_repeated(sandbox, monkeypatch, new_run):
    monkeypatch.setattr(client, "SILENCE", 0.3)
    zone = new_run().zone(ZONE, None)
    sandbox.fault("stall", seconds=1.5, times=1)
    assert zone.setting(SWITCH) == "off"


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """Another host, which would see the token if a redirect were followed."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


def test_the_token_does_not_follow_a_redirect(sandbox, zone):
    with http.server.HTTPServer(("127.0.0.1", 0), Elsewhere) as elsewhere:
        threading.Thread(target=elsewhere.serve_forever, daemon=True).start()
        sandbox.fault("redirect", location=f"http://127.0.0.1:{elsewhere.server_port}/")
        with pytest.raises(Refused, match="redirect, which is not followed"):
            zone.setting(SWITCH)
        elsewhere.shutdown()
    assert not Elsewhere.asked


def test_an_unreachable_cloudflare_is_said_after_some_tries(new_run, moments):
    zone = new_run(CLOUDFLARE_BASE_URL="http://127.0.0.1:9/client/v4").zone(ZONE, None)
    with pytest.raises(
        Unanswered, match=r"cannot be reached: 127\.0\.0\.1:9: connection refused\.$"
    ):
        zone.setting(SWITCH)
    assert moments.passed > 20


def test_nothing_is_written_once_the_engine_is_gone(sandbox, new_run):
    def gone() -> None:
        raise EngineGone

    run = new_run()
    run.stop_with(gone)
    with pytest.raises(EngineGone, match="pulumi cancel"):
        run.zone(ZONE, None).set_setting(SWITCH, "on")
    assert not requests(sandbox)


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"{", b"\xff\xfe", b"<html>"], ids=repr)
@pytest.mark.parametrize("status", [200, 400, 404, 502])
def test_any_body_gives_one_line(status, content):
    with pytest.raises(CloudflareError) as told:
        decode("GET", "zones/x", status, {}, content)
    assert "\n" not in str(told.value)


IMPORTED = "; print(*sorted(sys.modules.keys() & {'httpx', 'rich', 'click'}))"


@pytest.mark.parametrize(
    ("code", "imported"),
    [
        ("import sys, providers, providers.plugin.session", ""),
        ("import sys, stacks.dev, stacks.staging, stacks.prod", ""),
        (
            "import os, sys; from providers.plugin.session import Session;"
            " Session({'CLOUDFLARE_API_TOKEN': 't' * 40}).client(None)",
            "httpx",
        ),
    ],
    ids=["the plugin's start", "the programs", "the first request"],
)
def test_nothing_is_imported_before_it_is_used_and_no_command_line_ever(code, imported):
    done = subprocess.run(
        [sys.executable, "-c", code + IMPORTED], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == imported
