"""HTTP/2 as a probe speaks it, against the four real servers and against odd answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from origins import http2
from origins.attempt import ACCEPTED, LEFT_OUT, NO_SECOND, Question, ask
from origins.request import HTTP_2, Request

from . import servers
from .test_probe import APACHE, CADDY, HAPROXY, NGINX_APP, NGINX_TLS

MODULES = next((path for path in servers.MODULES if Path(path).is_dir()), servers.MODULES[0])
NGINX = f"server {{ {NGINX_TLS.replace(' ssl;', ' ssl http2;')} {NGINX_APP} }}"
OFFERING = {
    "nginx": NGINX,
    "apache": f"LoadModule http2_module {MODULES}/mod_http2.so\nProtocols h2 http/1.1\n"
    + APACHE.format(verify=""),
    "haproxy": HAPROXY.format(verify=" alpn h2,http/1.1"),
    "caddy": CADDY.format(verify=""),
}


def over_http2(port: int, method: str = "GET", path: str = "/") -> Question:
    request = Request(method, version=HTTP_2, alpn=("h2",))
    return Question("127.0.0.1", port, "shop.example.com", path, 5, "1.3", request=request)


def second_over_http2(port: int, method: str = "GET") -> Question:
    usual = over_http2(port, method)
    return replace(usual, request=replace(usual.request, is_second=True))


@pytest.mark.parametrize("server", OFFERING)
def test_the_real_servers_answer_over_http2(server: str, faulty: Callable[..., Any]) -> None:
    with faulty(server, OFFERING[server]) as port:
        usual = ask(Question("127.0.0.1", port, "shop.example.com", "/", 5, "1.3"))
        answers = [ask(over_http2(port)), ask(over_http2(port, path="/" + "x" * 300))]
        answers.append(ask(second_over_http2(port)))
        head = ask(over_http2(port, "HEAD"))
        post = ask(second_over_http2(port, "POST"))
    assert {(a.verdict, a.status, a.body) for a in answers} == {(ACCEPTED, 200, usual.body)}
    assert (head.verdict, head.status) == (ACCEPTED, 200)
    assert (post.verdict, post.status) == (ACCEPTED, 200)


@pytest.mark.parametrize("status", [200, 204, 301, 403, 421, 429, 500, 502, 599])
def test_every_status_is_read_as_the_server_codes_it(
    status: int, faulty: Callable[..., Any]
) -> None:
    with faulty("nginx", NGINX.replace(NGINX_APP, f"return {status};")) as port:
        assert ask(over_http2(port)).status == status


def test_a_connection_that_ends_with_the_first_answer_has_no_second(
    faulty: Callable[..., Any],
) -> None:
    with faulty("nginx", NGINX.replace(NGINX_APP, f"keepalive_requests 1; {NGINX_APP}")) as port:
        answer = ask(second_over_http2(port))
    assert (answer.verdict, answer.reason) == (NO_SECOND.verdict, NO_SECOND.reason)


def test_a_server_without_http2_is_left_out(faulty: Callable[..., Any]) -> None:
    with faulty("nginx", NGINX.replace(" http2", "")) as port:
        answer = ask(over_http2(port))
    assert (answer.verdict, answer.reason) == (LEFT_OUT, "HTTP/2 is not offered")


def frame(kind: int, flags: int, payload: bytes, stream: int = 1) -> bytes:
    return (
        len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload
    )


SETTINGS = frame(4, 0, b"", 0)
FORBIDDEN = b"\x48\x03403"  # literal, its name from the table
ANSWERS = {
    "one of the table": (frame(1, 5, b"\x88"), b"HTTP/1.1 200 \r\n\r\n"),
    "plain digits": (frame(1, 5, FORBIDDEN), b"HTTP/1.1 403 \r\n\r\n"),
    "a hint before": (frame(1, 4, b"\x08\x03103") + frame(1, 5, b"\x8c"), b"HTTP/1.1 400 \r\n\r\n"),
    "a table that shrinks": (frame(1, 5, b"\x20\x89"), b"HTTP/1.1 204 \r\n\r\n"),
    "padding and priority": (
        frame(1, 0x2C, b"\x02" + bytes(5) + b"\x88\0\0") + frame(0, 9, b"\x01ok\0"),
        b"HTTP/1.1 200 \r\n\r\nok",
    ),
    "a stream that is reset": (frame(3, 0, bytes(4)), b""),
    "a server that goes away": (frame(7, 0, bytes(8), 0), b""),
    "the end": (b"", b""),
}


def read(data: bytes) -> bytes:
    left = iter([data[:7], data[7:], b""])
    fields = Request(version=HTTP_2).fields("shop.example.com", "/", 443)
    return http2.exchange(lambda _: None, lambda: next(left), [fields], 65536)


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_is_read_whatever_its_form(answer: str) -> None:
    data, expected = ANSWERS[answer]
    assert read(SETTINGS + data) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        SETTINGS + frame(1, 5, b"\x0f\x10\x01x"),
        SETTINGS + frame(1, 5, b"\x08\x83\xff\xff\xff"),
        SETTINGS + frame(1, 5, b"\x08\x02no"),
        SETTINGS + frame(1, 5, b""),
    ],
    ids=["HTTP/1", "another header", "no digits", "two letters", "no headers"],
)
def test_what_is_no_answer_of_http2_proves_nothing(data: bytes) -> None:
    with pytest.raises(http2.NotHttp2):
        read(data)


def test_an_answer_of_more_than_a_window_is_read_in_time(
    faulty: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "index.html").write_text("x" * 200_000)
    tmp_path.chmod(0o755)
    with faulty("nginx", NGINX.replace(NGINX_APP, f"root {tmp_path};")) as port:
        assert ask(over_http2(port)).status == 200
