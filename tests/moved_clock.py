"""A clock that a test moves, for real programs: libfaketime stands before the C library.

    with moved_clock(tmp_path) as clock:
        clock.set(days=30)
        project.up(env=clock.environ)

Programs that run already follow, a server's workers too when it passes `VARIABLES` on to them.
Waits and timeouts take as long as they take. Programs in Go (Pulumi's CLI, step-ca) ask the kernel
and stay in the present; Pulumi's Python processes do not.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.processes import PROC, processes

LIBRARIES = ("/usr/lib/*/faketime", "/usr/lib/faketime", "/usr/local/lib/faketime")
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108
FILE = "FAKETIME_TIMESTAMP_FILE"
AT_ONCE, DATE_ALONE = "FAKETIME_NO_CACHE", "FAKETIME_DONT_FAKE_MONOTONIC"
VARIABLES = (FILE, AT_ONCE, DATE_ALONE)


@dataclass(frozen=True)
class MovedClock:
    """`file` holds by how much the clock is ahead; each program reads the file at each look."""

    library: Path
    file: Path

    @property
    def environ(self) -> dict[str, str]:
        """The variables of a command: the clock is not set while it runs.

        With `DATE_ALONE` libfaketime 0.9.10 spoils the locks of Python's threads (errno 22).
        """
        return {"LD_PRELOAD": str(self.library), FILE: str(self.file), AT_ONCE: "1"}

    @property
    def environ_of_servers(self) -> dict[str, str]:
        """The variables of a server that runs while the clock is set: its timers notice nothing."""
        return {**self.environ, DATE_ALONE: "1"}

    def set(self, *, days: float) -> None:
        """Moves the clock so many days from now; whole at every instant, as others are reading."""
        new = self.file.with_suffix(".new")
        new.write_text(f"{round(days * 86400):+d}\n")
        new.replace(self.file)


@contextlib.contextmanager
def moved_clock(folder: Path) -> Iterator[MovedClock]:
    """A clock that shows the present until it is set; leaves the test out without libfaketime."""
    libraries = [path for place in LIBRARIES for path in Path("/").glob(f"{place[1:]}/*MT.so.1")]
    if not libraries:
        pytest.skip("needs server: faketime")
    clock = MovedClock(libraries[0], folder / "clock")
    clock.set(days=0)
    try:
        yield clock
    finally:
        _remove_left_memory()


def _remove_left_memory() -> None:
    """What libfaketime leaves of each process that was killed, and of each Python."""
    alive = {process.pid for process in processes()} if PROC.exists() else set()
    for path in SHARED_MEMORY.glob("*faketime_s?m_*"):
        if int(path.name.rpartition("_")[2]) not in alive:
            path.unlink(missing_ok=True)
