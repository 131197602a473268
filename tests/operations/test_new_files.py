"""Files for people: whole, with their mode, never over others unasked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from operations.command import Stop
from operations.new_files import PRIVATE, PUBLIC, in_project, private_folder, write
from stacks.config import PROJECT


@pytest.fixture(autouse=True)
def careless_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.parametrize("mode", [PRIVATE, PUBLIC])
def test_a_file_has_its_mode_whatever_the_umask(tmp_path: Path, mode: int) -> None:
    write({tmp_path / "a": "text"}, mode)
    assert (tmp_path / "a").read_text() == "text"
    assert (tmp_path / "a").stat().st_mode & 0o777 == mode
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_of_several_files_none_is_written_where_another_content_is_there(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("theirs")
    with pytest.raises(Stop, match=r"b is there already\. Move it away"):
        write({tmp_path / "a": "ours", tmp_path / "b": "ours"}, PUBLIC)
    with pytest.raises(Stop, match=r"b is there already\. Give --force"):
        write({tmp_path / "a": "ours", tmp_path / "b": "ours"}, PUBLIC, force=False)
    assert not (tmp_path / "a").exists()
    assert (tmp_path / "b").read_text() == "theirs"
    write({tmp_path / "a": "ours", tmp_path / "b": "ours"}, PUBLIC, force=True)
    assert (tmp_path / "b").read_text() == "ours"


def test_the_same_content_is_no_obstacle_and_gets_the_mode(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("text")
    write({tmp_path / "a": "text"}, PRIVATE)
    assert (tmp_path / "a").stat().st_mode & 0o777 == PRIVATE


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("theirs")
    (tmp_path / "a").symlink_to(tmp_path / "theirs")
    with pytest.raises(Stop):
        write({tmp_path / "a": "theirs"}, PRIVATE)
    write({tmp_path / "a": "ours"}, PRIVATE, force=True)
    assert (tmp_path / "theirs").read_text() == "theirs"


def test_a_folder_that_others_may_enter_is_refused_and_stays(tmp_path: Path) -> None:
    private_folder(tmp_path / "new")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    (tmp_path / "open").mkdir(mode=0o755)
    with pytest.raises(Stop, match="chmod 700"):
        private_folder(tmp_path / "open")
    assert (tmp_path / "open").stat().st_mode & 0o777 == 0o755


def test_a_path_is_named_as_the_configuration_names_it(tmp_path: Path) -> None:
    assert in_project(PROJECT / "certs" / "a.pem") == "certs/a.pem"
    assert in_project(tmp_path / "a.pem") == str(tmp_path / "a.pem")
