"""One Cloudflare and one copy of the project for each test: nothing is shared, all runs at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.project import Project, leaks
from tests.sandbox_server import SandboxProcess

# Short, and never zero: the waits of the resources are part of what is tested.
TIMES = ("--deploy-seconds", "0.4", "--list-lag", "0.3")

Start = Callable[[str], Project]


@pytest.fixture
def sandbox() -> Iterator[SandboxProcess]:
    """A process of its own, with the real clock."""
    with SandboxProcess(*TIMES) as sandbox:
        yield sandbox


@pytest.fixture
def start(tmp_path: Path, sandbox: SandboxProcess) -> Iterator[Start]:
    """Makes the project's copy for a stack; the sandbox is its Cloudflare.

    However a test ends, no private key stands in state, history, backups, logs or outputs of the
    CLI, nor in Cloudflare's journal.
    """
    projects: list[Project] = []

    def make(stack: str) -> Project:
        projects.append(Project(tmp_path, sandbox, stack))
        return projects[-1]

    yield make
    for project in projects:
        project.close()
        journal = json.dumps(sandbox.journal())
        assert leaks(project.pairs, tmp_path, journal, *project.told) == []


@pytest.fixture
def project(start: Start) -> Project:
    """A stack whose program the test writes."""
    return start("test")
