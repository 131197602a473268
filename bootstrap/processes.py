"""Which process a pid means: pids are used again, after a restart of the machine above all."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

PROC = Path("/proc")


def birth(pid: int) -> str | None:
    """A text that no other process with this number ever has; None when there is none."""
    if (PROC / "self/stat").exists():
        try:
            # proc(5): after the name in parentheses come the state and, 19 further, the start.
            state = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
        return None if state[0] == "Z" else f"{boot} {state[19]}"
    asked = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() or None


def program(pid: int) -> str:
    """The name of the program that runs under this number, or an empty text."""
    asked = PROC / str(pid) / "comm"
    if asked.exists():
        return asked.read_text().strip()
    shown = subprocess.run(
        ["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return os.path.basename(shown.stdout.strip())


def end(pid: int, born: str, seconds: float = 10.0) -> None:
    """Ends a process, by force after `seconds`; leaves alone another that has its number by now."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if birth(pid) != born:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while birth(pid) == born and time.monotonic() < deadline:
            time.sleep(0.02)
