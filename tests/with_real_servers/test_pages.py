"""The pages of docs/ about this, followed command by command: the origin is a real NGINX, and a
visitor asks all the while. A block ```text is the output that the commands before it print; one
with a further word is from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.origins import servers
from tests.sandbox_server import SandboxProcess
from tests.with_real_servers.conftest import Print, without_aop
from tests.with_real_servers.installation import API, LONG
from tests.with_real_servers.reader import SHOP, Reader
from tests.with_real_servers.visit import visit

pytestmark = LONG


@pytest.fixture
def reader(tmp_path: Path, sandbox: SandboxProcess) -> Iterator[Reader]:
    servers.program("nginx")
    without_aop(sandbox)
    reader = Reader(tmp_path, sandbox)
    with reader.origin():
        yield reader


def test_following_the_page_about_rolling_out_costs_no_request(reader: Reader, show: Print) -> None:
    with visit("docs/rollout.md", reader.sandbox.edge, [SHOP]) as figures:
        reader.follow("rollout.md")
    show(figures)
    figures.hold()


def test_following_the_page_about_rotation_costs_no_request(reader: Reader, show: Print) -> None:
    reader.roll_out()
    with visit("docs/rotation.md", reader.sandbox.edge, [SHOP]) as figures:
        reader.follow("rotation.md")
    show(figures)
    figures.hold()


def test_following_the_page_for_the_night_lets_visitors_in_and_locks_a_leaked_key_out(
    reader: Reader,
) -> None:
    reader.roll_out()
    reader.sandbox.outside("PATCH", f"{API}/settings/ssl", {"value": "flexible"})
    reader.follow("incident.md")
    shown = reader.sandbox.presented("example.com", SHOP)
    assert shown["level"] == "hostname"
    answer = httpx.get(reader.sandbox.edge, headers={"Host": SHOP})
    assert (answer.status_code, answer.text) == (200, "the application\n")
