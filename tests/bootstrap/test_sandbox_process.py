"""The sandbox of `make up`: found again, started again, never mistaken."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bootstrap import Stop, processes, sandbox_process


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "work"
    sandbox_process.stop(tmp_path / "work")


def pid_of(work: Path) -> int:
    found = sandbox_process.find_running(work)
    assert found is not None
    return found.pid


def zone_certificates(api: str) -> list[str]:
    return sorted(
        row["certificate_sha256"] for row in sandbox_process.manage(api, "presented?zone=")
    )


def test_a_running_sandbox_is_found_again(work: Path) -> None:
    api = sandbox_process.ensure(work)
    pid = pid_of(work)
    assert sandbox_process.ensure(work) == api
    assert pid_of(work) == pid


def test_a_killed_sandbox_is_started_again_with_its_data(work: Path) -> None:
    before = zone_certificates(sandbox_process.ensure(work))
    os.kill(pid_of(work), signal.SIGKILL)
    assert zone_certificates(sandbox_process.ensure(work)) == before


def test_a_sandbox_that_hangs_is_replaced(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_process, "ANSWER_SECONDS", 0.2)
    sandbox_process.ensure(work)
    before = pid_of(work)
    os.kill(before, signal.SIGSTOP)
    os.kill(before, signal.SIGTERM)
    monkeypatch.setattr(processes.end, "__defaults__", (0.5,))
    assert sandbox_process.ensure(work)
    assert pid_of(work) != before
    assert processes.birth(before) is None


def test_another_process_with_the_pid_is_neither_taken_nor_ended(work: Path) -> None:
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        work.mkdir()
        born = "before the restart of the machine"
        record = {"pid": stranger.pid, "birth": born, "api": "http://127.0.0.1:9/client/v4"}
        (work / "sandbox.json").write_text(json.dumps(record))
        assert sandbox_process.find_running(work) is None
        sandbox_process.stop(work)
        processes.end(stranger.pid, born)
        with pytest.raises(subprocess.TimeoutExpired):
            stranger.wait(0.2)
    finally:
        stranger.kill()
        stranger.wait()


def test_another_sandbox_on_the_recorded_address_is_not_ours(work: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    api = sandbox_process.ensure(theirs)
    born = processes.birth(os.getpid())
    assert born is not None
    assert not sandbox_process.answers(sandbox_process.Running(os.getpid(), born, api))
    sandbox_process.stop(theirs)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"pid": "x", "birth": "", "api": ""}'])
def test_a_record_that_makes_no_sense_is_none(work: Path, content: str) -> None:
    work.mkdir()
    (work / "sandbox.json").write_text(content)
    assert sandbox_process.find_running(work) is None


def test_a_stopped_sandbox_is_gone(work: Path) -> None:
    sandbox_process.ensure(work)
    pid = pid_of(work)
    sandbox_process.stop(work)
    assert processes.birth(pid) is None
    assert sandbox_process.find_running(work) is None


def test_one_that_cannot_start_says_why_in_one_line(work: Path) -> None:
    work.mkdir()
    (work / "sandbox").write_text("a file where a folder is to be")
    with pytest.raises(Stop, match=r"did not start: .*--data"):
        sandbox_process.ensure(work)


def test_only_loopback_is_asked() -> None:
    with pytest.raises(ValueError, match="not on loopback"):
        sandbox_process.manage("https://api.cloudflare.com/client/v4", "")
