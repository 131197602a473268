"""Whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bootstrap import files


def test_a_file_is_replaced_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "a.key"
    files.write(path, "old")
    files.write(path, b"new", 0o600)
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(path.parent) == ["a.key"]


def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.write(tmp_path / "a", "old")

    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="no space"):
        files.write(tmp_path / "a", "new")
    assert (tmp_path / "a").read_text() == "old"
    assert os.listdir(tmp_path) == ["a"]


def test_a_folder_gets_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    final = tmp_path / "cache" / "it"

    def half(folder: Path) -> None:
        (folder / "one").touch()
        assert not final.exists()
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        files.make_folder(final, half)
    assert os.listdir(final.parent) == []


def test_a_folder_replaces_the_one_before_and_what_a_killed_run_left(tmp_path: Path) -> None:
    final = tmp_path / "it"
    (final / "old").mkdir(parents=True)
    (tmp_path / ".it.abc" / "half").mkdir(parents=True)
    files.make_folder(final, lambda folder: (folder / "new").touch())
    assert os.listdir(final) == ["new"]
    assert os.listdir(tmp_path) == ["it"]
    assert final.stat().st_mode & 0o777 == 0o755
