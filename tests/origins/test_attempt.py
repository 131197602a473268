"""One attempt against a peer that does not behave: bytes for bytes."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from origins.attempt import (
    ACCEPTED,
    CLOSED,
    NO_SECOND,
    REFUSED,
    UNCLEAR,
    UNREACHABLE,
    Answer,
    Question,
    ask,
)
from origins.request import Request

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@contextmanager
def peer(behave: Callable[[socket.socket], None]) -> Iterator[int]:
    """Takes one connection and behaves."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                behave(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(5)


def answer_of(
    behave: Callable[[socket.socket], None], version: str | None = None, timeout: float = 5
) -> Answer:
    with peer(behave) as port:
        return ask(Question("127.0.0.1", port, "shop.example.com", "/", timeout, version))


def saying(data: bytes) -> Callable[[socket.socket], None]:
    def behave(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(data)

    return behave


def resetting(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


ANSWERS = {
    "200": (OK, ACCEPTED, "HTTP 200"),
    "401 is an application's": (b"HTTP/1.1 401 No\r\n\r\n", ACCEPTED, "HTTP 401"),
    "500 is an application's": (b"HTTP/1.0 500 No\r\n\r\n", ACCEPTED, "HTTP 500"),
    "400 may be an application's": (b"HTTP/1.1 400 No\r\n\r\n", UNCLEAR, "HTTP 400"),
    "400 of nginx": (
        b"HTTP/1.1 400 No\r\n\r\n<center>No required SSL certificate was sent</center>",
        REFUSED,
        "HTTP 400",
    ),
    "403 may be an application's": (b"HTTP/1.1 403 No\r\n\r\n", UNCLEAR, "HTTP 403"),
    "421": (b"HTTP/1.1 421 No\r\n\r\n", UNCLEAR, "HTTP 421"),
    "too many of us": (b"HTTP/1.1 429 Slow\r\n\r\n", UNCLEAR, "HTTP 429"),
    "496": (b"HTTP/1.1 496 No\r\n\r\n", REFUSED, "HTTP 496"),
    "after a hint": (b"HTTP/1.1 103 Early\r\n\r\n" + OK, ACCEPTED, "HTTP 200"),
    "redirect": (
        b"HTTP/1.1 302 Go\r\nLocation: https://other.example/\r\n\r\n",
        ACCEPTED,
        "HTTP 302 to https://other.example/",
    ),
    "redirect with control characters": (
        b"HTTP/1.1 302 Go\r\nLocation: \x1b[31mred\r\n\r\n",
        ACCEPTED,
        "HTTP 302",
    ),
    "nothing": (b"", UNCLEAR, "closed without an answer"),
    "something else": (b"220 smtp ready\r\n", UNREACHABLE, "answers, but not with HTTP"),
}


@pytest.mark.parametrize(("data", "verdict", "reason"), ANSWERS.values(), ids=ANSWERS.keys())
def test_the_answer_decides(data: bytes, verdict: str, reason: str) -> None:
    answer = answer_of(saying(data))
    assert (answer.verdict, answer.reason) == (verdict, reason)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
CLOSING = b"HTTP/1.1 403 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
DENIED = b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"
# What comes for each of two requests in one connection, and what is made of both.
SECONDS = {
    "open": (DENIED, OK, "HTTP 200"),
    "closed": (DENIED, DENIED, "HTTP 403"),
    "after chunks": (CHUNKED, DENIED, "HTTP 403"),
    "after a hint": (b"HTTP/1.1 103 Early\r\n\r\n" + DENIED, OK, "HTTP 200"),
    "after no content": (b"HTTP/1.1 204 No\r\n\r\n", OK, "HTTP 200"),
    "closing": (CLOSING, OK, NO_SECOND.reason),
    "old": (OK.replace(b"1.1", b"1.0"), OK, NO_SECOND.reason),
    "without an end": (b"HTTP/1.1 403 No\r\n\r\n", b"", NO_SECOND.reason),
    "nothing more": (DENIED, b"", NO_SECOND.reason),
}


@pytest.mark.parametrize(("first", "second", "reason"), SECONDS.values(), ids=SECONDS.keys())
def test_the_second_request_of_a_connection_is_what_counts(
    first: bytes, second: bytes, reason: str
) -> None:
    asked: list[bytes] = []

    def behave(connection: socket.socket) -> None:
        for data in (first, second):
            asked.append(connection.recv(65536))
            if not data:
                return
            connection.sendall(data)

    with peer(behave) as port:
        request = Request("POST", is_second=True)
        answer = ask(Question("127.0.0.1", port, "shop.example.com", "/", 0.5, request=request))
    assert answer.reason == reason
    assert asked[0].startswith(b"GET / ")
    assert b"keep-alive" in asked[0]
    assert (asked[1:] == []) or (asked[1] == b"") or asked[1].startswith(b"POST / ")


def test_the_edge_of_cloudflare_is_recognised() -> None:
    edge = b"HTTP/1.1 200 OK\r\nServer: cloudflare\r\nCF-RAY: 1\r\n\r\n"
    assert answer_of(saying(edge)).from_cloudflare
    # An application may well repeat one of the headers that Cloudflare sent.
    assert not answer_of(saying(b"HTTP/1.1 200 OK\r\nCF-RAY: 1\r\n\r\n")).from_cloudflare


def test_a_connection_that_is_reset_after_the_request_shows_nothing_by_itself() -> None:
    assert answer_of(resetting) == CLOSED


def test_silence_is_not_a_refusal() -> None:
    for version in (None, "1.2", "1.3"):
        answer = answer_of(lambda connection: time.sleep(0.3), version, timeout=0.1)
        assert (answer.verdict, answer.reason) == (UNREACHABLE, "no answer in time")


def test_a_peer_that_drips_bytes_does_not_hold_the_probe() -> None:
    def drip(connection: socket.socket) -> None:
        try:
            for _ in range(50):
                connection.sendall(b"H")
                time.sleep(0.02)
        except OSError:
            pass

    started = time.monotonic()
    assert answer_of(drip, timeout=0.2).verdict == UNREACHABLE
    assert time.monotonic() - started < 3


def test_a_body_without_end_is_cut() -> None:
    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while True:
                connection.sendall(b"x" * 65536)
        except OSError:
            pass

    assert answer_of(endless).verdict == ACCEPTED


def test_a_peer_without_tls_is_not_a_refusal() -> None:
    answer = answer_of(saying(OK), "1.3")
    assert (answer.verdict, answer.reason) == (UNREACHABLE, "no tls: wrong version number")


@pytest.mark.parametrize("behave", [saying(b""), resetting], ids=["closed", "reset"])
def test_a_connection_closed_in_the_handshake_is_marked(
    behave: Callable[[socket.socket], None],
) -> None:
    answer = answer_of(behave, "1.2")
    assert (answer.verdict, answer.closed, answer.handshake_completed) == (UNREACHABLE, True, False)


@pytest.mark.parametrize(
    ("number", "name"), [("70", "unrecognized_name"), ("2a", "bad_certificate")]
)
def test_an_alert_before_any_request_for_a_certificate_is_not_about_one(
    number: str, name: str
) -> None:
    answer = answer_of(saying(bytes.fromhex(f"150303000202{number}")), "1.2")
    assert (answer.verdict, answer.reason) == (UNCLEAR, name)
    assert answer.certificate_requested is False


def test_a_redirect_is_never_followed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.settimeout(0.2)
        target = f"http://127.0.0.1:{other.getsockname()[1]}/".encode()
        answer_of(saying(b"HTTP/1.1 302 Go\r\nLocation: " + target + b"\r\n\r\n"))
        with pytest.raises(TimeoutError):
            other.accept()
