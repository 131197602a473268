"""TLS over a socket, with one deadline, in memory: so that we see whether the server asks for a
certificate, in the handshake or after it.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
# What a stranger may still speak (RFC 8996 forbids both); a Python may be built without.
OLD_VERSIONS = {
    name: version
    for name, version, is_built_in in (
        ("1.0", ssl.TLSVersion.TLSv1, ssl.HAS_TLSv1),
        ("1.1", ssl.TLSVersion.TLSv1_1, ssl.HAS_TLSv1_1),
    )
    if is_built_in
}
# A stranger may use any cipher, so that none of them is a reason to be refused.
CIPHERS = "ALL:!aNULL:!eNULL:@SECLEVEL=0"
HANDSHAKE, CERTIFICATE_REQUEST = 22, 13  # RFC 8446, 5.1 and 4
CERTIFICATE = 11
ALERT, NO_APPLICATION_PROTOCOL = 21, 120  # RFC 7301, 3.2: Python has no name for its error
# Its header, and the lengths of nothing (RFC 8446, 4.4.2).
EMPTY_CERTIFICATE = 8
OP_LEGACY_SERVER_CONNECT = 0x4  # the ssl module has the name from Python 3.12 on
T = TypeVar("T")


@dataclass(frozen=True)
class ClientCertificate:
    """Paths of a certificate with its chain and of its unencrypted key, both PEM."""

    certificate: str
    private_key: str


def context(
    version: str | None,
    trust: str | None,
    client: ClientCertificate | None,
    alpn: Sequence[str] = ("http/1.1",),
) -> ssl.SSLContext:
    """A context of its own for every attempt, so that no session is resumed.

    :param trust: what signs the server's certificate: a PEM path, "" for the system's CAs, None
        for no verification.
    :param alpn: the protocols that are offered (RFC 7301); none where it is empty.

    `ValueError` on one line when a file cannot be used.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if alpn:
        made.set_alpn_protocols(list(alpn))
    made.set_ciphers(CIPHERS)
    made.options |= OP_LEGACY_SERVER_CONNECT
    if version:
        made.minimum_version = made.maximum_version = (VERSIONS | OLD_VERSIONS)[version]
    if trust is None:
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    elif trust:
        _load(trust, made.load_verify_locations)
    else:
        made.load_default_certs()
    if client:
        # The password is never asked for on a terminal.
        _load(
            client.certificate,
            lambda path: made.load_cert_chain(path, client.private_key, password=""),
        )
    return made


def _load(path: str, load: Callable[[str], None]) -> None:
    try:
        load(path)
    except ssl.SSLError as error:
        said = (error.reason or "not readable").replace("_", " ").lower()
        raise ValueError(
            f"{path}: {said}. Give PEM files whose certificate and unencrypted key match."
        ) from None
    except OSError as error:
        raise ValueError(f"{path} or its key: {error.strerror}. Correct the path.") from None


class DeadlineSocket:
    """A socket with one deadline for all that happens on it."""

    def __init__(self, sock: socket.socket, ends: float) -> None:
        self._sock, self._ends = sock, ends

    def _hurry(self) -> None:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)

    def send(self, data: bytes) -> None:
        self._hurry()
        self._sock.sendall(data)

    def receive(self) -> bytes:
        self._hurry()
        return self._sock.recv(65536)


class Tls:
    """TLS over a line; `certificate_requested` as soon as the server has asked for one.

    `certificate_sent`: OpenSSL sends an empty list in its place where the server takes no signature
    of the certificate's kind of key. `is_protocol_refused`: it has none of those that were offered.
    """

    def __init__(
        self,
        line: DeadlineSocket,
        made: ssl.SSLContext,
        sni: str | None,
        session: ssl.SSLSession | None = None,
    ) -> None:
        self._line = line
        self.certificate_requested = self.certificate_sent = False
        self.is_protocol_refused = False
        # Nothing else shows a request of TLS 1.3. Under a Python without it nothing is proven.
        made._msg_callback = self._watch  # type: ignore[attr-defined]
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = made.wrap_bio(
            self._incoming, self._outgoing, server_hostname=sni, session=session
        )

    def _watch(self, _: Any, direction: str, __: Any, content: int, kind: int, data: bytes) -> None:
        if (direction, content, kind) == ("read", HANDSHAKE, CERTIFICATE_REQUEST):
            self.certificate_requested = True
        if (direction, content, kind) == ("read", ALERT, NO_APPLICATION_PROTOCOL):
            self.is_protocol_refused = True
        if (direction, content, kind) == ("write", HANDSHAKE, CERTIFICATE):
            self.certificate_sent = len(data) > EMPTY_CERTIFICATE

    @property
    def session(self) -> ssl.SSLSession | None:
        """What a further connection can resume, once an answer was read."""
        return self._tls.session

    @property
    def protocol(self) -> str | None:
        """What the server chose of the protocols that were offered; None for no choice."""
        return self._tls.selected_alpn_protocol()

    def handshake(self) -> None:
        self._run(self._tls.do_handshake)

    def send(self, data: bytes) -> None:
        self._run(lambda: self._tls.write(data))

    def receive(self) -> bytes:
        try:
            return self._run(lambda: self._tls.read(65536))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    def _run(self, step: Callable[[], T]) -> T:
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                self._flush()
                if data := self._line.receive():
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            finally:
                self._flush()

    def _flush(self) -> None:
        if data := self._outgoing.read():
            try:
                self._line.send(data)
            except (BrokenPipeError, ConnectionResetError):
                return  # what the server said before it closed is still to be read
