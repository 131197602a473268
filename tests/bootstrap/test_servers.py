"""Servers that tests need: where they are found, and what is said where they are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootstrap import Stop, servers


def test_missing_servers_are_named_with_their_packages_where_nobody_may_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(servers, "missing", lambda: ["postgres", "nginx"])
    monkeypatch.setattr(servers, "as_root", lambda: None)
    with pytest.raises(Stop, match=r"Missing: postgres, nginx\..*apt-get install postgresql nginx"):
        servers.install()


def test_a_server_is_found_on_path_and_in_the_folders_of_distributions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in ("15", "16"):
        program = tmp_path / version / "bin" / "a-server"
        program.parent.mkdir(parents=True)
        program.touch(0o755)
    monkeypatch.setattr(servers, "FOLDERS", (f"{tmp_path}/*/bin",))
    assert servers.locate("a-server") == tmp_path / "16" / "bin" / "a-server"
    assert servers.missing(["sh", "a-server", "no-such-server"]) == ["no-such-server"]
