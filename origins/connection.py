"""TLS over a socket, with one deadline, in memory: so that we see what we send.

The standard library does not say whether a server asked for a certificate. The size of the
client's last flight does: it contains the certificate, or it does not.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
BEGIN, END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
T = TypeVar("T")


@dataclass(frozen=True)
class ClientCertificate:
    """Paths of a certificate with its chain and of its unencrypted key, both PEM."""

    certificate: str
    private_key: str


def context(
    version: str | None, trust: str | None, client: ClientCertificate | None
) -> ssl.SSLContext:
    """A context of its own for every attempt, so that no session is resumed.

    :param trust: what signs the server's certificate: a PEM path, "" for the system's CAs, None
        for no verification.

    `ValueError` on one line when a file cannot be used.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.set_alpn_protocols(["http/1.1"])
    made.set_ciphers("DEFAULT:!kDHE")
    if version:
        made.minimum_version = made.maximum_version = VERSIONS[version]
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
    """TLS over a line; `flights` are the sizes of what was sent, in bytes."""

    def __init__(self, line: DeadlineSocket, made: ssl.SSLContext, sni: str | None) -> None:
        self._line = line
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = made.wrap_bio(self._incoming, self._outgoing, server_hostname=sni)
        self.flights: list[int] = []

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
            self.flights.append(len(data))
            try:
                self._line.send(data)
            except (BrokenPipeError, ConnectionResetError):
                return  # what the server said before it closed is still to be read


def sent_certificate(client: ClientCertificate, tls: Tls) -> bool:
    """Whether the server asked: a client sends its certificate exactly then.

    To be called right after the handshake, whose first flight is the ClientHello.
    """
    with open(client.certificate, encoding="ascii", errors="replace") as file:
        leaf = file.read().partition(BEGIN)[2].partition(END)[0]
    size = len(ssl.PEM_cert_to_DER_cert(BEGIN + leaf + END))
    return len(tls.flights) > 1 and tls.flights[-1] > size
