"""Which Pulumi CLI is taken, and what happens when none is there."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bootstrap import Stop, cli, trust
from bootstrap.go_modules import Unavailable


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    cli.find.cache_clear()
    yield
    cli.find.cache_clear()


def script(path: Path, text: str = "exit 0") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def fake_cli(folder: Path, version: str = "v3.259.0", host: bool = True) -> Path:
    script(folder / "pulumi", f"echo {version}")
    if host:
        script(folder / cli.HOST)
    return folder


def installs(folder: Path) -> None:
    fake_cli(folder / "bin")


def is_unavailable(folder: Path) -> None:
    raise Unavailable("no route")


def never(folder: Path) -> None:
    pytest.fail("this way was not to be tried")


@pytest.mark.parametrize(
    ("text", "version"),
    [
        pytest.param("v3.259.0\n", (3, 259, 0), id="release"),
        pytest.param("3.260.0-alpha.1+abc", (3, 260, 0), id="pre-release"),
        pytest.param("v10.0.12", (10, 0, 12), id="several digits"),
        pytest.param("", None, id="a build without a version"),
        pytest.param("pulumi: command failed", None, id="not a version"),
    ],
)
def test_a_version_is_read(text: str, version: tuple[int, int, int] | None) -> None:
    assert cli.version_of(text) == version


@pytest.mark.parametrize("version", ["v3.254.0", "v3.272.1", "v4.0.0"])
def test_a_cli_on_path_that_is_new_enough_comes_before_all_others(
    tmp_path: Path, version: str
) -> None:
    on_path = fake_cli(tmp_path / "path", version)
    fake_cli(tmp_path / "kept" / "bin")
    assert cli.ensure(str(on_path), tmp_path / "kept", [("never", never)]) == on_path


@pytest.mark.parametrize(
    ("version", "host", "told"),
    [
        pytest.param("v3.253.9", True, "3.254.0 or newer is needed", id="older"),
        pytest.param("v3.259.0", False, "no pulumi-language-python beside", id="without its host"),
        pytest.param("nonsense", True, "3.254.0 or newer is needed", id="without a version"),
        pytest.param("x; exit 3", True, "does not run", id="broken"),
    ],
)
def test_a_cli_on_path_that_cannot_be_used_is_named_and_passed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], version: str, host: bool, told: str
) -> None:
    on_path = fake_cli(tmp_path / "path", version, host)
    kept = fake_cli(tmp_path / "kept" / "bin")
    assert cli.ensure(str(on_path), tmp_path / "kept", [("never", never)]) == kept
    assert told in capsys.readouterr().err


def test_a_cli_behind_a_link_finds_the_host_beside_the_real_file(tmp_path: Path) -> None:
    real = fake_cli(tmp_path / "real")
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "pulumi").symlink_to(real / "pulumi")
    assert cli.ensure(str(tmp_path / "path"), tmp_path / "kept") == tmp_path / "path"


def test_the_next_way_is_tried_and_each_closed_one_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ways = [("first", is_unavailable), ("second", installs), ("third", never)]
    assert cli.ensure("", tmp_path / "kept", ways) == tmp_path / "kept" / "bin"
    assert "first: not available, no route" in capsys.readouterr().err
    assert cli.ensure("", tmp_path / "kept", [("never", never)]) == tmp_path / "kept" / "bin"


def test_without_any_way_one_line_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(Stop) as stopped:
        cli.ensure("", tmp_path / "kept", [("first", is_unavailable), ("second", is_unavailable)])
    assert "pulumi.com/docs/install" in str(stopped.value)
    assert "go.dev/doc/install" in str(stopped.value)
    assert "\n" not in str(stopped.value)


def test_a_result_that_does_not_run_is_never_found_by_anybody(tmp_path: Path) -> None:
    def breaks(folder: Path) -> None:
        fake_cli(folder / "bin", version="'' ; exit 1")

    with pytest.raises(Stop):
        cli.ensure("", tmp_path / "kept", [("breaks", breaks)])
    assert [path.name for path in tmp_path.iterdir()] == ["kept.lock"]


def test_two_clones_at_once_install_once(tmp_path: Path) -> None:
    tries: list[Path] = []
    found: list[Path] = []
    begun = threading.Event()

    def slowly(folder: Path) -> None:
        tries.append(folder)
        assert begun.wait(10)
        installs(folder)

    def clone() -> None:
        found.append(cli.ensure("", tmp_path / "kept", [("slowly", slowly)]))

    clones = [threading.Thread(target=clone) for _ in range(2)]
    for thread in clones:
        thread.start()
    begun.set()
    for thread in clones:
        thread.join(20)
    assert found == [tmp_path / "kept" / "bin"] * 2
    assert len(tries) == 1


@pytest.mark.parametrize(
    ("variable", "begins"),
    [
        pytest.param("/var/cache/me", "/var/cache/me/aop/pulumi-", id="absolute"),
        pytest.param("relative", f"{Path.home()}/.cache/aop/pulumi-", id="relative is ignored"),
        pytest.param("", f"{Path.home()}/.cache/aop/pulumi-", id="empty"),
    ],
)
def test_the_cache_follows_the_xdg_variable(variable: str, begins: str) -> None:
    assert str(cli.cache({"XDG_CACHE_HOME": variable})).startswith(begins)


@pytest.mark.parametrize("place", ["bin/pulumi", "bin", ".", ".."])
def test_a_kept_cli_that_others_could_have_changed_is_not_run(tmp_path: Path, place: str) -> None:
    kept = tmp_path / "aop" / "kept"
    fake_cli(kept / "bin")
    assert cli.find("", kept) == kept / "bin"
    cli.find.cache_clear()
    (kept / place).chmod(0o777)
    with pytest.raises(Stop, match=r"is not run, for .* can be written by everybody"):
        cli.ensure("", kept, [("never", never)])


def test_what_is_installed_under_a_loose_umask_is_closed(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        kept = tmp_path / "aop" / "kept"
        assert cli.ensure("", kept, [("installs", installs)]) == kept / "bin"
    finally:
        os.umask(before)
    assert trust.who_else_can_write(kept / "bin" / "pulumi") == ""
