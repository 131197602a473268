"""The sandbox as a process: its first line, signals, restarts, `kill -9`, files."""

from __future__ import annotations

import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.origins.servers import free_port
from tests.sandbox.steps import (
    BASE,
    HOSTNAME_CERTIFICATES,
    HOSTNAMES,
    entry,
    refusal,
    result,
    status_of,
    upload,
)
from tests.sandbox_server import PROJECT, SandboxProcess, certificate_for


def run(*flags: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *flags],
        cwd=PROJECT,
        text=True,
        capture_output=True,
        timeout=20,
        check=False,
    )


def test_the_first_line_is_the_url_and_sigterm_ends_it_cleanly() -> None:
    port = free_port()
    with SandboxProcess("--port", str(port)) as sandbox:
        assert sandbox.api == f"http://127.0.0.1:{port}/client/v4"
        assert sandbox.process is not None
        assert sandbox.manage("GET", "/")["pid"] == sandbox.process.pid
        assert result(sandbox.call("GET", BASE))
        assert sandbox.stop() == 0


def test_it_ends_though_a_request_is_held_and_a_connection_open() -> None:
    with SandboxProcess() as sandbox:
        sandbox.fault("hold_before")
        with socket.create_connection(("127.0.0.1", int(sandbox.url.rsplit(":", 1)[1]))) as sock:
            sock.sendall(b"GET /client/v4/zones HTTP/1.1\r\nHost: localhost\r\n\r\n")
            sandbox.wait_held()
            assert sandbox.stop() == 0


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (["--host", "192.0.2.1"], "the sandbox listens on loopback only"),
        (["--port", "-1"], "leave --port out"),
        (["--list-lag", "-3"], "list_lag: a number, zero or more"),
        (["--data", "/proc/nowhere"], "--data:"),
    ],
)
def test_a_wrong_flag_ends_it_with_one_line(flags: list[str], complaint: str) -> None:
    ended = run(*flags)
    assert ended.returncode == 2
    assert complaint in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


def test_a_port_in_use_is_one_line() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        ended = run("--port", str(sock.getsockname()[1]))
    assert ended.returncode == 2
    assert "in use" in ended.stderr.splitlines()[-1]


@pytest.mark.parametrize("ending", ["stop", "kill"])
def test_all_that_was_answered_is_there_after_a_restart(tmp_path: Path, ending: str) -> None:
    pair = certificate_for()
    with SandboxProcess("--deploy-seconds", "3600", data=tmp_path) as sandbox:
        made = upload(sandbox, pair=pair)
        sandbox.advance(3600)
        config = [entry("www.example.com", made["id"])]
        result(sandbox.call("PUT", HOSTNAMES, {"config": config}))
        result(sandbox.call("PUT", f"{BASE}/settings", {"enabled": True}))
        sandbox.add_token("more", "more-token-0123456789", fresh_seconds=9000)
        sandbox.fault("status", nth=5)
        sandbox.limits(list_lag=60, quota_requests=500)
        before, faults = sandbox.state(), sandbox.faults()
        journal, log = sandbox.journal(), sandbox.presented_log()
        getattr(sandbox, ending)()
    with SandboxProcess(data=tmp_path) as sandbox:
        after = sandbox.state()
        assert after.pop("now") > before.pop("now")
        assert after == before
        assert (sandbox.faults(), sandbox.journal(), sandbox.presented_log()) == (
            faults,
            journal,
            log,
        )
        assert refusal(sandbox.call("GET", BASE, token="more-token-0123456789")) == (403, 10000)
        assert status_of(sandbox, f"{HOSTNAMES}/www.example.com") == "pending_deployment"
        sandbox.advance(3600)
        assert status_of(sandbox, f"{HOSTNAMES}/www.example.com") == "active"
        assert refusal(sandbox.call("POST", HOSTNAME_CERTIFICATES, pair)) == (400, 1406)


def test_flags_that_are_given_win_over_saved_limits(tmp_path: Path) -> None:
    with SandboxProcess("--deploy-seconds", "7", "--list-lag", "8", data=tmp_path):
        pass
    with SandboxProcess("--list-lag", "9", "--not-atomic", "--frozen", data=tmp_path) as sandbox:
        limits = sandbox.limits()
        assert (limits["deploy_seconds"], limits["list_lag"]) == (7, 9)
        assert (limits["bulk_atomic"], limits["conflicts"]) == (False, True)
        assert sandbox.now() == sandbox.now()


def test_a_reset_forgets_what_was_saved(tmp_path: Path) -> None:
    with SandboxProcess(data=tmp_path) as sandbox:
        made = upload(sandbox)
        sandbox.reset()
        sandbox.kill()
    with SandboxProcess(data=tmp_path) as sandbox:
        assert sandbox.journal() == []
        assert status_of(sandbox, f"{HOSTNAME_CERTIFICATES}/{made['id']}") == "1551"
        assert len(sandbox.zone()["zone_certificates"]) == 1


def test_the_keys_are_kept_for_an_edge_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    data = tmp_path / "data"
    pair = certificate_for()
    with SandboxProcess(data=data) as sandbox:
        upload(sandbox, pair=pair)
        for file in data.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    secret = pair["private_key"].splitlines()[1].encode()
    assert any(secret in file.read_bytes() for file in data.iterdir())


def test_two_sandboxes_do_not_share_a_folder(tmp_path: Path) -> None:
    with SandboxProcess(data=tmp_path):
        ended = run("--data", str(tmp_path))
    assert ended.returncode == 2
    assert "another sandbox uses this folder" in ended.stderr.splitlines()[-1]


def test_a_thousand_bindings_are_put_and_read_quickly(tmp_path: Path) -> None:
    with SandboxProcess("--deploy-seconds", "0", data=tmp_path) as sandbox:
        sandbox.limits(bindings_per_certificate=1000)
        cert_id = upload(sandbox)["id"]
        config = [entry(f"h{number}.example.com", cert_id) for number in range(1000)]
        bulk = sandbox.call("PUT", HOSTNAMES, {"config": config})
        one = sandbox.call("PUT", HOSTNAMES, {"config": config[:1]})
        listed = sandbox.call("GET", HOSTNAMES, per_page="1000")
        assert len(result(listed)) == 1000
        assert bulk.elapsed.total_seconds() < 2
        assert one.elapsed.total_seconds() < 0.2
        assert len(sandbox.presented_all("example.com")) == 1002
