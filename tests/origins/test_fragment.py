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
from .servers import Application
from .test_hostile import APPLICATION, Way, directly, strangers_inside
from .visitor import Visitor

Pasted = Callable[..., Any]
every_server = pytest.mark.parametrize("server", servers.SERVERS)
# The texts of the other two say that they refuse a wrong certificate at this stage too.
LETS_IN_WRONG_ONES = ("nginx", "haproxy")
every_version = pytest.mark.parametrize("version", ["1.2", "1.3"])


@pytest.fixture
def pasted(
    origin: Callable[..., Origin],
    folder: Folder,
    hashes: Path,
    application: Application,
    tmp_path: Path,
) -> Pasted:
    """A real server under a hostile level, with a block of a person that includes the fragment."""

    @contextmanager
    def start(server: str, version: str, default: bool = True, **known: Any) -> Iterator[Way]:
        wanted, family = origin(**known), servers.family(server)
        other_port = servers.free_port() if server == "haproxy" else wanted.port
        level = Level(folder, hashes, wanted.port, other_port, default, bool(wanted.pins))
        around = functools.partial(LEVELS[family], level)
        block = BLOCKS[family](wanted, fragment(servers.kind(server), wanted), tmp_path)
        with servers.running(server, tmp_path, block, wanted.port, other_port, around=around):
            yield Way(server, wanted.port, other_port, version, folder, application.port)

    return start


@every_server
@every_version
@pytest.mark.parametrize("default", [True, False], ids=["verifying", "open"])
def test_no_stranger_reaches_the_application_past_a_fragment_in_a_hostile_block(
    server: str, version: str, default: bool, pasted: Pasted
) -> None:
    with pasted(server, version, default) as way:
        passed = strangers_inside(way)
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


ACCESS_FILES = {
    "if": '<If "true">\nRequire all granted\n</If>',
    "if in if": '<If "true">\n<If "true">\nRequire all granted\n</If>\n</If>',
    "satisfy": "Satisfy Any\nAllow from all\nRequire all granted",
}


@pytest.mark.parametrize("file", ACCESS_FILES.values(), ids=ACCESS_FILES.keys())
def test_an_access_file_of_a_folder_opens_nothing_that_apaches_fragment_has_closed(
    file: str, origin: Callable[..., Origin], folder: Folder, hashes: Path, tmp_path: Path
) -> None:
    # Apache reads it after it has dropped its rights.
    site = hashes / "site"
    site.mkdir(exist_ok=True)
    (site / "index.html").write_text(APPLICATION.decode())
    (site / ".htaccess").write_text(file)
    wanted = origin()
    block = BLOCKS["apache"](wanted, fragment("apache", wanted), tmp_path).replace(
        f'ProxyPass "/" "http://{wanted.upstream}/"',
        f'Alias "/" "{site}/"\n<Directory "{site}">\nAllowOverride All\n</Directory>',
    )
    around = functools.partial(LEVELS["apache"], Level(folder, hashes, wanted.port, wanted.port))
    with servers.running("apache", tmp_path, block, wanted.port, around=around):
        came = [
            client
            for client in (None, "other_ca", "right")
            if APPLICATION
            in Visitor("1.3", client and folder.file(f"{client}.pem")).get(
                wanted.port, HOSTNAME, HOSTNAME, "/index.html"
            )
        ]
    assert came == ["right"]
