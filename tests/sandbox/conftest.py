"""A sandbox whose every answer is checked against the schema of the API's answers."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from sandbox import API_PREFIX
from tests.sandbox import schema
from tests.sandbox.steps import DEPLOY
from tests.sandbox_server import SandboxThread


@pytest.fixture(scope="session")
def one_sandbox() -> Iterator[SandboxThread]:
    with SandboxThread(deploy_seconds=DEPLOY) as sandbox:
        yield sandbox


@pytest.fixture
def hostile(one_sandbox: SandboxThread) -> SandboxThread:
    """The sandbox as it is seeded; its answers are not checked, as faults spoil them."""
    one_sandbox.watch()
    one_sandbox.reset()
    return one_sandbox


@pytest.fixture
def sandbox(hostile: SandboxThread) -> Iterator[SandboxThread]:
    """The sandbox as it is seeded; each answer of the API must fit the schema."""
    hostile.watch(check)
    yield hostile
    hostile.watch()


def check(response: httpx.Response) -> None:
    if response.request.url.path.startswith(API_PREFIX):
        response.read()
        schema.check(response)
