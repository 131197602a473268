"""The build from Go modules, up to the compiler itself, which `.ci/run` runs on a new machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bootstrap import go_modules
from bootstrap.go_modules import MODULES, PARTS, SCRIPTS, SDK, Unavailable


def fake_go(folder: Path, body: str) -> Path:
    folder.mkdir(exist_ok=True)
    go = folder / "go"
    go.write_text(f"#!/bin/sh\n{body}\n")
    go.chmod(0o755)
    return go


def test_nothing_of_the_users_go_settings_but_the_kept_ones_reaches_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GOFLAGS", "GOOS", "GOWORK", "GOEXPERIMENT", "CGO_CFLAGS", "PULUMI_HOME"):
        monkeypatch.setenv(name, "breaks-the-build")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    answer = json.dumps({"GOPROXY": "https://goproxy.example", "GOPRIVATE": ""})
    environment = go_modules.environment_of(str(fake_go(tmp_path, f"echo '{answer}'")))
    assert "breaks-the-build" not in environment.values()
    assert environment["GOPROXY"] == "https://goproxy.example"
    assert environment["HTTPS_PROXY"] == "http://proxy.example:3128"
    assert (environment["GOENV"], environment["CGO_ENABLED"]) == ("off", "0")


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.module)
def test_the_committed_modules_name_what_is_built_and_hold_its_sums(part: go_modules.Part) -> None:
    required = (MODULES / part.module / "go.mod").read_text()
    sums = (MODULES / part.module / "go.sum").read_text()
    assert f"tool {part.package}\n" in required
    module, _, version = next(
        line.strip().partition(" ")
        for line in required.splitlines()
        if line.startswith("\t") and part.package.startswith(line.split()[0])
    )
    assert f"{module} {version} h1:" in sums


def test_the_version_is_stamped_into_the_cli() -> None:
    arguments = go_modules.build_arguments(PARTS[0], Path("bin"))
    assert any(f"version.Version=v{go_modules.VERSION}" in text for text in arguments)
    assert "-mod=readonly" in arguments


def test_a_build_holds_the_binaries_and_the_scripts_of_the_sdk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for script in SCRIPTS:
        path = tmp_path / "sdk" / script
        path.parent.mkdir(parents=True)
        path.write_text("a script")
    fake_go(
        tmp_path / "path",
        f'case "$1" in env) echo "{{}}";; list) echo {tmp_path}/sdk;;'
        ' build) while [ "$1" != -o ]; do shift; done; touch "$2$(basename $3)";; esac',
    )
    monkeypatch.setenv("PATH", f"{tmp_path}/path:/usr/bin:/bin")
    (tmp_path / "made").mkdir()
    go_modules.build(tmp_path / "made")
    made = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "made/bin").iterdir()}
    assert made["pulumi-language-python-exec"] == made["pulumi-resource-pulumi-python"] == 0o755
    assert len(made) == 4


@pytest.mark.parametrize(
    ("body", "told"),
    [
        pytest.param("echo one >&2; echo 'go: needs go >= 1.25' >&2; exit 1", "needs go", id="old"),
        pytest.param("exit 7", "exit status 7", id="silent"),
    ],
)
def test_a_failing_build_says_its_last_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, told: str
) -> None:
    fake_go(tmp_path / "path", f'[ "$1" = env ] && echo "{{}}" && exit; {body}')
    monkeypatch.setenv("PATH", f"{tmp_path}/path:/usr/bin:/bin")
    with pytest.raises(Unavailable, match=told):
        go_modules.build(tmp_path)


def test_without_go_the_way_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match="no go on PATH"):
        go_modules.build(tmp_path)


def test_the_cli_and_the_scripts_come_from_one_version_of_the_sdk() -> None:
    assert f"{SDK} v{go_modules.VERSION}\n" in (MODULES / "cli" / "go.mod").read_text()
