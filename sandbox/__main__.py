"""python -m sandbox: serve until SIGTERM or SIGINT. The first line printed is the API's URL, the
second, where it is asked for, the edge's."""

from __future__ import annotations

import argparse
import socket
import sys
from pathlib import Path
from typing import Any

from sandbox import API_PREFIX
from sandbox.app import build
from sandbox.clock import Clock
from sandbox.limits import Limits
from sandbox.persistence import DataDirectoryInUse
from sandbox.server import LOOPBACK, Server, listen

# flag, type, unit, help
FIGURES = (
    ("--latency", float, "MS", "time that each request takes (0)"),
    ("--deploy-seconds", float, "S", "time from pending_deployment to active (2)"),
    ("--delete-seconds", float, "S", "time from pending_deletion to deleted (as deploying)"),
    ("--list-lag", float, "S", "lists show what was S ago (0)"),
    ("--quota", int, "N", "requests per window, as Cloudflare's 1200 (0: no quota)"),
    ("--quota-window", float, "S", "length of the window (300)"),
)
CHOICES = (
    ("--not-atomic", "a bulk PUT applies the entries before a bad one"),
    ("--no-conflicts", "no 409 for certificate changes at once in one zone"),
)


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="A small Cloudflare on loopback, for tests.",
        epilog="Defaults are in brackets. What can be changed while it runs: sandbox/README.md.",
    )
    add = options.add_argument
    add("--port", type=int, default=0, help="0, the default, takes a free one")
    add("--edge-port", type=int, metavar="N", help="the edge's; 0 takes a free one (no edge)")
    add("--host", default=LOOPBACK, help="127.0.0.1 or localhost; any other is refused")
    add("--data", type=Path, help="folder for state that survives restarts (memory only)")
    for flag, kind, unit, text in FIGURES:
        add(flag, type=kind, metavar=unit, help=text)
    for flag, text in CHOICES:
        add(flag, action="store_true", default=None, help=text)
    add("--frozen", action="store_true", help="time moves by POST /sandbox/clock only")
    return options


def limits_of(given: argparse.Namespace) -> dict[str, Any]:
    """Reads the limits that the command line names; ValueError for an impossible limit."""
    values = {
        "latency_ms": given.latency,
        "deploy_seconds": given.deploy_seconds,
        "delete_seconds": given.delete_seconds,
        "list_lag": given.list_lag,
        "quota_requests": given.quota,
        "quota_window": given.quota_window,
        "bulk_atomic": given.not_atomic and False,
        "conflicts": given.no_conflicts and False,
    }
    named = {name: value for name, value in values.items() if value is not None}
    Limits().replace(named)
    return named


def open_socket(options: argparse.ArgumentParser, flag: str, port: int) -> socket.socket:
    try:
        return listen(port)
    except (OSError, OverflowError) as error:
        options.error(f"{flag} {port}: {error}; leave {flag} out or give 0 to take a free one")


def main() -> int:
    options = parser()
    given = options.parse_args()
    if given.host not in (LOOPBACK, "localhost"):
        options.error(
            f"--host {given.host}: the sandbox listens on loopback only, "
            f"leave --host out or give {LOOPBACK}"
        )
    try:
        limits = limits_of(given)
    except ValueError as error:
        options.error(str(error))
    sockets = [open_socket(options, "--port", given.port)]
    if given.edge_port is not None:
        sockets.append(open_socket(options, "--edge-port", given.edge_port))
    ports = [sock.getsockname()[1] for sock in sockets]
    urls = [f"http://{LOOPBACK}:{port}" for port in ports]
    clock = Clock(frozen=given.frozen)
    try:
        app = build(urls[0], limits, clock, given.data, *ports[1:])
    except (DataDirectoryInUse, OSError) as error:
        options.error(f"--data: {error}")
    lines = "\n".join([urls[0] + API_PREFIX, *urls[1:]])
    Server(app, lambda: print(lines, flush=True)).run(sockets=sockets)
    return 0


if __name__ == "__main__":
    sys.exit(main())
