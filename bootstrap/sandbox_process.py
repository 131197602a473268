"""The sandbox of `make up`: a detached process with its data in the work folder."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any, NamedTuple

from bootstrap import PROJECT, Stop, processes, say
from bootstrap.environment import clean
from bootstrap.files import write

TOKEN = "sandbox-token-all-permissions"  # noqa: S105  opens nothing but the sandbox
API_PATH = "/client/v4"
START_SECONDS = 30.0
# The sandbox answers in milliseconds; a machine under load is given more.
ANSWER_SECONDS = 10.0
# Small, and above zero, so that a first `make up` shows the waits of a real deployment.
DEPLOY_SECONDS = 1
# A proxy of the user's never sees the way to loopback.
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


class Running(NamedTuple):
    """`api`: the API's base URL. `birth` tells the process from a later one with its pid."""

    pid: int
    birth: str
    api: str


def manage(api: str, path: str) -> Any:
    """The JSON of GET /sandbox/PATH. OSError or ValueError where no sandbox answers."""
    root = api.removesuffix(API_PATH)
    if not root.startswith("http://127.0.0.1:"):
        raise ValueError(f"{api} is not on loopback")
    with _open(f"{root}/sandbox/{path}", timeout=ANSWER_SECONDS) as answer:
        return json.load(answer)


def find_running(work: Path) -> Running | None:
    """The process that this work folder started, if that very process still lives."""
    try:
        fields = json.loads((work / "sandbox.json").read_text())
        found = Running(int(fields["pid"]), str(fields["birth"]), str(fields["api"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if processes.birth(found.pid) == found.birth else None


def answers(sandbox: Running) -> bool:
    """Whether the process with our pid is what listens there."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return bool(manage(sandbox.api, "").get("pid") == sandbox.pid)
    return False


def ensure(work: Path) -> str:
    """Starts our sandbox unless that runs already; answers the API's base URL."""
    found = find_running(work)
    if found is not None:
        if answers(found):
            return found.api
        say("the sandbox runs but does not answer: starting it again, with its data")
        processes.end(found.pid, found.birth)
    return start(work).api


def start(work: Path) -> Running:
    """Starts the sandbox, detached from this process and terminal; output goes to sandbox.log."""
    work.mkdir(parents=True, exist_ok=True)
    log = work / "sandbox.log"
    command = (
        sys.executable, "-m", "sandbox",
        "--data", str(work / "sandbox"), "--deploy-seconds", str(DEPLOY_SECONDS),
    )  # fmt: skip
    with log.open("w") as output:
        # The shell ends at once, and the sandbox is nobody's child.
        shell = subprocess.run(
            ["sh", "-c", 'exec 3>&1 >&2; "$@" 3>&- & echo $! >&3', "sh", *command],
            cwd=PROJECT,
            env={**clean(), "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            start_new_session=True,
            text=True,
            check=True,
        )
    pid = int(shell.stdout)
    born = processes.birth(pid) or ""
    try:
        api = _first_line(pid, born, log)
    except BaseException:
        processes.end(pid, born)
        raise
    record = {"pid": pid, "birth": born, "api": api}
    write(work / "sandbox.json", json.dumps(record) + os.linesep)
    say(f"started the sandbox, a local Cloudflare: {api} (pid {pid}, log {_shown(log)})")
    return Running(pid, born, api)


def _shown(path: Path) -> Path:
    """The path as a reader in the project's folder gives it to a command."""
    return path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path


def _first_line(pid: int, born: str, log: Path) -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        lives = processes.birth(pid) == born
        for line in log.read_text().splitlines(keepends=True):
            if line.startswith("http://") and line.endswith("\n"):
                return line.strip()
        if not lives:
            break
        time.sleep(0.02)
    told = log.read_text().strip().splitlines() or ["it printed nothing"]
    raise Stop(f"The sandbox did not start: {told[-1]} (all of it: {log})")


def stop(work: Path) -> None:
    found = find_running(work)
    if found is not None:
        processes.end(found.pid, found.birth)
        say("stopped the sandbox; its data stays")
    (work / "sandbox.json").unlink(missing_ok=True)
