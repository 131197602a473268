"""The Makefile, the requirements, and what an old or bare machine is told."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap import PROJECT, Stop, packages, servers, verbs

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


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    """A virtual environment and a project whose stamp says that all is installed."""
    (tmp_path / packages.LOCKS).mkdir()
    (tmp_path / packages.WANTED).write_text("as it was")
    folder = tmp_path / "venv"
    (folder / "bin").mkdir(parents=True)
    packages.python(folder).symlink_to(sys.executable)
    (folder / packages.STAMP).write_text(packages.stamp_of_complete(folder, tmp_path))
    return folder


def test_what_is_installed_is_not_installed_again(venv: Path) -> None:
    assert packages.complete(venv, venv.parent)


def test_other_requirements_are_installed(venv: Path) -> None:
    (venv.parent / packages.WANTED).write_text("changed")
    assert not packages.complete(venv, venv.parent)


def test_a_checkout_that_was_moved_gets_a_new_environment(venv: Path) -> None:
    moved = venv.rename(venv.with_name("moved"))
    assert not packages.complete(moved, moved.parent)


def test_an_interpreter_that_is_gone_gets_a_new_environment(venv: Path) -> None:
    packages.python(venv).unlink()
    packages.python(venv).symlink_to("/nonexistent/python3")
    assert not packages.complete(venv, venv.parent)


def test_a_cut_off_installation_is_done_again(venv: Path) -> None:
    (venv / packages.STAMP).unlink()
    assert not packages.complete(venv, venv.parent)


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
