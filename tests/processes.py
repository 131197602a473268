"""The processes of this machine, for tests that kill; a minimal Debian has /proc, but no `ps`."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    """`state` is one letter as in proc(5); `command` is the whole command line."""

    pid: int
    parent: int
    state: str
    command: str


def processes() -> list[Process]:
    """All processes that have not ended (a zombie has)."""
    found = _from_proc() if (PROC / "self/stat").exists() else _from_ps()
    return [process for process in found if process.state != "Z"]


def _from_proc() -> list[Process]:
    found = []
    for folder in PROC.glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text(errors="replace")
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue  # it has ended meanwhile
        # proc(5): the name stands in parentheses, then the state and the parent.
        state, parent = stat.rpartition(")")[2].split()[:2]
        command = b" ".join(words).decode(errors="replace").strip()
        found.append(Process(int(folder.name), int(parent), state, command))
    return found


def _from_ps() -> list[Process]:
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,stat=,args="],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = (line.split(None, 3) for line in listed.stdout.splitlines())
    return [Process(int(r[0]), int(r[1]), r[2][0], r[3]) for r in rows if len(r) == 4]


def family_of(cli: int) -> list[Process]:
    """The processes that a CLI has started, and those that they have started."""
    family, everybody = {cli}, processes()
    for _ in everybody:
        family |= {process.pid for process in everybody if process.parent in family}
    return [process for process in everybody if process.pid in family - {cli}]


def seconds_until_ended(pids: list[int], most: float) -> float:
    """How long it took until none of them was alive any more; fails after `most`."""
    start = time.monotonic()
    while alive := {process.pid for process in processes()} & set(pids):
        assert time.monotonic() - start < most, f"alive after {most} s: {alive}"
        time.sleep(0.1)
    return time.monotonic() - start
