"""What the probe says, what it takes, and what its answers mean together."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any

import pytest

from origins import ClientCertificate, ProbeReport, Target, addresses, probe
from origins.attempt import ACCEPTED, REFUSED, Answer, Attempt
from origins.findings import find

from . import servers
from .conftest import Running
from .pki import HOSTNAME, Folder

Probed = Callable[..., ProbeReport]


def test_a_report_reads_well_on_80_columns_and_as_json(started: Running, probed: Probed) -> None:
    with started("haproxy", stage="optional") as running:
        report = probed(running.port, http_port=servers.free_port())
    table = report.table()
    assert max(map(len, table.split("\n"))) <= 80
    assert table.isascii()
    assert "! no certificate                     1.2 1.3 accepted    HTTP 200\n" in table
    assert table.endswith("The origin is open.\n")
    data = json.loads(json.dumps(report.as_json()))
    assert data["verdict"] == "open"
    assert data["findings"][0]["code"] == "optional"
    assert next(a for a in data["attempts"] if a["case"] == "right") == {
        "case": "right",
        "request": "",
        "tls": "1.2",
        "verdict": "accepted",
        "wanted": "accepted",
        "reason": "HTTP 200",
        "status": 200,
        "asked_for_certificate": True,
    }


@pytest.mark.parametrize(
    ("known", "says"),
    [
        ({"hostname": "shop.example.com\r\nX: y"}, "^hostname: "),
        ({"other_name": "a b"}, "^other_name: "),
        ({"path": "/a b"}, "^path: .*%20"),
        ({"path": "/\r\nHost: other"}, "^path: "),
        ({"path": "a"}, "^path: "),
        ({"port": 0}, "^port: "),
        ({"http_port": 70000}, "^http_port: "),
    ],
    ids=lambda value: str(value),
)
def test_a_target_cannot_smuggle_anything_into_the_request(
    known: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValueError, match=says) as raised:
        Target(**{"hostname": HOSTNAME, "address": "127.0.0.1", **known})
    assert "\n" not in str(raised.value)


def test_unusable_files_are_said_before_anything_is_sent(
    folder: Folder, clients: dict[str, ClientCertificate]
) -> None:
    target = Target(HOSTNAME, "127.0.0.1", 9, verify_server=False)
    right = clients["right"]
    mismatch = ClientCertificate(right.certificate, clients["other_ca"].private_key)
    with pytest.raises(ValueError, match="key values mismatch"):
        probe(target, {"right": mismatch})
    with pytest.raises(ValueError, match="No such file"):
        probe(target, {"right": ClientCertificate(folder.file("missing.pem"), "x")})
    with pytest.raises(ValueError, match="'left' is none of right, same_ca"):
        probe(target, {"left": right})
    with pytest.raises(ValueError, match=r"does not resolve\. Give the origin's IP"):
        addresses("origin.invalid", 443)
    with pytest.raises(ValueError, match=r"'origin\.invalid' is not an IP address"):
        Target(HOSTNAME, "origin.invalid")


def test_the_edge_of_cloudflare_is_no_origin() -> None:
    edge = Answer(ACCEPTED, "HTTP 200", 200, handshake_completed=True, from_cloudflare=True)
    found = find([Attempt("none", "no certificate", "1.3", REFUSED, edge)], pinned=False)
    assert found[0].code == "cloudflare_edge"
    assert "Give the origin's own address" in found[0].message


def test_a_server_that_hangs_up_on_unknown_names_refuses_them(
    folder: Folder, probed: Probed
) -> None:
    """As some servers and load balancers do: no alert, only the end of the connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder.file("server.pem"), folder.file("server.pem.key"))
    context.load_verify_locations(folder.file("ca.pem"))
    context.verify_mode = ssl.CERT_REQUIRED

    def answer(connection: socket.socket) -> None:
        with connection:
            if HOSTNAME.encode() not in connection.recv(4096, socket.MSG_PEEK):
                return
            try:
                with context.wrap_socket(connection, server_side=True) as tls:
                    tls.recv(65536)
                    tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:

        def serve() -> None:
            try:
                while True:
                    threading.Thread(target=answer, args=listener.accept()[:1]).start()
            except OSError:
                return

        thread = threading.Thread(target=serve)
        thread.start()
        report = probed(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert {a.answer.reason for a in report.of("no_sni")} == {"closed in the handshake"}
    assert {a.verdict for a in report.of("no_sni", "other_host")} == {REFUSED}
    assert report.verdict == "refuses_others", report.table()
