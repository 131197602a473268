"""Files for what reads nothing but files: in memory, or in a folder that goes."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from operations.passing_files import passing_files


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="the system has no memfd_create")
def test_where_files_can_be_in_memory_they_are_in_no_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with passing_files() as keep:
        first, second = keep("a key"), keep("another")
        assert [Path(first).read_text(), Path(second).read_text()] == ["a key", "another"]
        assert list(tmp_path.iterdir()) == []
    assert not Path(first).exists()


def test_where_no_file_can_be_in_memory_keys_are_in_a_private_folder_for_the_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delattr(os, "memfd_create", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with passing_files() as keep:
        path = Path(keep("a key"))
        assert path.read_text() == "a key"
        assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert list(tmp_path.iterdir()) == []
