"""The requirements, and what an old or bare machine is told."""

from __future__ import annotations

import ast
import re
import subprocess
import sys

import pytest

from bootstrap import PROJECT

PINNED = re.compile(r"^([\w.-]+)==(\S+) +# .+")


def requirements(name: str) -> dict[str, str]:
    lines = (PROJECT / name).read_text().splitlines()
    wanted = [line for line in lines if line and not line.startswith(("#", "-"))]
    found = [PINNED.match(line) for line in wanted]
    assert all(found), "each requirement is pinned, with a reason behind it"
    return {match[1]: match[2] for match in found if match}


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments], cwd=PROJECT, capture_output=True, text=True, check=False
    )


def test_five_packages_are_enough_for_pulumi_up() -> None:
    assert set(requirements("requirements.txt")) == {
        "pulumi", "httpx", "cryptography", "pydantic", "pytest",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_the_same_in_the_constraints(name: str) -> None:
    assert "-c constraints.txt" in (PROJECT / name).read_text().splitlines()
    constraints = (PROJECT / "constraints.txt").read_text()
    for package, version in requirements(name).items():
        assert re.search(rf"^{package}=={re.escape(version)}$", constraints, re.MULTILINE), package


def test_a_machine_without_python_gets_one_line() -> None:
    done = make("up", "PYTHON=python3.999")
    assert done.returncode != 0
    assert "Install Python 3.11 or newer" in done.stderr.splitlines()[0]


@pytest.mark.parametrize("name", ["__init__.py", "__main__.py"])
def test_an_old_python_can_read_the_sentence_about_its_age(name: str) -> None:
    ast.parse((PROJECT / "bootstrap" / name).read_text(), feature_version=(3, 4))


def test_an_old_python_is_told_which_one_is_needed() -> None:
    code = (
        "import sys, runpy; sys.version_info = (3, 8, 1);"
        "runpy.run_module('bootstrap', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines() == [
        "Python 3.11 or newer is needed, this is 3.8. Name another one: make PYTHON=python3.12"
    ]
