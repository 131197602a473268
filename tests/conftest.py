"""What all tests share: a sandbox in this process, and a session of the providers against it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from providers.api.runtime import Clock
from providers.plugin import session
from tests.sandbox_server import SandboxThread

pytest_plugins = ["tests.left_out"]

ZONE = "023e105f4ecef8ad9ca31a8372d0c353"
ACCOUNT = "01a7362d577a6c3019a474fd6f485823"
TOKEN = "sandbox-token-all-permissions"


@pytest.fixture(scope="session")
def sandbox_thread() -> Iterator[SandboxThread]:
    """One server for the run; tests take it through `sandbox`."""
    with SandboxThread(deploy_seconds=5) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(sandbox_thread: SandboxThread) -> SandboxThread:
    """The local Cloudflare, as it is seeded; its clock moves only when somebody waits."""
    sandbox_thread.reset()
    return sandbox_thread


class Moments:
    """A clock that stands still; sleeping moves it, and the sandbox's with it."""

    def __init__(self, sandbox: SandboxThread) -> None:
        self.passed = 0.0
        self._sandbox = sandbox
        self.clock = Clock(self.now, lambda: self.passed, self.sleep)

    def now(self) -> datetime:
        return datetime.fromisoformat(self._sandbox.now()[:19]).replace(tzinfo=UTC)

    def sleep(self, seconds: float) -> None:
        self.passed += seconds
        self._sandbox.advance(seconds)


class Heard(list[str]):
    """The lines that a person at the terminal would see."""

    def has(self, *parts: str) -> bool:
        return any(all(part in line for part in parts) for line in self)


@pytest.fixture
def moments(sandbox: SandboxThread) -> Moments:
    return Moments(sandbox)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def new_run(sandbox, moments, heard):
    """Begins a further `pulumi up`: a new plugin process, which remembers nothing."""

    def begin(**environ: str) -> session.Session:
        before = session.current()
        env = {"CLOUDFLARE_BASE_URL": sandbox.api, "CLOUDFLARE_API_TOKEN": TOKEN, **environ}
        session.use(session.Session(env, moments.clock, heard.append))
        if before is not first:
            before.close()
        return session.current()

    first = session.current()
    begin()
    yield begin
    session.current().close()
    session.use(first)
