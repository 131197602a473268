"""`make check`, `make test` and the longer runs beside it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bootstrap import LOCAL, PROJECT, Stop, cli, packages, say
from bootstrap.environment import clean

ROOMS = (
    "__main__.py", "providers", "stacks", "origins", "issuers", "operations", "sandbox",
    "bootstrap", "benchmarks", "pipelines", "tests",
)  # fmt: skip
SUPPORTED = ("3.11", "3.12", "3.13", "3.14")
# Three on two cores: most tests wait for the CLI, or for a clock.
PARALLEL = ("-n", "3", "--dist", "worksteal")
USUAL = "not slow and not live"
SLOW = "slow and not live"
# What needs nothing but Python: the rest is the same under every Python, and takes long.
PURE = "not cli and not slow and not live"
NO_TESTS = 5


def check() -> int:
    """Runs every check, also after a check that failed."""
    rooms = [room for room in ROOMS if (PROJECT / room).exists()]
    commands = (
        ["ruff", "check", "--quiet", "."],
        ["ruff", "format", "--check", "--quiet", "."],
        ["mypy", *rooms],
    )
    failed = [" ".join(command[:2]) for command in commands if tool(command)]
    if failed:
        say(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


def test(*arguments: str) -> int:
    """The checks, then every test that is not slow. Arguments go to pytest."""
    environment = with_cli()
    return check() or pytest(USUAL, *PARALLEL, *arguments, environment=environment)


def test_slow(*arguments: str) -> int:
    """The slow tests, then the pure ones under each supported Python."""
    environment = with_cli()
    status = pytest(SLOW, *PARALLEL, *arguments, environment=environment)
    if status == NO_TESTS:
        say("no test is marked slow")
    elif status:
        return status
    return under_each_python(arguments)


def test_faults(*arguments: str) -> int:
    """The whole crash matrix: every scenario, every way to be cut off, every request."""
    return module("tests.faults", *arguments, environment=with_cli())


def bench(*arguments: str) -> int:
    """All benchmarks; 1 when a request goal is missed."""
    return module("benchmarks", *arguments, environment=with_cli())


def pictures(*arguments: str) -> int:
    """The pictures of the README."""
    return module("tests.docs.pictures", *arguments, environment=os.environ)


def test_contract(*arguments: str) -> int:
    """The contract cases against the real Cloudflare. The user's own token and zone are used."""
    wanted = ("CLOUDFLARE_API_TOKEN", "AOP_CONTRACT_ZONE_ID")
    if absent := [name for name in wanted if not os.environ.get(name)]:
        raise Stop(
            f"Set {' and '.join(absent)}: a token with SSL and Certificates Edit, Zone Settings"
            " Read and Zone Read, and the id of a zone for tests. The zone gets certificates and"
            " one binding, which are taken away again."
        )
    kept = {name: os.environ[name] for name in wanted}
    command = ["pytest", "tests/sandbox/test_contract.py", *arguments]
    return module(*command, environment={**clean(), **kept})


def module(name: str, *arguments: str, environment: Mapping[str, str]) -> int:
    command = [str(packages.python()), "-m", name, *arguments]
    return subprocess.run(command, cwd=PROJECT, env=environment, check=False).returncode


def under_each_python(arguments: Sequence[str]) -> int:
    failed, absent = [], []
    current = "{}.{}".format(*sys.version_info[:2])
    for version in SUPPORTED:
        interpreter = interpreter_of(version)
        if version == current:
            continue
        if interpreter is None:
            absent.append(version)
            continue
        say(f"the pure tests under Python {version}")
        python = packages.ensure(LOCAL / f"python{version}", interpreter)
        if pytest(PURE, "-n", "2", *arguments, python=python):
            failed.append(version)
    if absent:
        say(f"NOT TESTED, for want of an interpreter: Python {', '.join(absent)}")
    if failed:
        raise Stop(f"Tests fail under Python {', '.join(failed)}")
    return 0


def interpreter_of(version: str) -> str | None:
    """A Python of this version that runs: on PATH, or one that pyenv keeps."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    kept = sorted(pyenv.glob(f"{version}.*/bin/python{version}"), reverse=True)
    for candidate in (shutil.which(f"python{version}"), *map(str, kept)):
        # pyenv's python3.12 on PATH may only print that no such version is selected.
        if (
            candidate
            and not subprocess.run(
                [candidate, "-c", "import ensurepip"], capture_output=True, check=False
            ).returncode
        ):
            return candidate
    return None


def with_cli() -> dict[str, str]:
    """The environment of the tests: a Pulumi CLI first on PATH."""
    path = os.environ.get("PATH", os.defpath)
    return {**clean(), "PATH": os.pathsep.join((str(cli.ensure()), path))}


def pytest(
    expression: str,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    python: Path | None = None,
) -> int:
    command = [str(python or packages.python()), "-m", "pytest", "-m", expression, *arguments]
    return subprocess.run(command, cwd=PROJECT, env=environment or clean(), check=False).returncode


def tool(command: Sequence[str]) -> int:
    return subprocess.run(
        [str(packages.python()), "-m", *command], cwd=PROJECT, env=clean(), check=False
    ).returncode
