"""Hostile values: refused, or read by the real server as exactly what they are.

A server reads the files that its text names, so a path that it misread is a file that it misses.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from origins import SERVERS, Origin, bundle, configuration
from origins.attempt import ACCEPTED, Question, ask
from origins.connection import ClientCertificate

from . import servers
from .conftest import Running
from .pki import Folder
from .servers import Application

every_server = pytest.mark.parametrize("server", servers.SERVERS)
# By field; a path is one below the folder of the test.
ODD: dict[str, dict[str, str]] = {
    "spaces and signs": {
        "path": "a b/@c +d=e,f:g~h/-i",
        "hostname": "_dmarc.shop-1.example.com",
        "header": "If",
    },
    "words of the languages": {
        "path": "if unless else/include",
        "hostname": "if.else.example",
        "header": "unless",
    },
    "words of directives": {
        "path": "default_server ssl/off",
        "hostname": "default",
        "header": "early",
    },
    "dots and digits": {"path": ".../..a/0", "hostname": "0a.1-a.a0", "header": "0-env"},
}


def placed(folder: Folder, place: Path) -> dict[str, str]:
    """The files that a text names, at paths below `place`."""
    place.mkdir(parents=True, exist_ok=True)
    for name in ("server.pem", "server.pem.key", "crl.pem"):
        shutil.copy(folder.file(name), place / name)
    (place / "ca.pem").write_text(bundle(folder.root.pem))
    return {
        "certificate": str(place / "server.pem"),
        "private_key": str(place / "server.pem.key"),
        "client_ca": str(place / "ca.pem"),
    }


@every_server
@pytest.mark.parametrize("case", ODD)
def test_an_odd_value_is_read_as_what_it_is(
    server: str,
    case: str,
    started: Running,
    folder: Folder,
    application: Application,
    tmp_path: Path,
) -> None:
    odd = ODD[case]
    files = placed(folder, tmp_path / odd["path"])
    crl = str(tmp_path / odd["path"] / "crl.pem")
    lists = {} if servers.family(server) == "caddy" else {"crl": crl}
    known = {"hostname": odd["hostname"], "header": odd["header"], **files, **lists}
    application.seen.clear()
    with started(server, **known) as origin:
        assert asked(origin, folder, "right") == ACCEPTED
        assert asked(origin, folder, None) != ACCEPTED
        assert asked(origin, folder, "right", host=f"x{odd['hostname']}") != ACCEPTED
    (headers,) = application.seen
    found = {name.lower(): value for name, value in headers.items()}
    assert found[odd["header"].lower()] == "SUCCESS"


@every_server
@pytest.mark.parametrize("missing", ["server.pem", "ca.pem", "crl.pem"])
def test_a_missing_file_is_noticed_or_the_test_above_would_say_nothing(
    server: str,
    missing: str,
    origin: Callable[..., Origin],
    folder: Folder,
    tmp_path: Path,
) -> None:
    is_caddy = servers.family(server) == "caddy"
    if is_caddy and missing != "server.pem":
        pytest.skip("needs no file: Caddy's text holds the CAs, and it reads no lists")
    place = tmp_path / "a b"
    files = placed(folder, place)
    lists = {} if is_caddy else {"crl": str(place / "crl.pem")}
    text = configuration(servers.kind(server), origin(**files, **lists))
    servers.check(server, tmp_path / "whole", text)
    (place / missing).unlink()
    with pytest.raises(AssertionError):
        servers.check(server, tmp_path / "half", text)


def asked(origin: Origin, folder: Folder, client: str | None, host: str | None = None) -> str:
    name = host or str(origin.hostname)
    pair = ClientCertificate(folder.file(f"{client}.pem"), folder.file(f"{client}.pem.key"))
    question = Question(
        origin.address, origin.port, name, "/", 5, "1.3", name, pair if client else None
    )
    return ask(question).verdict


def test_every_server_is_asked() -> None:
    assert {servers.kind(server) for server in servers.SERVERS} <= set(SERVERS)
