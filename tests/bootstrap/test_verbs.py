"""The verbs of make are those of bootstrap."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
from pathlib import Path

import pytest

from bootstrap import PROJECT, cli, demo, verbs


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    # As a person calls it, also where `make test` runs the tests.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", *arguments],
        cwd=PROJECT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


def test_make_and_bootstrap_know_the_same_verbs() -> None:
    listed = re.search(r"^VERBS := (.+)$", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    assert listed is not None
    assert set(listed[1].split()) == set(verbs.VERBS)


def test_make_alone_lists_the_verbs() -> None:
    done = make()
    assert done.returncode == 0
    assert all(f"make {name} " in done.stdout for name in verbs.VERBS)


def arguments_of(tmp_path: Path, *given: str) -> list[str]:
    """What bootstrap is started with by `make up`; a Python that only lists its arguments."""
    listing = tmp_path / "python"
    listing.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    listing.chmod(0o700)
    return make("up", f"PYTHON={listing}", *given).stdout.splitlines()


def test_the_stack_is_dev_unless_it_is_named(tmp_path: Path) -> None:
    started = ["-E", "-m", "bootstrap", "up", "--stack"]
    assert arguments_of(tmp_path) == [*started, "dev", "--args="]
    assert arguments_of(tmp_path, "STACK=prod") == [*started, "prod", "--args="]


def test_quotes_in_a_value_reach_bootstrap_and_no_shell(tmp_path: Path) -> None:
    *_, args = arguments_of(tmp_path, "ARGS=config set aop:foo 'bar baz' \"x y\"")
    assert args == """--args=config set aop:foo 'bar baz' "x y\""""
    *_, stack, _ = arguments_of(tmp_path, "STACK=x'; echo pwned; '")
    assert stack == "x'; echo pwned; '"


@pytest.mark.parametrize(
    ("args", "stack"),
    [
        ("coverage", "dev"),
        ("coverage --stack own --json", "own"),
        ("coverage --stack=org/aop/own", "own"),
        ("coverage --stack", "dev"),
    ],
)
@pytest.mark.parametrize("verb", ["preview", "pulumi", "report", "operations"])
def test_a_stack_that_is_named_in_args_is_the_one_whose_file_is_used(
    verb: str, args: str, stack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it the file of dev was, whatever --stack said."""
    called: list[tuple[str, ...]] = []

    def note(*given: str) -> int:
        called.append(given)
        return 0

    monkeypatch.setattr(cli, "ensure", lambda: None)
    monkeypatch.setattr(demo, verb, note)
    _, run = verbs.VERBS[verb]
    assert run(argparse.Namespace(stack="dev", args=args)) == 0
    assert called == [(stack, *args.split())]
