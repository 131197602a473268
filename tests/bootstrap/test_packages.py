"""`.venv`: made anew when it has to be, and what somebody else made is not cleared away."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bootstrap import Stop, packages


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What would have been run: making and installing take a minute and a package index."""
    ran: list[list[str]] = []
    monkeypatch.setattr(packages, "run", lambda argv, otherwise: ran.append(argv))
    return ran


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    """As `python -m venv` leaves it, with a package of its owner."""
    folder = tmp_path / ".venv"
    packages.python(folder).parent.mkdir(parents=True)
    packages.python(folder).symlink_to(sys.executable)
    (folder / "owners").write_text("own")
    return folder


def test_packages_are_added_to_a_virtual_environment_that_somebody_else_made(
    venv: Path, commands: list[list[str]]
) -> None:
    packages.install(venv, sys.executable)
    assert [argv[2] for argv in commands] == ["pip"]
    assert packages.complete(venv)
    assert (venv / "owners").read_text() == "own"


def test_one_of_another_place_or_interpreter_is_made_anew(
    venv: Path, commands: list[list[str]]
) -> None:
    (venv / packages.STAMP).write_text("digest\n/another/place\n3.9\n")
    packages.install(venv, sys.executable)
    assert commands[0][1:] == ["-m", "venv", "--clear", str(venv)]


def test_what_a_link_leads_to_is_left_alone(
    venv: Path, commands: list[list[str]], tmp_path: Path
) -> None:
    link = tmp_path / "link"
    link.symlink_to(venv)
    with pytest.raises(Stop, match="link is a link"):
        packages.install(link, sys.executable)
    assert commands == []


@pytest.fixture
def complete_venv(tmp_path: Path) -> Path:
    """A virtual environment and a project whose stamp says that all is installed."""
    (tmp_path / packages.LOCKS).mkdir()
    (tmp_path / packages.WANTED).write_text("as it was")
    folder = tmp_path / "venv"
    (folder / "bin").mkdir(parents=True)
    packages.python(folder).symlink_to(sys.executable)
    (folder / packages.STAMP).write_text(packages.stamp_of_complete(folder, tmp_path))
    return folder


def test_what_is_installed_is_not_installed_again(complete_venv: Path) -> None:
    assert packages.complete(complete_venv, complete_venv.parent)


def test_other_requirements_are_installed(complete_venv: Path) -> None:
    (complete_venv.parent / packages.WANTED).write_text("changed")
    assert not packages.complete(complete_venv, complete_venv.parent)


def test_a_checkout_that_was_moved_gets_a_new_environment(complete_venv: Path) -> None:
    moved = complete_venv.rename(complete_venv.with_name("moved"))
    assert not packages.complete(moved, moved.parent)


def test_an_interpreter_that_is_gone_gets_a_new_environment(complete_venv: Path) -> None:
    packages.python(complete_venv).unlink()
    packages.python(complete_venv).symlink_to("/nonexistent/python3")
    assert not packages.complete(complete_venv, complete_venv.parent)


def test_a_cut_off_installation_is_done_again(complete_venv: Path) -> None:
    (complete_venv / packages.STAMP).unlink()
    assert not packages.complete(complete_venv, complete_venv.parent)
