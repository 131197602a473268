"""What `make check`, `make test-slow` and `make test-contract` run, and say that they did not."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootstrap import PROJECT, Stop, checks


def test_every_room_with_python_in_it_is_checked() -> None:
    folders = {path.parent.name for path in PROJECT.glob("*/*.py")}
    assert folders - {".ci"} <= set(checks.ROOMS)


def test_every_check_runs_and_the_failed_ones_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[str] = []

    def run(command: list[str]) -> int:
        ran.append(command[0])
        return command[0] == "ruff"

    monkeypatch.setattr(checks, "tool", run)
    assert checks.check() == 1
    assert ran == ["ruff", "ruff", "mypy"]
    assert "failed: ruff check, ruff format" in "".join(capsys.readouterr())


def test_a_python_that_is_not_there_is_named_as_not_tested(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checks, "interpreter_of", lambda version: None)
    monkeypatch.setattr(checks, "SUPPORTED", ("3.5", "3.6"))
    assert checks.under_each_python(()) == 0
    assert "NOT TESTED, for want of an interpreter: Python 3.5, 3.6" in "".join(capsys.readouterr())


def test_a_python_that_only_says_that_it_is_not_selected_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder, status in (("bin", 1), ("pyenv/versions/3.99.1/bin", 0)):
        program = tmp_path / folder / "python3.99"
        program.parent.mkdir(parents=True)
        program.write_text(f"#!/bin/sh\nexit {status}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    kept = tmp_path / "pyenv/versions/3.99.1/bin/python3.99"
    assert checks.interpreter_of("3.99") == str(kept)
    kept.write_text("#!/bin/sh\nexit 1\n")
    assert checks.interpreter_of("3.99") is None


def test_the_contract_is_not_tried_without_a_zone_of_ones_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CLOUDFLARE_API_TOKEN", raising=False)
    monkeypatch.setenv("AOP_CONTRACT_ZONE_ID", "023e105f4ecef8ad9ca31a8372d0c353")
    with pytest.raises(Stop, match="Set CLOUDFLARE_API_TOKEN: a token with"):
        checks.test_contract()
