"""What is generated closes itself, whatever stands around it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from origins import Origin, configuration

from . import servers
from .hostile import DEFAULT, LEVELS, OTHER, Level
from .pki import HOSTNAME, Folder
from .visitor import Visitor

APPLICATION = b"the application"
every_server = pytest.mark.parametrize("server", servers.SERVERS)
every_version = pytest.mark.parametrize("version", ["1.2", "1.3"])
every_stage = pytest.mark.parametrize("readable", [True, False], ids=["readable", "closed"])
every_default = pytest.mark.parametrize("default", [True, False], ids=["verifying", "open"])


@dataclass(frozen=True)
class Way:
    """Where a visitor goes: first, if anywhere, and then for the application."""

    server: str
    port: int
    other_port: int
    version: str
    folder: Folder

    def visitor(self, client: str | None, takes_tickets: bool = True) -> Visitor:
        file = self.folder.file(f"{client}.pem") if client else None
        return Visitor(self.version, file, takes_tickets)


def directly(way: Way, client: str | None) -> bytes:
    return way.visitor(client).get(way.port, HOSTNAME, HOSTNAME)


def without_a_server_name(way: Way, client: str | None) -> bytes:
    return way.visitor(client).get(way.port, None, HOSTNAME)


def under_the_name_of_another_host(way: Way, client: str | None) -> bytes:
    visitor = way.visitor(client)
    return b"".join(visitor.get(way.port, name, HOSTNAME) for name in (OTHER, DEFAULT))


def with_a_session_of_another_host(way: Way, client: str | None) -> bytes:
    found = b""
    for name, takes_tickets in product((OTHER, DEFAULT, None), (True, False)):
        visitor = way.visitor(client, takes_tickets)
        visitor.get(way.other_port, name, name or DEFAULT)
        found += visitor.get(way.port, HOSTNAME, HOSTNAME, resuming=True)
        visitor.get(way.other_port, name, name or DEFAULT)
        found += visitor.get(way.port, None, HOSTNAME, resuming=True)
    return found


def in_an_http2_connection_to_another_host(way: Way, client: str | None) -> bytes:
    found = way.visitor(client).get_over_http2(way.port, OTHER, OTHER, HOSTNAME)
    return found + way.visitor(client).get_over_http2(way.port, DEFAULT, DEFAULT, HOSTNAME)


def under_a_path_that_others_opened(way: Way, client: str | None) -> bytes:
    paths = ("/.well-known/acme-challenge/x", "/statistics", "/open", "/server-status")
    visitor = way.visitor(client)
    return b"".join(visitor.get(way.port, HOSTNAME, HOSTNAME, path) for path in paths)


WAYS: tuple[Callable[[Way, str | None], bytes], ...] = (
    directly,
    without_a_server_name,
    under_the_name_of_another_host,
    with_a_session_of_another_host,
    in_an_http2_connection_to_another_host,
    under_a_path_that_others_opened,
)
STRANGERS = (None, "other_ca", "expired", "server_auth", "own_anchor")
Besieged = Callable[..., Any]


@pytest.fixture
def besieged(origin: Callable[..., Origin], folder: Folder, tmp_path: Path) -> Besieged:
    """A real server with what is generated, under a hostile level."""

    @contextmanager
    def start(
        server: str, version: str, default: bool = True, text: str = "", **known: Any
    ) -> Iterator[Way]:
        wanted = origin(**known)
        other_port = servers.free_port() if server == "haproxy" else wanted.port
        level = Level(folder, wanted.port, other_port, default)
        around = functools.partial(LEVELS[servers.kind(server)], level)
        generated = text or configuration(servers.kind(server), wanted)
        with servers.running(server, tmp_path, generated, wanted.port, other_port, around=around):
            yield Way(server, wanted.port, other_port, version, folder)

    return start


@every_server
@every_version
@every_stage
@every_default
def test_no_stranger_reaches_the_application_past_a_hostile_level(
    server: str, version: str, readable: bool, default: bool, besieged: Besieged
) -> None:
    with besieged(server, version, default, readable=readable) as way:
        passed = [
            f"{stranger or 'nobody'} {go.__name__}"
            for go in WAYS
            for stranger in STRANGERS
            if APPLICATION in go(way, stranger)
        ]
        assert APPLICATION in directly(way, "right")
    assert passed == []
