"""The installation that each test has for itself; and the figures on the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import TIMES
from tests.cli.project import Project
from tests.origins import servers
from tests.sandbox_server import SandboxProcess
from tests.with_real_servers.installation import AOP, API, ZONE, Installation
from tests.with_real_servers.visit import Figures

Print = Callable[[Figures], None]


@pytest.fixture
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess("--edge-port", "0", *TIMES) as sandbox:
        yield sandbox


def without_aop(sandbox: SandboxProcess) -> None:
    """The zone as one that has never heard of it: what was there at first is taken away."""
    zone = sandbox.zone(ZONE)
    config = [
        {"hostname": row["hostname"], "cert_id": row["cert_id"], "enabled": None}
        for row in zone["bindings"]
    ]
    sandbox.outside("PUT", f"{AOP}/hostnames", {"config": config})
    for row in zone["hostname_certificates"]:
        sandbox.outside("DELETE", f"{AOP}/hostnames/certificates/{row['id']}")
    for row in zone["zone_certificates"]:
        sandbox.outside("DELETE", f"{AOP}/{row['id']}")
    sandbox.outside("PATCH", f"{API}/settings/tls_client_auth", {"value": "off"})


@pytest.fixture
def site(tmp_path: Path, sandbox: SandboxProcess) -> Iterator[Installation]:
    for server in ("nginx", "apache"):
        servers.program(server)
    without_aop(sandbox)
    project = Project(tmp_path, sandbox, "dev")
    yield Installation(tmp_path, sandbox, project)
    project.close()


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str]) -> Print:
    """Prints the figures where they are seen, also from a process of pytest-xdist."""

    def show_(figures: Figures) -> None:
        with capsys.disabled():
            print(f"\n{figures}", file=sys.stderr)

    return show_
