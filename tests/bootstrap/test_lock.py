"""The lock files hold what the lists ask for, each file by its hash."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bootstrap import PROJECT, packages

LISTS = sorted(path.name for path in PROJECT.glob("requirements*.txt"))
PIN = re.compile(r"^([\w.-]+)==([^\s;]+)", re.MULTILINE)


def normalise(text: str) -> dict[str, str]:
    """Versions by name; PyPI takes `-`, `_` and `.` for one another."""
    return {re.sub(r"[-_.]+", "-", name.lower()): version for name, version in PIN.findall(text)}


def read_lock(name: str) -> str:
    return (PROJECT / packages.LOCKS / name).read_text()


def everything_of(name: str) -> dict[str, str]:
    """What a list asks for, with the lists that it contains."""
    text = (PROJECT / name).read_text()
    found = normalise(text)
    for other in re.findall(r"^-r (\S+)", text, re.MULTILINE):
        found |= everything_of(other)
    return found


def test_each_list_has_a_lock_and_each_lock_a_list() -> None:
    assert sorted(path.name for path in (PROJECT / packages.LOCKS).iterdir()) == LISTS


@pytest.mark.parametrize("name", LISTS)
def test_a_lock_holds_what_its_list_asks_for(name: str) -> None:
    wanted = everything_of(name)
    held = normalise(read_lock(name))
    wrong = {package: v for package, v in wanted.items() if held.get(package) != v}
    assert wrong == {}, "run: make lock"


@pytest.mark.parametrize("name", LISTS)
def test_a_lock_and_the_constraints_name_the_same_versions(name: str) -> None:
    constraints = normalise((PROJECT / "constraints.txt").read_text())
    assert normalise(read_lock(name)).items() <= constraints.items(), "run: make lock"


@pytest.mark.parametrize("name", LISTS)
def test_every_package_of_a_lock_has_hashes_and_only_wheels_are_taken(name: str) -> None:
    head, *entries = re.split(r"^(?=[a-z0-9])", read_lock(name), flags=re.MULTILINE)
    assert "--only-binary :all:" in head.splitlines()
    assert entries
    assert [e for e in entries if not re.search(r"\\\n +--hash=sha256:[0-9a-f]{64}\b", e)] == []
    assert not re.search(r"^--(?!only-binary)|://", read_lock(name), re.MULTILINE), (
        "no index, no URL"
    )


def test_make_installs_by_hash_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(packages, "run", lambda argv, otherwise: ran.append(argv))
    venv = tmp_path / "venv"
    packages.python(venv).parent.mkdir(parents=True)
    packages.python(venv).symlink_to("/usr/bin/env")
    packages.install(venv, "python3")
    assert "--require-hashes" in ran[-1]
    assert ran[-1][-2:] == ["-r", packages.WANTED]
