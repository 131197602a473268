"""What a generated server does besides refusing: ACME challenges, WebSockets, large bodies."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import pytest

from origins import Origin, configuration

from . import servers
from .conftest import Running
from .pki import HOSTNAME, Folder
from .servers import Application
from .visitor import Visitor

every_server = pytest.mark.parametrize("server", servers.SERVERS)
CHALLENGE = "/.well-known/acme-challenge"
TOKEN = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr_oA"
# A GET of each, as it stands here, must not leave the one path that is open.
LEADING_OUT = (
    "/",
    "/secret",
    f"{CHALLENGE}/",
    CHALLENGE,
    f"{CHALLENGE}/../../secret",
    f"{CHALLENGE}/..%2f..%2fsecret",
    f"{CHALLENGE}/%2e%2e/%2e%2e/secret",
    f"{CHALLENGE}/..;/..;/secret",
    f"{CHALLENGE}/.hidden",
    f"{CHALLENGE}/{TOKEN}/../../../secret",
    f"{CHALLENGE}/{TOKEN}/x",
    f"{CHALLENGE}/{TOKEN}%00.txt",
    f"{CHALLENGE}//..//..//secret",
    f"{CHALLENGE}\\..\\..\\secret",
    f"http://{HOSTNAME}/secret",
)


@pytest.fixture
def challenges() -> Iterator[Application]:
    with servers.application() as running:
        yield running


def plainly(port: int, path: str, method: str = "GET", host: str = HOSTNAME) -> bytes:
    """What comes back over HTTP without TLS; the visitor claims to be verified."""
    claims = "X-Client-Verify: SUCCESS\r\nX_Client_Verify: SUCCESS\r\n"
    head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{claims}Connection: close\r\n\r\n"
    found = b""
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(head.encode())
        while more := connection.recv(65536):
            found += more
    return found


def securely(origin: Origin, folder: Folder, client: str | None, path: str) -> bytes:
    visitor = Visitor("1.3", folder.file(f"{client}.pem") if client else None)
    return visitor.get(origin.port, HOSTNAME, HOSTNAME, path)


@every_server
def test_a_challenge_is_answered_to_everybody_and_nothing_else_is(
    server: str,
    started: Running,
    folder: Folder,
    application: Application,
    challenges: Application,
) -> None:
    port = servers.free_port()
    with started(server, acme=f"127.0.0.1:{challenges.port}", acme_port=port) as origin:
        application.paths.clear()
        assert b"the application" in plainly(port, f"{CHALLENGE}/{TOKEN}")
        assert b" 200 " in plainly(port, f"{CHALLENGE}/{TOKEN}", "HEAD").partition(b"\r\n")[0]
        assert challenges.paths == [f"{CHALLENGE}/{TOKEN}"] * 2
        assert ["SUCCESS"] not in [servers.outcomes_of(headers) for headers in challenges.seen]
        for method in ("POST", "PUT", "DELETE", "OPTIONS"):
            assert b" 200 " not in plainly(port, f"{CHALLENGE}/{TOKEN}", method)
        for path in LEADING_OUT:
            plainly(port, path)
        plainly(port, f"{CHALLENGE}/{TOKEN}", host="other.example.com")
        # Only in its own place does a token count, whatever the visitor wrote before it.
        assert set(challenges.paths) == {f"{CHALLENGE}/{TOKEN}"}
        assert application.paths == []
        assert b"301" in plainly(port, "/secret?a=b").partition(b"\r\n")[0]
        assert f"https://{HOSTNAME}/secret?a=b".encode() in plainly(port, "/secret?a=b")
        challenges.paths.clear()
        assert b"403" in securely(origin, folder, None, f"{CHALLENGE}/{TOKEN}")
        assert challenges.paths == []
        assert b"the application" in securely(origin, folder, "right", f"{CHALLENGE}/{TOKEN}")
        assert challenges.paths == [f"{CHALLENGE}/{TOKEN}"]


@pytest.mark.parametrize("server", [name for name in servers.SERVERS if name != "haproxy"])
def test_a_challenge_is_read_from_a_folder_and_no_other_file_is(
    server: str, started: Running, folder: Folder, application: Application, tmp_path: Path
) -> None:
    webroot = tmp_path / "webroot"
    (webroot / CHALLENGE.lstrip("/")).mkdir(parents=True)
    # Apache's workers are of another user where the test is root's.
    for above in list(tmp_path.relative_to(gettempdir()).parents)[:-1]:
        (Path(gettempdir()) / above).chmod(0o755)
    tmp_path.chmod(0o755)
    (webroot / CHALLENGE.lstrip("/") / TOKEN).write_text("the key authorization")
    for name in ("secret", "index.html", f"{CHALLENGE}/.hidden", f"{CHALLENGE}/a.txt"):
        (webroot / name.lstrip("/")).write_text("a secret")
    port = servers.free_port()
    with started(server, acme=str(webroot), acme_port=port) as origin:
        application.paths.clear()
        assert b"the key authorization" in plainly(port, f"{CHALLENGE}/{TOKEN}")
        assert b"the key authorization" not in plainly(port, f"{CHALLENGE}/{TOKEN}", "POST")
        for path in (*LEADING_OUT, f"{CHALLENGE}/a.txt", "/index.html"):
            assert b"a secret" not in plainly(port, path), path
        assert application.paths == []
        assert b"the key authorization" in securely(origin, folder, "right", f"{CHALLENGE}/{TOKEN}")
        refused = securely(origin, folder, None, f"{CHALLENGE}/{TOKEN}")
        assert b"the key authorization" not in refused


def test_haproxy_serves_no_folder_and_says_so() -> None:
    origin = Origin("a.example", "/a.pem", "/a.pem.key", client_ca="/ca.pem", acme="/var/www")
    with pytest.raises(ValueError, match=r"^acme: HAProxy serves no files\. Give HOST:PORT"):
        configuration("haproxy", origin)


def test_challenges_have_a_port_of_their_own() -> None:
    known: dict[str, Any] = {"client_ca": "/ca.pem", "acme": "/var/www", "acme_port": 443}
    with pytest.raises(ValueError, match=r"^acme_port: 443 is the port of TLS already"):
        Origin("a.example", "/a.pem", "/a.pem.key", **known)


@every_server
@pytest.mark.parametrize("stage", ["optional", "on"])
def test_a_websocket_passes_to_the_application_and_back(
    server: str, stage: str, started: Running, folder: Folder, tmp_path: Path
) -> None:
    key = base64.b64encode(os.urandom(16)).decode()
    accept = hashlib.sha1(
        f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode(), usedforsecurity=False
    ).digest()
    frame = b"\x81\x85\x00\x00\x00\x00hello"
    head = (
        f"GET /chat HTTP/1.1\r\nHost: {HOSTNAME}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    visitor = Visitor("1.3", folder.file("right.pem"))
    with (
        started(server, stage=stage) as origin,
        visitor.connect(origin.port, HOSTNAME) as tls,
    ):
        tls.sendall(head.encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += tls.recv(1024)
        assert b" 101 " in answer.partition(b"\r\n")[0]
        assert base64.b64encode(accept) in answer
        tls.sendall(frame)
        echoed = b""
        while len(echoed) < len(frame) and (more := tls.recv(1024)):
            echoed += more
        assert echoed == frame


@every_server
def test_a_body_beyond_max_body_does_not_reach_the_application(
    server: str, started: Running, folder: Folder, application: Application
) -> None:
    with started(server, max_body="2k") as origin:
        for size, passes in ((2048, True), (2049, False)):
            application.paths.clear()
            answer = posted(origin, folder, size)
            assert (b" 200 " in answer.partition(b"\r\n")[0]) is passes
            assert (application.paths == ["/upload"]) is passes


def posted(origin: Origin, folder: Folder, size: int) -> bytes:
    visitor = Visitor("1.3", folder.file("right.pem"))
    head = f"POST /upload HTTP/1.1\r\nHost: {HOSTNAME}\r\nContent-Length: {size}\r\n"
    with visitor.connect(origin.port, HOSTNAME) as tls:
        tls.sendall(head.encode() + b"Connection: close\r\n\r\n" + b"x" * size)
        return tls.recv(65536)
