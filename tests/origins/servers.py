"""The four real servers, each in its own folder on loopback ports; nothing outside is touched."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import ssl
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from bootstrap.built_servers import locate

from .application import Application as Application
from .application import application as application

SBIN = "/usr/local/sbin:/usr/sbin:/sbin"
MODULES = ("/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/libexec/apache2")
LOADED = "alias mpm_event authz_core headers log_config proxy proxy_http socache_shmcb ssl unixd"
PROGRAMS = {
    "nginx": ("nginx",),
    "apache": ("apache2", "httpd"),
    "haproxy": ("haproxy",),
    "caddy": ("caddy",),
}
# What is written for an older Caddy, run by a newer one; built by `make servers`.
NEWER = {"newer-caddy": "caddy"}
BUILT = {"newer-caddy": "newer-caddy", "caddy-2.8": "newer-caddy"}
SERVERS = (*PROGRAMS, *BUILT)


def kind(server: str) -> str:
    """The name of the server in `origins.SERVERS`."""
    return NEWER.get(server, server)


def family(server: str) -> str:
    """The name of the server in `PROGRAMS`, whatever its version."""
    return kind(server).partition("-")[0]


def program(server: str) -> str:
    """Its path; leaves the test out, in words that the summary of the run collects."""
    if server in BUILT:
        built = locate(BUILT[server])
        return str(built) if built else pytest.skip(f"needs server: {BUILT[server]}")
    path = f"{os.environ.get('PATH', '')}:{SBIN}"
    found = next((f for name in PROGRAMS[server] if (f := shutil.which(name, path=path))), None)
    return found or pytest.skip(f"needs server: {server}")


def free_port() -> int:
    """Below the ports that outgoing connections take, so that none of them gets it first.

    Nor does another process of the tests until this one has asked 100 more times: it holds a UDP
    port of its own for each. Two HAProxys would listen on one port, and share its connections.
    """
    while True:
        number = secrets.randbelow(12000)
        held = socket.socket(type=socket.SOCK_DGRAM)
        try:
            with socket.socket() as attempt:
                attempt.bind(("127.0.0.1", 20000 + number))
                held.bind(("127.0.0.1", 8000 + number))
        except OSError:
            held.close()
            continue
        _held.append(held)
        if len(_held) > 100:
            _held.popleft().close()
        return 20000 + number


_held: deque[socket.socket] = deque()


def _nginx(folder: Path, text: str) -> str:
    user = "user root;\n" if os.geteuid() == 0 else ""
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"{user}daemon off;\npid {folder}/pid;\nerror_log {folder}/errors;\nworker_processes 1;\n"
        f"events {{ }}\nhttp {{\naccess_log off;\n{temporary}{text}}}\n"
    )


def _apache(folder: Path, text: str) -> str:
    modules = next((path for path in MODULES if Path(path).is_dir()), MODULES[0])
    ports = dict.fromkeys(
        line.split(":")[-1].rstrip(">") for line in text.split("\n") if "<VirtualHost" in line
    )
    return "\n".join(
        (
            f"ServerRoot {folder}\nDefaultRuntimeDir {folder}\nPidFile {folder}/pid",
            f"ErrorLog {folder}/errors\nServerName localhost\nMutex posixsem",
            "StartServers 1\nServerLimit 2\nThreadsPerChild 25\nMaxRequestWorkers 50",
            *("User daemon\nGroup daemon" for _ in range(os.geteuid() == 0)),
            *(
                f"<IfModule !{name}_module>\nLoadModule {name}_module"
                f" {modules}/mod_{name}.so\n</IfModule>"
                for name in LOADED.split()
            ),
            *(f"Listen 127.0.0.1:{port}" for port in ports),
            text,
        )
    )


def _haproxy(folder: Path, text: str) -> str:
    return f"global\n    maxconn 200\n\n{text}"


def _caddy(folder: Path, text: str) -> str:
    return f"{{\n    admin off\n    auto_https disable_redirects\n{NO_HTTP_3}}}\n\n{text}"


# Caddy serves HTTP/3 unless it is told not to.
NO_HTTP_3 = "    servers {\n        protocols h1 h2\n    }\n"
Around = Callable[[Path, str], str]
AROUND: dict[str, Around] = {
    "nginx": _nginx,
    "apache": _apache,
    "haproxy": _haproxy,
    "caddy": _caddy,
}


def commands(server: str, folder: Path, file: Path) -> tuple[list[str], list[str]]:
    """How the server checks a configuration, and how it runs it in the foreground."""
    path, conf = program(server), str(file)
    nginx = [path, "-p", str(folder), "-c", conf, "-e", str(folder / "errors")]
    apache = [path, "-d", str(folder), "-f", conf]
    caddy = ["--adapter", "caddyfile", "--config", conf]
    return {
        "nginx": ([*nginx, "-t"], nginx),
        "apache": ([*apache, "-t"], [*apache, "-DFOREGROUND"]),
        "haproxy": ([path, "-c", "-f", conf], [path, "-db", "-f", conf]),
        "caddy": ([path, "validate", *caddy], [path, "run", *caddy]),
    }[family(server)]


def write(
    server: str, folder: Path, text: str, around: Around | None = None
) -> tuple[Path, dict[str, str]]:
    """The whole configuration as a file, and the environment for its server.

    `around` makes the whole configuration from a text; by default the smallest one that runs.
    """
    program(server)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{server}.conf"
    file.write_text((around or AROUND[family(server)])(folder, text))
    return file, {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder)}


def check(server: str, folder: Path, text: str) -> None:
    """Fails with the server's own words unless it accepts the configuration."""
    file, environ = write(server, folder, text)
    command, _ = commands(server, folder, file)
    done = subprocess.run(
        command, env=environ, capture_output=True, text=True, timeout=20, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "warn" not in said.lower() or family(server) == "caddy", said


@contextlib.contextmanager
def running(
    server: str,
    folder: Path,
    text: str,
    *ports: int,
    around: Around | None = None,
    more: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[None]:
    """The server with this configuration, until the end of the block.

    :param more: further variables of its environment.
    """
    file, environ = write(server, folder, text, around)
    _, command = commands(server, folder, file)
    with (folder / "output").open("w") as output:
        process = subprocess.Popen(
            command, env={**environ, **more}, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        for port in ports:
            _await(process, port, folder)
        yield
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.02)
    errors = folder / "errors"
    said = (folder / "output").read_text() + (errors.read_text() if errors.exists() else "")
    pytest.fail(f"the server does not listen on {port}:\n{said}")


def get(port: int, host: str, certificate: str | None) -> None:
    """One request of a visitor who claims, in every spelling, to be verified."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if certificate:
        context.load_cert_chain(certificate, f"{certificate}.key")
    claims = ("X-Client-Verify", "x_client_verify", "X-Client_Verify", "X_Client-Verify")
    lines = [f"{name}: SUCCESS\r\n" for name in claims]
    request = f"GET / HTTP/1.1\r\nHost: {host}\r\n{''.join(lines)}Connection: close\r\n\r\n"
    with (
        socket.create_connection(("127.0.0.1", port), 5) as plain,
        context.wrap_socket(plain, server_hostname=host) as tls,
    ):
        tls.sendall(request.encode())
        while tls.recv(65536):
            pass


def outcomes_of(headers: dict[str, str]) -> list[str]:
    """The values under every spelling that a CGI or WSGI application takes for the header."""
    return [
        value
        for name, value in headers.items()
        if name.lower().replace("_", "-") == "x-client-verify"
    ]
