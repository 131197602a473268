"""A certificate that Cloudflare does not present yet, shown to real servers and to bad ones."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from origins import Endpoint, Trial, try_certificate
from tests.origins import pki, servers
from tests.origins.conftest import Running
from tests.origins.pki import HOSTNAME, Folder

LISTENING = """
    server {
        listen <<LISTEN>> ssl; server_name shop.example.com;
        ssl_certificate <<CERT>>; ssl_certificate_key <<KEY>>; %s
    }
"""
VERIFYING = "ssl_verify_client %s; ssl_client_certificate <<CA>>;"
IN_THE_SITE = "if ($ssl_client_verify != SUCCESS) { return 403; }"
APPLICATION = 'location / { return 403 "no session\\n"; }'


def tried(port: int, signer: pki.Signer, timeout: float = 5) -> Trial:
    endpoint = Endpoint("127.0.0.1", port)
    (trial,) = try_certificate([endpoint], HOSTNAME, signer.pem, signer.key_pem, timeout)
    assert trial.endpoint == endpoint
    return trial


@pytest.mark.parametrize("server", servers.SERVERS)
def test_each_server_takes_the_right_certificate_and_refuses_one_of_another_ca(
    server: str, started: Running, folder: Folder
) -> None:
    with started(server, stage="on") as origin:
        assert tried(origin.port, folder.right).verdict == "accepted"
        refused = tried(origin.port, folder.clients["other_ca"])
        assert refused.verdict == "refused", refused
        assert refused.reason in ("HTTP 403", "HTTP 400") or refused.reason.startswith("alert ")


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize(
    ("lines", "right", "wrong"),
    [
        (VERIFYING % "on", "accepted", "refused"),
        (VERIFYING % "optional", "accepted", "refused"),
        (VERIFYING % "on" + APPLICATION, "accepted", "refused"),
        (VERIFYING % "optional_no_ca" + IN_THE_SITE, "accepted", "unclear"),
        ("", "accepted", "accepted"),
        (APPLICATION, "accepted", "accepted"),
        (VERIFYING % "optional_no_ca" + APPLICATION, "unclear", "unclear"),
    ],
)
def test_a_refusal_about_the_certificate_is_told_from_one_of_the_application(
    faulty, folder: Folder, version: str, lines: str, right: str, wrong: str
) -> None:
    text = (LISTENING % lines).replace(
        "ssl_certificate ", f"ssl_protocols {version}; ssl_certificate ", 1
    )
    with faulty("nginx", text) as port:
        assert tried(port, folder.right).verdict == right
        assert tried(port, folder.successor).verdict == wrong


def test_an_answer_of_cloudflares_edge_says_nothing_of_the_origin(faulty, folder: Folder) -> None:
    edge = "add_header CF-RAY 8f1f2f3f4f5f6f7f-FRA always; add_header Server cloudflare always;"
    text = LISTENING % (edge + ' location / { return 200 "ok"; }')
    with faulty("nginx", text) as port:
        trial = tried(port, folder.right)
    assert (trial.verdict, trial.reason) == ("unclear", "Cloudflare answered, not the origin")


def test_a_leaf_below_an_intermediate_that_the_origin_lacks_is_refused(
    started: Running, folder: Folder
) -> None:
    with started("nginx", stage="on") as origin:
        assert tried(origin.port, folder.below).verdict == "refused"


def test_where_nothing_listens_is_told_from_a_refusal() -> None:
    signer = pki.make("cloudflare")
    trial = tried(servers.free_port(), signer)
    assert (trial.verdict, trial.reason) == ("unreachable", "nothing listens")


@contextmanager
def silent() -> Iterator[int]:
    """Takes connections, and sends a byte now and then that is no TLS record yet."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def trickle(connection: socket.socket) -> None:
            with connection:
                try:
                    for byte in b"\x16\x03\x03\x40\x00" + bytes(1000):
                        connection.sendall(bytes([byte]))
                        if ended.wait(0.05):
                            return
                except OSError:
                    return

        def serve() -> None:
            while not ended.is_set():
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=trickle, args=(connection,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        ended.set()


def test_many_origins_that_trickle_are_asked_at_once_and_given_up_in_time() -> None:
    signer = pki.make("cloudflare")
    with silent() as port:
        endpoints = [Endpoint("127.0.0.1", port)] * 20
        began = time.monotonic()
        trials = try_certificate(endpoints, HOSTNAME, signer.pem, signer.key_pem, timeout=0.5)
        assert time.monotonic() - began < 4
    assert {(t.verdict, t.reason) for t in trials} == {("unreachable", "no answer in time")}


def test_no_addresses_are_no_trials() -> None:
    assert try_certificate([], HOSTNAME, "", "") == []
