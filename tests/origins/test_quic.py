"""Whether HTTP/3 may be served, asked of a real server of it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from origins import ProbeReport
from origins.quic import answers_quic

from . import servers
from .test_probe import codes

VERIFYING = (
    "https://shop.example.com:<<PORT>> {\n bind 127.0.0.1\n tls <<CERT>> <<KEY>> {\n"
    " client_auth {\n mode require_and_verify\n trusted_ca_cert_file <<CA>>\n }\n }\n"
    " reverse_proxy <<APP>>\n}\n"
)


def test_an_origin_that_may_serve_http3_is_no_proof(
    faulty: Callable[..., Any],
    probed: Callable[..., ProbeReport],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with faulty("caddy", VERIFYING) as port:
        closed = probed(port)
    monkeypatch.setattr(servers, "NO_HTTP_3", "")
    with faulty("caddy", VERIFYING) as port:
        report = probed(port)
    assert closed.verdict == "refuses_others", closed.table()
    assert (report.verdict, codes(report)[0]) == ("unproven", "http3"), report.table()
    assert "close the UDP port" in report.findings[0].message


@pytest.mark.parametrize("answer", [b"hello", b"\xc0" + bytes(40)], ids=["text", "not ours"])
def test_another_service_of_udp_is_not_http3(answer: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def serve() -> None:
            _, whence = server.recvfrom(65536)
            server.sendto(answer, whence)

        thread = threading.Thread(target=serve)
        thread.start()
        assert not answers_quic("127.0.0.1", server.getsockname()[1], 1)
        thread.join()


def test_silence_ends_in_time() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        started = time.monotonic()
        assert not answers_quic("127.0.0.1", server.getsockname()[1], 0.3)
    assert time.monotonic() - started < 3
