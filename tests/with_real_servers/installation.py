"""An installation to visit: real NGINX and real Apache behind the edge of a sandbox, the project
with the real CLI, and a visitor.

Two hostnames have the hostname's certificate and two the zone's; NGINX and Apache answer one of
each.
"""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes

from origins import Origin, bundle, configuration
from tests.cli.project import Project
from tests.origins import pki, servers
from tests.origins.pki import SERVER_AUTH, Signer
from tests.pki import Pair
from tests.processes import processes
from tests.sandbox_server import ZONE_IDS, SandboxProcess
from tests.with_real_servers.visit import Figures, visit

ZONE = "example.com"
API = f"/zones/{ZONE_IDS[ZONE]}"
AOP = f"{API}/origin_tls_client_auth"
OWN = {"shop.example.com": "nginx", "pay.example.com": "apache"}
OTHERS = {"www.example.com": "nginx", "api.example.com": "apache"}
ALL = {**OWN, **OTHERS}
LONG = [pytest.mark.slow, pytest.mark.cli, pytest.mark.timeout(300)]


def leaf(issuer: Signer) -> Pair:
    made = pki.make("origin-pull.example.com", issuer, days=365)
    sha256 = made.certificate.fingerprint(hashes.SHA256()).hex()
    return Pair(made.pem, made.key_pem, sha256)


class Installation:
    def __init__(self, folder: Path, sandbox: SandboxProcess, project: Project) -> None:
        self.folder, self.sandbox, self.project = folder, sandbox, project
        self.first = pki.make("Origin Pull CA 1", ca=True)
        self.second = pki.make("Origin Pull CA 2", ca=True)
        self.shared = str(sandbox.shared()["ca"])
        server = pki.make(ZONE, usage=SERVER_AUTH, names=tuple(ALL))
        self._write("server.pem", server.pem)
        self._write("server.key", server.key_pem)
        self.ports = {server: servers.free_port() for server in ("nginx", "apache")}
        sandbox.origins(**{name: f"127.0.0.1:{self.ports[server]}" for name, server in ALL.items()})

    # the origins

    def _write(self, name: str, text: str) -> str:
        """Whole at every instant: a server that is reloading may be reading it."""
        path, new = self.folder / name, self.folder / f"{name}.new"
        new.touch(mode=0o600)
        new.write_text(text)
        return str(new.replace(path))

    def text(self, server: str, stage: str, authorities: tuple[str, ...], upstream: str) -> str:
        """The configuration of the server's two hostnames, with a default host before them."""
        trusted = bundle(*authorities)
        known: dict[str, Any] = {
            "certificate": str(self.folder / "server.pem"),
            "private_key": str(self.folder / "server.key"),
            "client_ca": self._write("client-ca.pem", trusted),
            "authorities": trusted,
            "stage": "on" if stage == "on" else "optional",
            "upstream": upstream,
            "address": "127.0.0.1",
            "port": self.ports[server],
        }
        texts = [configuration(server, Origin(None, **known))] + [
            configuration(server, Origin(name, log=str(self.log(name)), **known))
            for name, its_server in ALL.items()
            if its_server == server
        ]
        return without_verification("".join(texts)) if stage == "off" else "".join(texts)

    def log(self, hostname: str) -> Path:
        return self.folder / f"{hostname}.log"

    def unverified_from_now(self, seconds: float = 2) -> dict[str, int]:
        """How many requests in the next seconds came without a certificate that verifies."""
        sizes = {name: self.log(name).stat().st_size for name in ALL}
        time.sleep(seconds)
        lines = {
            name: self.log(name).read_text()[size:].splitlines() for name, size in sizes.items()
        }
        assert all(lines.values())
        return {
            name: sum('verify="SUCCESS"' not in line for line in new) for name, new in lines.items()
        }

    @contextlib.contextmanager
    def origins(self, stage: str, *authorities: str) -> Iterator[None]:
        with servers.application() as application, contextlib.ExitStack() as stack:
            self.upstream = f"127.0.0.1:{application.port}"
            for server, port in self.ports.items():
                text = self.text(server, stage, authorities, self.upstream)
                stack.enter_context(servers.running(server, self.folder / server, text, port))
            yield

    def reload(self, stage: str, *authorities: str) -> None:
        """`nginx -s reload` and `apachectl graceful`, after each has found its text in order.

        Both return before the new configuration is in force: the old workers first have to go.
        """
        before = self._workers()
        for server in self.ports:
            text = self.text(server, stage, authorities, self.upstream)
            file, environ = servers.write(server, self.folder / server, text)
            *command, check = servers.commands(server, self.folder / server, file)[0]
            signal = ["-s", "reload"] if server == "nginx" else ["-k", "graceful"]
            for arguments in ([check], signal):
                subprocess.run([*command, *arguments], env=environ, check=True, capture_output=True)
        end = time.monotonic() + 30
        while not (now := self._workers()) or before & now:
            assert time.monotonic() < end, "the old workers do not go"
            time.sleep(0.1)

    def _workers(self) -> set[int]:
        return set().union(*(workers(self.folder / server) for server in self.ports))

    def answers_strangers(self, certificate: Pair | None = None) -> dict[str, bool]:
        """Which hostnames answer somebody who comes past Cloudflare, by default with nothing."""
        context = httpx.create_ssl_context(verify=False, trust_env=False)
        if certificate is not None:
            self._write("stranger.pem", certificate.certificate + certificate.private_key)
            context.load_cert_chain(self.folder / "stranger.pem")
        with httpx.Client(verify=context, trust_env=False) as client:
            return {name: self._answers(client, name) for name in ALL}

    def _answers(self, client: httpx.Client, hostname: str) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return client.get(
                f"https://127.0.0.1:{self.ports[ALL[hostname]]}/",
                headers={"Host": hostname, "Connection": "close"},
                extensions={"sni_hostname": hostname},
            ).is_success
        return False

    # what the stack wants

    def want(
        self,
        *,
        shared: str = "",
        zone: Pair | None = None,
        own: Pair | None = None,
        tries: tuple[str, ...] = (),
    ) -> None:
        """Write the stack's configuration: these levels, with these certificates.

        :param tries: the servers that are asked with a new certificate before it is uploaded.
        """
        lines = ["config:", "  aop:zones:", f"    {ZONE}:", f"      zone_id: {ZONE_IDS[ZONE]}"]
        if shared:
            lines.append(f"      shared_certificate: {shared}")
        if zone is not None:
            lines += ["      zone_certificate:", *self._pair("zone", zone, 8)]
        if own is not None:
            names = ", ".join(OWN)
            lines += ["      hostname_certificates:", "        shop:", *self._pair("shop", own, 10)]
            lines.append(f"          hostnames: [{names}]")
        if tries:
            addresses = ", ".join(f'"127.0.0.1:{self.ports[server]}"' for server in tries)
            lines += ["      origin:", f"        try: [{addresses}]"]
        self.project.config.write_text("\n".join(lines) + "\n")

    def _pair(self, name: str, pair: Pair, indent: int) -> list[str]:
        self.project.pair(name, pair)
        path = f"file:.local/certificates/{self.project.stack}/{name}"
        return [
            f"{' ' * indent}certificate: {path}.pem",
            f"{' ' * indent}private_key: {path}.key",
        ]

    def levels(self) -> dict[str, str]:
        """The level of each hostname now."""
        return {name: str(self.sandbox.presented(ZONE, name)["level"]) for name in ALL}

    def wanted_levels(self, others: str, own: str) -> dict[str, str]:
        return {name: own if name in OWN else others for name in ALL}

    def certificates(self) -> dict[str, str]:
        """The fingerprint that each hostname presents now."""
        shown = {name: self.sandbox.presented(ZONE, name) for name in ALL}
        return {name: str(row["certificate_sha256"]) for name, row in shown.items()}

    def wanted_certificates(self, others: Pair, own: Pair) -> dict[str, str]:
        return {name: (own if name in OWN else others).sha256 for name in ALL}

    def visited(
        self, name: str, hostnames: dict[str, str] = ALL
    ) -> contextlib.AbstractContextManager[Figures]:
        return visit(name, self.sandbox.edge, hostnames)


def workers(folder: Path) -> set[int]:
    """The worker processes of the server whose folder this is."""
    master = int((folder / "pid").read_text())
    return {process.pid for process in processes() if process.parent == master}


def without_verification(text: str) -> str:
    """A server's text for the stage before the first: it asks for no client certificate."""
    lines = text.replace("ssl_verify_client optional", "ssl_verify_client off")
    return lines.replace("SSLVerifyClient optional_no_ca", "SSLVerifyClient none")
