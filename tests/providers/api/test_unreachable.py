"""Why there was no connection, in words."""

from __future__ import annotations

import errno
import socket
import ssl

import pytest

from providers.api.unreachable import place, why

API = "https://api.cloudflare.com/client/v4"
PASSWORD = "hunter2"
PROXY = f"http://me:{PASSWORD}@proxy.example:3128"


class ConnectError(Exception):
    """As httpx has it: the system's failure is its cause."""


def failure(cause: BaseException | None) -> ConnectError:
    error = ConnectError(f"by {PROXY}")
    error.__cause__ = cause
    return error


def tls(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, f"[SSL: {reason}]")
    error.reason = reason
    return error


WORDS = {
    "refused": (ConnectionRefusedError(errno.ECONNREFUSED, "x"), "connection refused"),
    "reset": (ConnectionResetError(errno.ECONNRESET, "x"), "connection reset by peer"),
    "no route": (OSError(errno.ENETUNREACH, "x"), "network is unreachable"),
    "no name": (socket.gaierror(-2, "Name or service not known"), "its name is not found by DNS"),
    "no TLS": (tls("WRONG_VERSION_NUMBER"), "TLS failed: wrong version number"),
    "nothing told": (None, "connect error"),
}


@pytest.mark.parametrize("case", WORDS)
def test_the_reason_is_the_systems_and_never_the_failures_text(case: str) -> None:
    cause, words = WORDS[case]
    assert why(failure(cause)) == words


def test_a_reason_is_found_however_deep_it_lies() -> None:
    assert why(failure(failure(ConnectionRefusedError(errno.ECONNREFUSED, "x")))) == (
        "connection refused"
    )


def test_the_place_is_a_host_and_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HTTPS_PROXY", raising=False)
    monkeypatch.delenv("https_proxy", raising=False)
    assert place(API) == "api.cloudflare.com:443"
    assert place("http://127.0.0.1:8787/client/v4") == "127.0.0.1:8787"


def test_a_proxy_is_told_without_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", PROXY)
    monkeypatch.setenv("http_proxy", PROXY)
    monkeypatch.delenv("no_proxy", raising=False)
    told = place(API)
    assert told == "api.cloudflare.com:443, through the proxy that the environment names"
    assert place("http://127.0.0.1:8787/client/v4") == "127.0.0.1:8787"
    monkeypatch.setenv("no_proxy", "api.cloudflare.com")
    assert place(API) == "api.cloudflare.com:443"
