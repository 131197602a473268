"""tests/processes.py: what is seen of the processes of this machine."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.processes import family_of, processes, seconds_until_ended

SLEEP = [sys.executable, "-c", "import sys; sys.stdin.read()", "a sleeper"]


@pytest.fixture(autouse=True)
def without_programs(monkeypatch):
    """PATH leads nowhere: a minimal Debian has no `ps`."""
    monkeypatch.setenv("PATH", "/nonexistent")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere `ps` is part of the system")
class TestWithoutPrograms:
    def test_a_child_is_of_the_family_with_its_whole_command_until_it_has_ended(self):
        with subprocess.Popen(SLEEP, stdin=subprocess.PIPE) as child:
            (found,) = [p for p in family_of(os.getpid()) if p.pid == child.pid]
            assert found.parent == os.getpid()
            assert found.command == " ".join(SLEEP)
            child.kill()
            # Nobody has waited for it: it is a zombie.
            assert seconds_until_ended([child.pid], most=10) < 10

    def test_this_process_is_among_all(self):
        assert os.getpid() in {process.pid for process in processes()}
