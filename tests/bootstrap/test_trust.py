"""Who could have changed a program, by owner and mode of the file and of each folder above."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bootstrap import trust


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "folder" / "program"
    path.parent.mkdir()
    path.touch(0o755)
    return path


def test_a_file_of_ours_in_folders_of_ours_is_ours_alone(program: Path) -> None:
    assert trust.who_else_can_write(program) == ""


@pytest.mark.parametrize("place", ["program", "."])
def test_a_file_or_folder_that_everybody_may_write_is_named(program: Path, place: str) -> None:
    found = program.parent / place
    found.chmod(0o757)
    assert trust.who_else_can_write(program) == f"{found} can be written by everybody"


def test_a_folder_of_a_group_with_others_in_it_is_named(
    program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trust, "_is_own_group", lambda gid: False)
    monkeypatch.setattr(trust, "_group", lambda gid: "staff")
    program.parent.chmod(0o775)
    why = trust.who_else_can_write(program)
    assert why == f"{program.parent} can be written by the group staff"


def test_a_folder_with_the_sticky_bit_lets_nobody_replace_what_is_ours(program: Path) -> None:
    program.parent.chmod(0o1777)
    assert trust.who_else_can_write(program) == ""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("place", ["program", "."])
def test_what_belongs_to_another_user_is_named(program: Path, place: str) -> None:
    found = program.parent / place
    os.chown(found, 12345, -1)
    assert trust.who_else_can_write(program) == f"{found} belongs to the user 12345"
