"""The verbs of make are those of bootstrap."""

from __future__ import annotations

import re
import subprocess

from bootstrap import PROJECT, verbs


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments], cwd=PROJECT, capture_output=True, text=True, check=False
    )


def test_make_and_bootstrap_know_the_same_verbs() -> None:
    listed = re.search(r"^VERBS := (.+)$", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    assert listed is not None
    assert set(listed[1].split()) == set(verbs.VERBS)


def test_make_alone_lists_the_verbs() -> None:
    done = make()
    assert done.returncode == 0
    assert all(f"make {name} " in done.stdout for name in verbs.VERBS)


def test_the_stack_is_dev_unless_it_is_named() -> None:
    assert "--stack 'dev'" in make("-n", "up").stdout
    assert "--stack 'prod'" in make("-n", "up", "STACK=prod").stdout
