"""tests/moved_clock.py: what a running program sees of a clock that is moved."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

from tests.moved_clock import SHARED_MEMORY, moved_clock

LOOK = "import sys, time; [print(time.time(), time.monotonic(), flush=True) for _ in sys.stdin]"


def test_a_program_that_runs_sees_the_date_move_and_waits_as_before(tmp_path):
    with moved_clock(tmp_path) as clock:
        program = subprocess.Popen(
            [sys.executable, "-c", LOOK],
            env={**os.environ, **clock.environ_of_servers},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert program.stdin is not None
        assert program.stdout is not None
        to_program, from_program = program.stdin, program.stdout

        def look() -> tuple[timedelta, float]:
            to_program.write("\n")
            to_program.flush()
            date, waited = map(float, from_program.readline().split())
            return datetime.fromtimestamp(date, UTC) - datetime.now(UTC), waited

        present, began = look()
        clock.set(days=400)
        future, ended = look()
        program.communicate()
    assert abs(present) < timedelta(minutes=1)
    assert abs(future - timedelta(days=400)) < timedelta(minutes=1)
    assert ended - began < 60
    assert not list(SHARED_MEMORY.glob(f"*faketime_s?m_{program.pid}"))
