"""Origins that look closed and are not, or not for want of the certificate: none is a proof."""

from __future__ import annotations

import contextlib
import itertools
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from issuers import authority
from origins import ProbeReport
from origins.attempt import ACCEPTED, REFUSED, UNCLEAR, Answer, Attempt
from origins.connection import VERSIONS
from origins.evidence import RIGHT, settle
from origins.variants import METHODS

from . import servers
from .pki import HOSTNAME, Folder
from .test_probe import HAPROXY, NGINX_APP, NGINX_TLS, NGINX_VERIFY, codes

Probed = Callable[..., ProbeReport]
Faulty = Callable[..., Any]
NOBODY = "server { listen <<LISTEN>> ssl default_server; ssl_reject_handshake on; }"
OPTIONAL = NGINX_VERIFY.replace("on;", "optional;")
ECHO = 'default_type text/plain; return 200 "welcome to $host";'

POOL = """
    defaults
        mode http
        timeout client 5s
        timeout connect 5s
        timeout server 5s
    frontend all
        mode tcp
        bind <<LISTEN>>
        default_backend both
    backend both
        mode tcp
        balance roundrobin
        server closed unix@<<DIR>>/closed
        server opened unix@<<DIR>>/opened
    frontend closed
        bind unix@<<DIR>>/closed ssl crt <<CERT>> ca-file <<CA>> verify required
        default_backend app
    frontend opened
        bind unix@<<DIR>>/opened ssl crt <<CERT>>
        default_backend app
    backend app
        server app <<APP>>
"""

# What stands at the origin, the verdict, and a code that says why, where chance does not choose it.
LOOKING_CLOSED = {
    "a mistyped hostname": (
        "nginx",
        f"{NOBODY} server {{ {NGINX_TLS} server_name shop-2.example.com; {NGINX_APP} }}",
        "unproven",
        "right_unclear",
    ),
    "an application that answers 403": (
        "nginx",
        f"server {{ {NGINX_TLS} location = / {{ return 403; }} {NGINX_APP} }}",
        "open",
        "only_this_path",
    ),
    "an application that answers 403 to everything": (
        "nginx",
        f"server {{ {NGINX_TLS} return 403; }}",
        "unproven",
        "right_unclear",
    ),
    "an application that answers 403, behind a server that verifies": (
        "nginx",
        f"server {{ {NGINX_TLS} {NGINX_VERIFY} location / {{ return 403; }} }}",
        "unproven",
        "right_unclear",
    ),
    "an application that answers 421": (
        "nginx",
        f"server {{ {NGINX_TLS} {OPTIONAL} return 421; }}",
        "unproven",
        "right_unclear",
    ),
    "a proxy that answers 400 to everything": (
        "nginx",
        f"server {{ {NGINX_TLS} {OPTIONAL} return 400; }}",
        "unproven",
        "right_unclear",
    ),
    "an application that redirects everybody": (
        "nginx",
        f"server {{ {NGINX_TLS} {OPTIONAL} return 302 https://$host/login; }}",
        "open",
        "optional",
    ),
    "ciphers that few clients have": (
        "haproxy",
        "global\n    tune.ssl.default-dh-param 2048\n"
        + HAPROXY.format(verify=" ciphers DHE-RSA-AES128-GCM-SHA256 no-tlsv13").replace(
            "<<CERT>>", "<<RSA>>"
        ),
        "open",
        "verifies_nothing",
    ),
    "no cipher that any client has": (
        "nginx",
        f"server {{ {NGINX_TLS} ssl_ciphers DHE-RSA-AES128-GCM-SHA256; {NGINX_APP} }}".replace(
            " TLSv1.3", ""
        ),
        "unproven",
        "right_unclear",
    ),
    "a failing application behind a server that verifies": (
        "nginx",
        f"server {{ {NGINX_TLS} {NGINX_VERIFY} location / {{ proxy_pass http://127.0.0.1:1; }} }}",
        "unproven",
        "right_unclear",
    ),
    "a failing application behind a server that does not": (
        "nginx",
        f"server {{ {NGINX_TLS} {OPTIONAL} location / {{ proxy_pass http://127.0.0.1:1; }} }}",
        "open",
        "optional",
    ),
    "a default server whose page holds the host": (
        "nginx",
        f"server {{ {NGINX_TLS} {ECHO} }} server {{ {NGINX_TLS} server_name {HOSTNAME};"
        f" {NGINX_VERIFY} {ECHO} }}",
        "unproven",
        "default_server",
    ),
    "one location that refuses": (
        "nginx",
        f"server {{ {NGINX_TLS} {OPTIONAL} location = / {{ if ($ssl_client_verify != SUCCESS)"
        f" {{ return 403; }} proxy_pass http://<<APP>>; }} {NGINX_APP} }}",
        "open",
        "only_this_path",
    ),
    "a rate for each visitor": (
        "nginx",
        "limit_req_zone $binary_remote_addr zone=all:1m rate=1r/m; limit_req_status 403;"
        f" server {{ {NGINX_TLS} {OPTIONAL} limit_req zone=all burst=1 nodelay; {NGINX_APP} }}",
        "unproven",
        "right_unclear",
    ),
    "one of two servers behind an address": ("haproxy", POOL, "open", ""),
}


@pytest.fixture(scope="session")
def rsa(folder: Folder) -> str:
    """A certificate of the origin with an RSA key, which old ciphers need; its key is beside it."""
    now = datetime.now(UTC)
    made = authority.make_ca(authority.common_name(HOSTNAME), now, "rsa")
    folder.write("rsa.pem", made.pem)
    folder.write("rsa.pem.key", made.key_pem)
    return folder.file("rsa.pem")


@pytest.mark.parametrize(
    ("server", "text", "verdict", "code"), LOOKING_CLOSED.values(), ids=LOOKING_CLOSED.keys()
)
def test_what_only_looks_closed_is_never_a_proof(
    server: str,
    text: str,
    verdict: str,
    code: str,
    faulty: Faulty,
    probed: Probed,
    rsa: str,
    tmp_path: Path,
) -> None:
    with faulty(server, text, RSA=rsa, DIR=str(tmp_path)) as port:
        report = probed(port, server_ca=None, verify_server=False)
    assert report.verdict == verdict, report.table()
    assert not code or code in codes(report), report.table()


def test_an_application_behind_the_unprotected_plain_port_is_found_on_any_path(
    faulty: Faulty, probed: Probed
) -> None:
    plain = servers.free_port()
    text = (
        f"server {{ listen 127.0.0.1:{plain}; location = / {{ return 403; }} {NGINX_APP} }}"
        f" server {{ {NGINX_TLS} {NGINX_VERIFY} {NGINX_APP} }}"
    )
    with faulty("nginx", text) as port:
        report = probed(port, http_port=plain)
    assert (report.verdict, codes(report)[0]) == ("open", "plain_http"), report.table()


Behaviour = Callable[[int, ssl.SSLSocket, bool], bytes]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
DENIED = b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize(("requested", "verdict"), [(True, REFUSED), (False, UNCLEAR)])
def test_without_a_request_for_a_certificate_no_refusal_is_about_one(
    requested: bool, verdict: str
) -> None:
    def attempt(case: str, status: int, found: str) -> Attempt:
        answer = Answer(found, f"HTTP {status}", status, requested, handshake_completed=True)
        return Attempt(case, case, "1.3", found, answer)

    right = [attempt(case, 200, ACCEPTED) for case in RIGHT]
    (none, *_) = settle([attempt("none", 403, UNCLEAR), *right], {})
    assert none.verdict == verdict


@pytest.mark.parametrize(("of_the_right", "verdict"), [(403, UNCLEAR), (200, REFUSED)])
def test_a_refusal_that_the_right_certificate_gets_too_is_not_for_want_of_it(
    of_the_right: int, verdict: str
) -> None:
    def answer(status: int, found: str) -> Answer:
        page = f"page of {status}"
        return Answer(found, f"HTTP {status}", status, True, page, handshake_completed=True)

    usual = Attempt("none", "none", "1.3", REFUSED, answer(403, UNCLEAR))
    right = [Attempt(case, case, "1.3", ACCEPTED, answer(200, ACCEPTED)) for case in RIGHT]
    head = Attempt(METHODS, "other methods", "1.3", REFUSED, answer(403, UNCLEAR), "HEAD")
    rights: dict[tuple[str, str | None], Answer] = {("HEAD", "1.3"): answer(of_the_right, ACCEPTED)}
    *_, found = settle([usual, *right, head], rights)
    assert found.verdict == verdict


@contextmanager
def asking(folder: Folder, answer: Behaviour, last: int = 1000) -> Iterator[int]:
    """A server that asks for a certificate and decides by itself; it ends after `last` visitors.

    `answer` gets the number of the connection, the connection, and whether a certificate came.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder.file("server.pem"), folder.file("server.pem.key"))
    context.load_verify_locations(folder.file("ca.pem"))
    context.verify_mode = ssl.CERT_OPTIONAL
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)

    def serve(number: int, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError, ValueError):
            connection.settimeout(5)
            with context.wrap_socket(connection, server_side=True) as tls:
                tls.recv(65536)
                tls.sendall(answer(number, tls, bool(tls.getpeercert())))

    def take() -> None:
        with contextlib.suppress(OSError):
            for number in itertools.count(1):
                connection, _ = listener.accept()
                if number > last:
                    connection.close()
                    listener.close()
                    return
                threading.Thread(target=serve, args=(number, connection), daemon=True).start()

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def test_strangers_who_are_refused_only_after_many_visits_prove_nothing(
    folder: Folder, probed: Probed
) -> None:
    with asking(folder, lambda number, *_: OK if number <= 2 else DENIED) as port:
        report = probed(port)
    assert report.verdict == "unproven", report.table()
    assert {a.answer.status for a in report.of("right")} == {200}
    later = [a for a in report.of("none", "right_again") if a.tls in VERSIONS]
    assert {a.answer.status for a in later} == {403}


def test_strangers_who_get_no_answer_prove_nothing(folder: Folder, probed: Probed) -> None:
    def answer(_: int, tls: ssl.SSLSocket, is_right: bool) -> bytes:
        if not is_right:
            with contextlib.suppress(OSError):
                tls.settimeout(3)
                tls.recv(1)  # until the visitor gives up
        return OK

    with asking(folder, answer) as port:
        report = probed(port, timeout=0.5)
    assert (report.verdict, codes(report)[0]) == ("unproven", "unreachable"), report.table()


def test_an_origin_that_speaks_only_http2_proves_nothing(folder: Folder, probed: Probed) -> None:
    settings = bytes.fromhex("000000040000000000")
    with asking(folder, lambda *_: settings) as port:
        report = probed(port)
    assert (report.verdict, codes(report)[0]) == ("unproven", "unreachable"), report.table()
    assert "not with HTTP" in report.findings[0].message


def test_strangers_who_are_told_to_slow_down_prove_nothing(folder: Folder, probed: Probed) -> None:
    busy = b"HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n\r\n"
    with asking(folder, lambda _, __, is_right: OK if is_right else busy) as port:
        report = probed(port)
    assert (report.verdict, codes(report)[0]) == ("unproven", "unclear"), report.table()


def test_an_origin_that_goes_down_half_way_proves_nothing(folder: Folder, probed: Probed) -> None:
    with asking(folder, lambda _, __, is_right: OK if is_right else DENIED, last=12) as port:
        report = probed(port)
    assert report.verdict == "unproven", report.table()


@pytest.mark.parametrize("last_word", [DENIED, b""], ids=["403", "closed"])
def test_what_only_the_certificate_changes_is_a_proof(
    last_word: bytes, folder: Folder, probed: Probed
) -> None:
    with asking(folder, lambda _, __, is_right: OK if is_right else last_word) as port:
        report = probed(port)
    assert report.verdict == "refuses_others", report.table()


def test_a_session_of_another_host_that_opens_the_origin_is_found(
    folder: Folder, faulty: Faulty, probed: Probed, tmp_path: Path
) -> None:
    """HAProxy verifies by name in a crt-list, and resumes what it gave under any name."""
    certificate = folder.file("server.pem")
    verified = f"[ca-file {folder.file('ca.pem')} verify required] {HOSTNAME}"
    (tmp_path / "list").write_text(
        f"{certificate} [verify none] other.example.com\n{certificate} {verified}\n"
    )
    only = f"http-request deny unless {{ ssl_fc_sni {HOSTNAME} }}\n        default_backend app"
    text = HAPROXY.format(verify=f" crt-list {tmp_path}/list").replace(" crt <<CERT>>", "")
    with faulty("haproxy", text.replace("default_backend app", only)) as port:
        report = probed(port)
    opening = [finding.code for finding in report.findings if finding.means == "open"]
    assert (report.verdict, opening) == ("open", ["other_session"]), report.table()
