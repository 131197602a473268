"""How a command ends before its time: nobody waits for the program, and it shows no traceback.

The engine interrupts the program when an update has failed or is cancelled, answers nothing any
more, and kills what has not ended after 5 s. Source: `__main__.py`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.project import REAL_CLI, Project
from tests.processes import family_of, seconds_until_ended
from tests.sandbox_server import SandboxProcess

pytestmark = REAL_CLI
ENDS_WITHIN = 30.0
SETTING = 'ZoneSetting("mode", zone_id=ZONE, setting="ssl", value="strict")\n'
# The signal of a process reaches one of its threads: Python notes it, and the main one sleeps on.
TAKEN = """
import _thread, pathlib, threading, time
def take():
    while not pathlib.Path("go").exists():
        time.sleep(0.05)
    _thread.interrupt_main()
threading.Thread(target=take, daemon=True).start()
"""
FAILED = "raise pulumi.RunError('a mistake')"
BUSY = """
import pathlib, time
pathlib.Path("begun").touch()
while True:
    time.sleep(0.05)
"""


@pytest.fixture
def project(tmp_path: Path, sandbox: SandboxProcess) -> Iterator[Project]:
    project = Project(tmp_path, sandbox, "test")
    yield project
    project.close()


def program_of(cli: subprocess.Popen[str]) -> int:
    (pid,) = (p.pid for p in family_of(cli.pid) if "language-python-exec" in p.command)
    return pid


def interrupted(project: Project, sandbox: SandboxProcess, body: str, *, taken: bool) -> str:
    """What `up` shows whose program gets the signal while a write is under way."""
    project.write(SETTING + body)
    sandbox.fault("hold_before", method="PATCH")
    cli = project.start("up", "--yes", "--skip-preview")
    sandbox.wait_held(1, ENDS_WITHIN)
    program = program_of(cli)
    if taken:
        (project.folder / "go").touch()
    else:
        os.kill(program, signal.SIGINT)
    seconds_until_ended([program], ENDS_WITHIN)
    sandbox.release()
    out, err = cli.communicate(timeout=ENDS_WITHIN)
    assert cli.returncode != 0
    assert project.resource("mode")["outputs"]["value"] == "strict"
    return out + err


@pytest.mark.parametrize("body", ["", FAILED], ids=["waiting", "failed"])
def test_an_interrupted_program_ends_although_the_engine_owes_it_an_answer(
    project: Project, sandbox: SandboxProcess, body: str
) -> None:
    assert "Traceback" not in interrupted(project, sandbox, body, taken=False)


def test_an_interrupted_program_ends_although_it_never_comes_back_to_its_loop(
    project: Project,
) -> None:
    project.write(BUSY)
    cli = project.start("preview")
    until = time.monotonic() + ENDS_WITHIN
    while not (project.folder / "begun").exists():
        assert time.monotonic() < until
        time.sleep(0.05)
    program = program_of(cli)
    os.kill(program, signal.SIGINT)
    seconds_until_ended([program], ENDS_WITHIN)
    assert "Traceback" not in "".join(cli.communicate(timeout=ENDS_WITHIN))
    assert cli.returncode != 0


def test_a_program_hears_an_interrupt_that_another_of_its_threads_took(
    project: Project, sandbox: SandboxProcess
) -> None:
    assert "Traceback" not in interrupted(project, sandbox, TAKEN, taken=True)


def test_what_a_program_printed_is_shown_when_its_update_fails(
    project: Project, sandbox: SandboxProcess
) -> None:
    project.write(f"print('seen by me')\n{SETTING}")
    sandbox.fault("status", status=403, code=9109, method="PATCH", times=0)
    assert project.up(code=1, env={"PYTHONUNBUFFERED": ""}).line("seen by me")
