"""The edge of a sandbox that runs as a process: where it is, and that it outlives a restart."""

from __future__ import annotations

import socket
from pathlib import Path

import httpx

from tests.sandbox.test_process import run
from tests.sandbox_server import SandboxProcess


def test_there_is_no_edge_unless_it_is_asked_for() -> None:
    with SandboxProcess() as sandbox:
        assert sandbox.manage("GET", "/")["edge"] is None


def test_the_second_line_is_the_url_of_the_edge_and_its_origins_outlive_kill_9(
    tmp_path: Path,
) -> None:
    with SandboxProcess("--edge-port", "0", data=tmp_path) as sandbox:
        assert sandbox.edge.startswith("http://127.0.0.1:")
        assert sandbox.manage("GET", "/")["edge"] == sandbox.edge
        origins = sandbox.origins(**{"Shop.Example.com.": "127.0.0.1:9"})
        assert list(origins) == ["shop.example.com"]
        sandbox.kill()
    port = sandbox.edge.rpartition(":")[2]
    with SandboxProcess("--edge-port", port, data=tmp_path) as sandbox:
        answer = httpx.get(f"{sandbox.edge}/client/v4/zones", headers={"Host": "shop.example.com"})
        assert answer.status_code == 521
        sandbox.reset()
        assert sandbox.manage("GET", "/origins") == {}


def test_a_port_of_the_edge_in_use_is_one_line() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        ended = run("--edge-port", str(sock.getsockname()[1]))
    assert ended.returncode == 2
    assert "--edge-port" in ended.stderr.splitlines()[-1]
    assert "in use" in ended.stderr
