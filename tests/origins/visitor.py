"""A visitor who tries ways in: any server name, any host, a resumed session, HTTP/2."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
from collections.abc import Iterator
from dataclasses import dataclass

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS = 0, 1, 4
END_STREAM, END_HEADERS = 1, 4


@dataclass
class Visitor:
    """`client` is the PEM path of a certificate, with its key beside it as PATH.key, or None.

    One visitor has one TLS context, so that a session of one connection can be resumed in another.
    """

    version: str
    client: str | None = None
    takes_tickets: bool = True

    def __post_init__(self) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE
        self.context.minimum_version = self.context.maximum_version = VERSIONS[self.version]
        if not self.takes_tickets:
            self.context.options |= ssl.OP_NO_TICKET
        self.session: ssl.SSLSession | None = None
        self.has_resumed = False
        if self.client:
            self.context.load_cert_chain(self.client, f"{self.client}.key")

    def get(
        self, port: int, sni: str | None, host: str, path: str = "/", resuming: bool = False
    ) -> bytes:
        """All that comes back for one HTTP/1.1 request; b"" when the server says nothing.

        Keeps the session; with `resuming` the kept one is offered, and `has_resumed` says whether
        the server took it.
        """
        self.has_resumed = False
        request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        data = b""
        with contextlib.suppress(OSError), self.connect(port, sni, resuming) as tls:
            self.has_resumed = bool(tls.session_reused)
            tls.sendall(request.encode())
            while more := tls.recv(65536):
                data += more
                self.session = tls.session
        return data

    def get_over_http2(self, port: int, sni: str, *hosts: str) -> bytes:
        """What comes back when all hosts are asked for in one HTTP/2 connection, one by one."""
        self.context.set_alpn_protocols(["h2"])
        data = b""
        with contextlib.suppress(OSError), self.connect(port, sni) as tls:
            if tls.selected_alpn_protocol() != "h2":
                return b""
            tls.sendall(PREFACE + _frame(SETTINGS, 0, 0, b""))
            for number, host in enumerate(hosts):
                block = b"\x87\x82\x84" + _literal(1, host)  # https, GET, /, :authority
                stream = 2 * number + 1
                tls.sendall(_frame(HEADERS, END_STREAM | END_HEADERS, stream, block))
                data += _body(tls, stream)
        return data

    @contextlib.contextmanager
    def connect(
        self, port: int, sni: str | None, resuming: bool = False
    ) -> Iterator[ssl.SSLSocket]:
        """A connection to the port; with `resuming` the session that was kept is offered."""
        with (
            socket.create_connection(("127.0.0.1", port), 5) as plain,
            self.context.wrap_socket(
                plain, server_hostname=sni, session=self.session if resuming else None
            ) as tls,
        ):
            yield tls


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """RFC 9113, 4.1."""
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def _literal(index: int, value: str) -> bytes:
    """A literal header field without indexing, its name from the static table (RFC 7541, 6.2.2)."""
    return bytes([index, len(value)]) + value.encode()


def _body(tls: ssl.SSLSocket, stream: int) -> bytes:
    """The data of one stream; b"" for one that is reset."""
    body = b""
    while True:
        head = _exactly(tls, 9)
        length, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
        payload = _exactly(tls, length)
        if int.from_bytes(head[5:], "big") != stream:
            continue
        body += payload if kind == DATA else b""
        if (flags & END_STREAM and kind in (DATA, HEADERS)) or kind == 3:
            return body


def _exactly(tls: ssl.SSLSocket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = tls.recv(size - len(data))
        if not more:
            raise ConnectionError
        data += more
    return data
