"""Servers from Go modules, up to the compiler itself, which `make servers` runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootstrap import Stop, built_servers, servers
from bootstrap.go_modules import MODULES, Unavailable
from tests.bootstrap.test_go_modules import fake_go

BUILD = (
    'case "$1" in env) echo "{}";; build) while [ "$1" != -o ]; do shift; done;'
    ' touch "$2$(basename $3)"; chmod 755 "$2$(basename $3)";; esac'
)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "aop"


@pytest.mark.parametrize("name", built_servers.PARTS)
def test_the_committed_module_names_what_is_built_and_holds_its_sums(name: str) -> None:
    part = built_servers.PARTS[name]
    required = (MODULES / part.module / "go.mod").read_text()
    assert f"tool {part.package}\n" in required
    sums = (MODULES / part.module / "go.sum").read_text()
    module = part.package.partition("/cmd/")[0]
    assert f"{module} v{built_servers.version_of(part)} h1:" in sums


@pytest.mark.parametrize("name", built_servers.PARTS)
def test_a_server_is_built_once_for_all_clones(
    name: str, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_go(tmp_path / "path", BUILD)
    monkeypatch.setenv("PATH", f"{tmp_path}/path:/usr/bin:/bin")
    assert built_servers.locate(name) is None
    program = built_servers.ensure(name)
    assert program.is_relative_to(cache)
    assert servers.locate(name) == program
    fake_go(tmp_path / "path", "exit 7")
    assert built_servers.ensure(name) == program


def test_a_failing_build_leaves_nothing_behind(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_go(
        tmp_path / "path", '[ "$1" = env ] && echo "{}" && exit; echo no space left >&2; exit 1'
    )
    monkeypatch.setenv("PATH", f"{tmp_path}/path:/usr/bin:/bin")
    with pytest.raises(Unavailable, match="no space left"):
        built_servers.ensure("step-ca")
    assert [path.suffix for path in cache.iterdir()] == [".lock"]


def test_without_go_the_server_that_is_missing_is_named(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(servers, "missing", list)
    with pytest.raises(Stop, match=r"Missing: step-ca, no go on PATH\. Install Go"):
        servers.install()
