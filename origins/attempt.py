"""One question to an origin: one connection, one HTTP request, one answer.

Under TLS 1.3 a server looks at the client's certificate only after the client's handshake is
complete, so only an HTTP answer, or the alert in its place, proves anything.
"""

from __future__ import annotations

import hashlib
import re
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from .connection import ClientCertificate, DeadlineSocket, Tls, context, sent_certificate

REFUSED, ACCEPTED, UNREACHABLE, LEFT_OUT = "refused", "accepted", "unreachable", "left out"

# What servers say of themselves to refuse a visitor; any other status comes from an application.
REFUSING = {400, 403, 421, 495, 496}
EDGE = (rb"cf-ray:", rb"server:[ \t]*cloudflare")
LONGEST = 64 * 1024  # bytes of an answer that are read

_ALERT = re.compile(r"(?:(?:SSLV3|TLSV1|TLSV13|SSL/TLS)[_ ](?:ALERT[_ ])?)(.*)", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """What came of one attempt.

    :param certificate_requested: whether the server asked for a certificate in the handshake; None
        when the attempt had none to give.
    :param body: a digest of the answer's body, to compare with others.
    :param closed: the server ended the connection in the handshake without a word.
    :param handshake_completed: the TLS handshake was completed.
    :param from_cloudflare: the answer bears the marks of Cloudflare's edge.
    """

    verdict: str
    reason: str
    status: int | None = None
    certificate_requested: bool | None = None
    body: str | None = None
    closed: bool = False
    handshake_completed: bool = False
    from_cloudflare: bool = False


@dataclass(frozen=True)
class Attempt:
    """One case over one version of TLS (None: plain HTTP), and whether it came as it should."""

    case: str
    title: str
    tls: str | None
    wanted: str
    answer: Answer

    @property
    def verdict(self) -> str:
        return self.answer.verdict

    def as_json(self) -> dict[str, Any]:
        return {
            "case": self.case,
            "tls": self.tls,
            "verdict": self.verdict,
            "wanted": self.wanted,
            "reason": self.answer.reason,
            "status": self.answer.status,
            "asked_for_certificate": self.answer.certificate_requested,
        }


@dataclass(frozen=True)
class Question:
    """Where to connect, and what to send there. `timeout` is for all of it, in seconds.

    `trust`: what signs the server's certificate: a PEM path, "" for the system's CAs, None for
    no verification. `sni` None sends none; `version` None speaks plain HTTP.
    """

    address: str
    port: int
    host: str
    path: str
    timeout: float
    version: str | None = None
    sni: str | None = None
    client: ClientCertificate | None = None
    trust: str | None = None


def ask(question: Question) -> Answer:
    """Connects, asks, and says what came back; never raises for what the network does."""
    ends = time.monotonic() + question.timeout
    try:
        sock = socket.create_connection((question.address, question.port), question.timeout)
    except TimeoutError:
        return Answer(UNREACHABLE, "no answer in time")
    except ConnectionRefusedError:
        return Answer(UNREACHABLE, "nothing listens")
    except OSError as error:
        return Answer(UNREACHABLE, (error.strerror or "no connection").lower())
    with sock:
        line = DeadlineSocket(sock, ends)
        if question.version is None:
            return _read_answer(line.send, line.receive, question)
        return _over_tls(line, question)


def _over_tls(line: DeadlineSocket, question: Question) -> Answer:
    made = context(question.version, question.trust, question.client)
    tls = Tls(line, made, question.sni)
    failed: Answer | None = None
    try:
        tls.handshake()
    except ssl.SSLCertVerificationError as error:
        return Answer(UNREACHABLE, f"its certificate: {error.verify_message}")
    except ssl.SSLError as error:
        failed = _failed_handshake(error)
    except TimeoutError:
        return Answer(UNREACHABLE, "no answer in time")
    except OSError:
        failed = Answer(UNREACHABLE, "closed in the handshake", closed=True)
    asked = sent_certificate(question.client, tls) if question.client else None
    answer = failed or _read_answer(tls.send, tls.receive, question)
    return replace(answer, certificate_requested=asked, handshake_completed=failed is None)


def _failed_handshake(error: ssl.SSLError) -> Answer:
    said = _alert(error)
    if said is None:
        if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
            return Answer(UNREACHABLE, "closed in the handshake", closed=True)
        return Answer(UNREACHABLE, f"no TLS: {error.reason or 'unknown'}".lower().replace("_", " "))
    if said == "protocol_version":
        return Answer(LEFT_OUT, "this version is not offered")
    return Answer(REFUSED, said)


def _alert(error: ssl.SSLError) -> str | None:
    """The name of the TLS alert (RFC 8446, 6), or None when the server sent none."""
    found = _ALERT.match(error.reason or "")
    return found.group(1).lower().replace(" ", "_") if found else None


def _read_answer(
    send: Callable[[bytes], None], receive: Callable[[], bytes], question: Question
) -> Answer:
    request = (
        f"GET {question.path} HTTP/1.1\r\nHost: {question.host}\r\n"
        "User-Agent: aop-probe\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    )
    data = b""
    try:
        send(request.encode("ascii"))
        while not _is_complete(data) and (more := receive()):
            data += more
    except ssl.SSLError as error:
        return Answer(REFUSED, _alert(error) or "closed without an answer")
    except TimeoutError:
        if b"\r\n\r\n" not in data:
            return Answer(UNREACHABLE, "no answer in time")
    except OSError:
        if not data:
            return Answer(REFUSED, "closed without an answer")
    return _judge(data)


def _is_complete(data: bytes) -> bool:
    head, separator, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?im)^content-length:[ \t]*([0-9]+)[ \t]*\r?$", head)
    whole = bool(separator and length and len(body) >= int(length.group(1)))
    return whole or len(data) >= LONGEST


def _judge(data: bytes) -> Answer:
    while re.match(rb"HTTP/1\.[01] 1\d\d", data):
        data = data.partition(b"\r\n\r\n")[2]
    first = re.match(rb"HTTP/1\.[01] ([2-9]\d\d)", data)
    if not data:
        return Answer(REFUSED, "closed without an answer")
    if not first:
        return Answer(UNREACHABLE, "answers, but not with HTTP")
    head, _, body = data.partition(b"\r\n\r\n")
    status = int(first.group(1))
    location = re.search(rb"(?im)^location:[ \t]*([!-~]{1,60})", head)
    target = location.group(1).decode("ascii") if location else ""
    return Answer(
        REFUSED if status in REFUSING else ACCEPTED,
        f"HTTP {status}" + (f" to {target}" if target and 300 <= status < 400 else ""),
        status,
        body=hashlib.sha256(body).hexdigest(),
        from_cloudflare=all(re.search(rb"(?im)^" + sign, head) for sign in EDGE),
    )
