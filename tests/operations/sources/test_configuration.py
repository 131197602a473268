"""The file of a stack, as verbs read that."""

from __future__ import annotations

import os
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from operations.command import Stop
from operations.sources.configuration import load, options, project_name
from tests.operations.conftest import Stack


@pytest.mark.parametrize("stack_name", ["prod", "organization/aop/prod"])
def test_a_subject_has_the_name_of_the_stack_that_the_program_sees(
    stack_name: str, stack: Stack
) -> None:
    stack.issues("shop", "shop.example.com")
    (zone,) = load(stack_name, stack.write()).zones.values()
    (shop,) = zone.issued().values()
    assert shop.common_name == "aop.prod.example.com.shop"


@pytest.mark.parametrize("text", ["", "runtime: python\n", "name: 1\n"])
def test_a_project_without_a_name_is_one_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(text)
    with pytest.raises(Stop, match="has no name"):
        project_name(tmp_path)


def pulumi_says(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pulumi on PATH that answers `stack --show-name`."""
    program = folder / "pulumi"
    program.write_text(f'#!/bin/sh\n[ "$1 $2" = "stack --show-name" ] || exit 9\n{script}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


@pytest.mark.parametrize("name", ["dev", "team/dev"])
def test_without_a_name_the_selected_stack_is_taken_and_told(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pulumi_says(tmp_path, f"echo {name}", monkeypatch)
    wanted = load("", None)
    assert (wanted.stack, wanted.file.name) == (name, "Pulumi.dev.yaml")
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", f"stack {name}, which is the selected one\n")


def test_where_none_is_selected_one_line_names_every_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulumi_says(tmp_path, "echo 'error: no stack selected' >&2; exit 255", monkeypatch)
    with pytest.raises(Stop) as refused:
        load("", None)
    assert refused.value.exit_code == 2
    assert str(refused.value) == (
        "Which stack? Give --stack NAME or --config FILE, or `pulumi stack select` one (pulumi"
        " stack --show-name ended with 255: error: no stack selected)."
    )


def test_a_file_that_is_given_asks_nobody(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulumi_says(tmp_path, "echo other", monkeypatch)
    stack.issues("shop", "shop.example.com")
    assert load("", stack.write()).stack == "test"


@pytest.mark.parametrize(
    ("typed", "file"),
    [
        ([], "Pulumi.dev.yaml"),
        (["--stack", "own"], None),
        (["--stack", "org/aop/dev"], "Pulumi.dev.yaml"),
        (["--config", "c.yaml"], "c.yaml"),
    ],
)
def test_a_stack_that_is_typed_goes_before_the_file_of_another_in_the_environment(
    typed: list[str], file: str | None
) -> None:
    @click.command
    @options
    def verb(stack: str, file: Path | None) -> None:
        click.echo(str(file))

    environ = {"AOP_STACK_FILE": "Pulumi.dev.yaml", "PULUMI_STACK": "dev"}
    assert CliRunner().invoke(verb, typed, env=environ).output == f"{file}\n"
