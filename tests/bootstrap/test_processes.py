"""Which process a number means, and that no other one is ended."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from bootstrap import processes

WAITS = [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()"]
STUBBORN = [sys.executable, "-c", "import signal as s; s.signal(15, s.SIG_IGN); " + WAITS[2]]


@pytest.fixture(params=[WAITS, STUBBORN], ids=["one that ends", "one that ignores SIGTERM"])
def child(request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    pipe = subprocess.PIPE
    with subprocess.Popen(request.param, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def test_a_process_is_known_by_its_birth_until_it_has_ended(child: subprocess.Popen[str]) -> None:
    born = processes.birth(child.pid)
    assert born
    assert born == processes.birth(child.pid)
    assert born != processes.birth(os.getpid())
    child.kill()
    child.wait()
    assert processes.birth(child.pid) is None


def test_a_program_is_told_by_its_name(child: subprocess.Popen[str]) -> None:
    assert processes.program(child.pid).startswith("python")


def test_a_process_ends_also_where_it_does_not_want_to(child: subprocess.Popen[str]) -> None:
    born = processes.birth(child.pid)
    assert born
    processes.end(child.pid, born, seconds=0.3)
    assert child.wait(10) < 0


def test_a_process_that_has_taken_the_number_since_is_left_alone(
    child: subprocess.Popen[str],
) -> None:
    processes.end(child.pid, "born at another time")
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.5)
