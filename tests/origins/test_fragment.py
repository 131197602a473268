"""A fragment closes the block into which a person pastes it, and tells who came."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from origins import Origin, Stage, fragment, pin

from . import servers
from .handwritten import ALSO, BLOCKS
from .hostile import LEVELS, Level
from .pki import HOSTNAME, Folder
from .test_hostile import APPLICATION, STRANGERS, WAYS, Way, directly

Pasted = Callable[..., Any]
every_server = pytest.mark.parametrize("server", servers.SERVERS)
# The texts of the other two say that they refuse a wrong certificate at this stage too.
LETS_IN_WRONG_ONES = ("nginx", "haproxy")
every_version = pytest.mark.parametrize("version", ["1.2", "1.3"])


@pytest.fixture
def pasted(origin: Callable[..., Origin], folder: Folder, tmp_path: Path) -> Pasted:
    """A real server under a hostile level, with a block of a person that includes the fragment."""

    @contextmanager
    def start(server: str, version: str, default: bool = True, **known: Any) -> Iterator[Way]:
        wanted, kind = origin(**known), servers.kind(server)
        other_port = servers.free_port() if server == "haproxy" else wanted.port
        around = functools.partial(LEVELS[kind], Level(folder, wanted.port, other_port, default))
        block = BLOCKS[kind](wanted, fragment(kind, wanted), tmp_path)
        with servers.running(server, tmp_path, block, wanted.port, other_port, around=around):
            yield Way(server, wanted.port, other_port, version, folder)

    return start


@every_server
@every_version
@pytest.mark.parametrize("default", [True, False], ids=["verifying", "open"])
def test_no_stranger_reaches_the_application_past_a_fragment_in_a_hostile_block(
    server: str, version: str, default: bool, pasted: Pasted
) -> None:
    with pasted(server, version, default) as way:
        passed = [
            f"{stranger or 'nobody'} {go.__name__}"
            for go in WAYS
            for stranger in STRANGERS
            if APPLICATION in go(way, stranger)
        ]
        assert APPLICATION in directly(way, "right")
        assert APPLICATION in way.visitor("right").get(way.port, ALSO, ALSO)
        assert APPLICATION not in way.visitor(None).get(way.port, ALSO, ALSO)
        # Verified for one name of the block, and asked for the other.
        assert APPLICATION not in way.visitor("right").get(way.port, None, HOSTNAME)
    assert passed == []


@every_server
def test_a_pinned_fragment_lets_no_other_certificate_of_the_ca_pass(
    server: str, pasted: Pasted, folder: Folder
) -> None:
    with pasted(server, "1.3", pins=(pin(folder.right.pem),)) as way:
        assert APPLICATION in directly(way, "right")
        assert APPLICATION not in directly(way, "same_ca")


@every_server
def test_a_fragment_of_the_optional_stage_lets_everybody_in_whom_the_server_can(
    server: str, pasted: Pasted
) -> None:
    with pasted(server, "1.3", stage="optional") as way:
        assert APPLICATION in directly(way, None)
        assert APPLICATION in directly(way, "right")
        for wrong in ("other_ca", "expired", "server_auth"):
            assert (APPLICATION in directly(way, wrong)) is (server in LETS_IN_WRONG_ONES)


@pytest.mark.parametrize("server", [name for name in servers.SERVERS if name != "haproxy"])
@pytest.mark.parametrize("stage", ["optional", "on"])
def test_a_fragment_logs_who_came_with_which_certificate(
    server: str, stage: Stage, pasted: Pasted, folder: Folder, tmp_path: Path
) -> None:
    log = tmp_path / "log" / "came.log"
    log.parent.mkdir(mode=0o777)
    with pasted(server, "1.3", stage=stage, log=str(log)) as way:
        for client in ("right", None):
            # Caddy 2.6 logs a host of another port than 443 only where the visitor names the port.
            way.visitor(client).get(way.port, HOSTNAME, f"{HOSTNAME}:{way.port}")
    number = folder.right.certificate.serial_number
    # Caddy has it in decimal digits, the others in hexadecimal ones.
    assert str(number) in log.read_text() or f"{number:X}" in log.read_text().upper()
