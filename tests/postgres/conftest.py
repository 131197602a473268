"""Two people of a team: a checkout each, one state in PostgreSQL, one Cloudflare."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import TIMES
from tests.cli.project import Project, leaks
from tests.postgres.server import Postgres
from tests.sandbox_server import SandboxProcess

STACK = "test"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


@pytest.fixture
def cloudflare() -> Iterator[SandboxProcess]:
    with SandboxProcess(*TIMES) as sandbox:
        yield sandbox


@pytest.fixture
def database(postgres: Postgres) -> str:
    """One for each test."""
    name = f"state_{uuid.uuid4().hex[:8]}"
    postgres.ask(f"create database {name}")
    return name


@pytest.fixture
def team(
    tmp_path: Path, postgres: Postgres, database: str, cloudflare: SandboxProcess
) -> Iterator[list[Project]]:
    people = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        person = Project(tmp_path / name, cloudflare, STACK)
        person.workspace.environment["PULUMI_BACKEND_URL"] = postgres.url(database)
        person.write("")
        people.append(person)
    one, two = people
    one.workspace.init(STACK)
    # As the stack file in the team's repository: with the salt that the first of them got.
    shutil.copy(one.workspace.config_file(STACK), two.workspace.second)
    yield people
    for person in people:
        person.close()
        assert postgres.password not in "".join(person.told)
        assert leaks(person.pairs, tmp_path, *person.told) == []
