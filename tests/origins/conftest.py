"""One folder of certificates and one application for all tests of the origins."""

from __future__ import annotations

import tempfile
import textwrap
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from origins import (
    SERVERS,
    ClientCertificate,
    Origin,
    ProbeReport,
    Target,
    bundle,
    configuration,
    probe,
)

from . import servers
from .hostile import subject_hash
from .pki import HOSTNAME, Folder, revocation_list
from .servers import Application

Running = Callable[..., AbstractContextManager[Origin]]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def hashes(folder: Folder) -> Iterator[Path]:
    """The foreign CAs as OpenSSL looks them up, by a hash of their names, with their lists.

    Servers look there after they have dropped their rights, and pytest's folders are closed.
    """
    with tempfile.TemporaryDirectory(prefix="aop-hashes-") as name:
        Path(name).chmod(0o755)
        for root in (folder.other_root, folder.next_root):
            of_name = subject_hash(root.certificate)
            (Path(name) / f"{of_name}.0").write_text(root.pem)
            (Path(name) / f"{of_name}.r0").write_text(revocation_list(root))
        yield Path(name)


@pytest.fixture(scope="session")
def application() -> Iterator[Application]:
    with servers.application() as running:
        yield running


@pytest.fixture
def origin(folder: Folder, application: Application) -> Callable[..., Origin]:
    """An origin on a free loopback port, in front of the application."""

    def make(hostname: str | None = HOSTNAME, **known: Any) -> Origin:
        authorities = known.pop("authorities", bundle(folder.root.pem))
        trusted = f"trusted-{len(list(folder.path.glob('trusted-*')))}.pem"
        folder.write(trusted, authorities)
        return Origin(
            **{
                "hostname": hostname,
                "certificate": folder.file("server.pem"),
                "private_key": folder.file("server.pem.key"),
                "client_ca": folder.file(trusted),
                "authorities": authorities,
                "upstream": f"127.0.0.1:{application.port}",
                "address": "127.0.0.1",
                "port": known.pop("port", None) or servers.free_port(),
                **known,
            }
        )

    return make


@pytest.fixture
def started(origin: Callable[..., Origin], tmp_path: Path) -> Running:
    """A real server with the configuration that the project writes, and its default host."""

    @contextmanager
    def start(server: str, **known: Any) -> Iterator[Origin]:
        servers.program(server)
        wanted = origin(**known)
        kind = servers.kind(server)
        text = configuration(kind, wanted)
        if SERVERS[kind].has_default_host:
            text = configuration(kind, origin(None, port=wanted.port)) + text
        plain = [wanted.acme_port] if wanted.acme else []
        with servers.running(server, tmp_path, text, wanted.port, *plain):
            yield wanted

    return start


@pytest.fixture
def faulty(folder: Folder, application: Application, tmp_path: Path) -> Callable[..., Any]:
    """A server with a hand-written configuration; capitals in it stand for what is known."""

    @contextmanager
    def start(server: str, text: str, **more: str) -> Iterator[int]:
        port = servers.free_port()
        known = {
            "LISTEN": f"127.0.0.1:{port}",
            "PORT": str(port),
            "CERT": folder.file("server.pem"),
            "KEY": folder.file("server.pem.key"),
            "CA": folder.file("ca.pem"),
            "APP": f"127.0.0.1:{application.port}",
            **more,
        }
        for name, value in known.items():
            text = text.replace(f"<<{name}>>", value)
        with servers.running(server, tmp_path, textwrap.dedent(text), port):
            yield port

    return start


@pytest.fixture
def clients(folder: Folder) -> dict[str, ClientCertificate]:
    return {
        name: ClientCertificate(folder.file(f"{name}.pem"), folder.file(f"{name}.pem.key"))
        for name in folder.clients
    }


@pytest.fixture
def probed(folder: Folder, clients: dict[str, ClientCertificate]) -> Callable[..., ProbeReport]:
    """The report about a port; without plain HTTP unless a port is named."""

    def run(
        port: int,
        *,
        given: dict[str, ClientCertificate] | None = None,
        **known: Any,
    ) -> ProbeReport:
        usual = {"hostname": HOSTNAME, "http_port": None, "server_ca": folder.file("server_ca.pem")}
        target = Target(**{**usual, "address": "127.0.0.1", "port": port, **known})
        return probe(target, clients if given is None else given)

    return run
