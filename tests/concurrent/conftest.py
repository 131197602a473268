"""Two people with a project and a state of their own each, and one Cloudflare."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import TIMES
from tests.cli.project import Project, leaks
from tests.sandbox_server import SandboxProcess


@pytest.fixture
def cloudflare() -> Iterator[SandboxProcess]:
    # With a latency, requests of two people meet in the middle of the work.
    with SandboxProcess(*TIMES, "--latency", "40") as sandbox:
        yield sandbox


@pytest.fixture
def people(tmp_path: Path, cloudflare: SandboxProcess) -> Iterator[list[Project]]:
    projects = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        projects.append(Project(tmp_path / name, cloudflare, "test"))
    yield projects
    for project in projects:
        project.close()
        journal = json.dumps(cloudflare.journal())
        assert leaks(project.pairs, tmp_path, journal, *project.told) == []
