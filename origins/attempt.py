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

from . import http2
from .connection import ClientCertificate, DeadlineSocket, Tls, context
from .origin import NO_SUCH_HOST
from .origin import REFUSED as REFUSAL
from .request import HTTP_2, USUAL, Request

REFUSED, ACCEPTED, UNREACHABLE, LEFT_OUT = "refused", "accepted", "unreachable", "left out"
# Refused, but nothing in the answer shows that the certificate is the reason.
UNCLEAR = "unclear"

# What servers say of themselves to refuse a visitor, and applications too.
REFUSING = {400, 403, 421, 495, 496}
BUSY = {408, 425, 429, 503}
# Alerts about the client's certificate (RFC 8446, 6.2).
ALERTS = {
    "access_denied",
    "bad_certificate",
    "certificate_expired",
    "certificate_required",
    "certificate_revoked",
    "certificate_unknown",
    "unknown_ca",
    "unsupported_certificate",
}
# Of NGINX, of its statuses where they are sent as they are, and of what is generated here.
CERTIFICATE, NAME = "certificate", "name"
SAYING = (
    (CERTIFICATE, 400, b"No required SSL certificate was sent"),
    (CERTIFICATE, 400, b"The SSL certificate error"),
    (CERTIFICATE, 495, b""),
    (CERTIFICATE, 496, b""),
    (CERTIFICATE, 403, REFUSAL.encode()),
    (NAME, 403, NO_SUCH_HOST.encode()),
    (NAME, 421, b""),
)
EDGE = (rb"cf-ray:", rb"server:[ \t]*cloudflare")
LONGEST = 64 * 1024  # bytes of an answer that are read
NOTHING_LISTENS, NO_CONNECTION = "nothing listens", "no connection in time"
NOT_HTTP = "answers, but not with HTTP"
NO_TLS = "no tls"

_ENDS = re.compile(rb"\AHTTP/1\.0|(?im:^connection:.*close)")
_BODILESS = re.compile(rb"HTTP/1\.1 (204|304)")
_CHUNKED, _LAST_CHUNK = re.compile(rb"(?im)^transfer-encoding:.*chunked"), b"\r\n0\r\n\r\n"
_ALERT = re.compile(r"(?:(?:SSLV3|TLSV1|TLSV13|SSL/TLS)[_ ](?:ALERT[_ ])?)(.*)", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """What came of one attempt.

    :param certificate_requested: whether the server asked for a certificate; None without TLS.
    :param body: a digest of the answer's body, to compare with others.
    :param alert: the name of the TLS alert that came in place of an answer.
    :param about: CERTIFICATE or NAME, where the answer says by itself why it refuses.
    :param closed: the server ended the connection without a word.
    :param handshake_completed: the TLS handshake was completed.
    :param from_cloudflare: the answer bears the marks of Cloudflare's edge.
    """

    verdict: str
    reason: str
    status: int | None = None
    certificate_requested: bool | None = None
    body: str | None = None
    alert: str | None = None
    about: str | None = None
    closed: bool = False
    handshake_completed: bool = False
    from_cloudflare: bool = False


@dataclass(frozen=True)
class Attempt:
    """One case over one version of TLS (None: plain HTTP), and whether it came as it should.

    :param request: the title of the `Variant`; "" for the usual request.
    """

    case: str
    title: str
    tls: str | None
    wanted: str
    answer: Answer
    request: str = ""

    @property
    def verdict(self) -> str:
        return self.answer.verdict

    def as_json(self) -> dict[str, Any]:
        return {
            "case": self.case,
            "request": self.request,
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
    no verification. `sni` None sends none; `version` None speaks plain HTTP. `resumes` is the name
    (None: no name) under which a first connection gets the session that this one resumes; that one
    presents the client's certificate with `resumes_own` alone.
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
    resumes: tuple[str | None] | None = None
    resumes_own: bool = False
    request: Request = USUAL


NOT_OFFERED = "no tls: bad extension"
NO_HTTP_2 = Answer(LEFT_OUT, "HTTP/2 is not offered")
NO_HANDSHAKE = Answer(LEFT_OUT, "no handshake came about")
CANNOT_ASK = Answer(LEFT_OUT, "this machine's TLS cannot ask so")
NO_SECOND = Answer(LEFT_OUT, "the connection ends with the first answer")
# Nothing is served in a way that there is not.
NO_SUCH_WAY = {NO_HTTP_2.reason, NO_SECOND.reason, NO_HANDSHAKE.reason}
CLOSED_IN_HANDSHAKE = Answer(UNREACHABLE, "closed in the handshake", closed=True)
CLOSED = Answer(UNCLEAR, "closed without an answer", closed=True)


def ask(question: Question) -> Answer:
    """Connects, asks, and says what came back; never raises for what the network does."""
    ends = time.monotonic() + question.timeout
    if question.version is None:
        return _connect(
            question, ends, lambda line: _read_answer(line.send, line.receive, question)
        )
    made = context(question.version, question.trust, question.client, question.request.alpn)
    session = None
    if question.resumes:
        session = _session(question, *question.resumes, ends, made)
        if session is None:
            return Answer(LEFT_OUT, "no such session")
    return _connect(question, ends, lambda line: _over_tls(line, question, made, session)[0])


def _connect(question: Question, ends: float, talk: Callable[[DeadlineSocket], Answer]) -> Answer:
    try:
        sock = socket.create_connection((question.address, question.port), question.timeout)
    except TimeoutError:
        return Answer(UNREACHABLE, NO_CONNECTION)
    except ConnectionRefusedError:
        return Answer(UNREACHABLE, NOTHING_LISTENS)
    except OSError as error:
        return Answer(UNREACHABLE, (error.strerror or NO_CONNECTION).lower())
    with sock:
        return talk(DeadlineSocket(sock, ends))


def _session(
    question: Question, sni: str | None, ends: float, made: ssl.SSLContext
) -> ssl.SSLSession | None:
    """What another host gives to a visitor without a certificate, or this one to the client."""
    first = replace(question, sni=sni, host=sni or question.host)
    if not question.resumes_own:
        first = replace(first, client=None)
    kept: list[ssl.SSLSession | None] = []

    def talk(line: DeadlineSocket) -> Answer:
        answer, tls = _over_tls(line, first, made, None)
        kept.append(tls.session if answer.handshake_completed else None)
        return answer

    _connect(first, ends, talk)
    return kept[0] if kept else None


def _over_tls(
    line: DeadlineSocket,
    question: Question,
    made: ssl.SSLContext,
    session: ssl.SSLSession | None,
) -> tuple[Answer, Tls]:
    tls = Tls(line, made, question.sni, session)
    failed: Answer | None = None
    try:
        tls.handshake()
    except ssl.SSLCertVerificationError as error:
        failed = Answer(UNREACHABLE, f"its certificate: {error.verify_message}")
    except ssl.SSLError as error:
        failed = _failed_handshake(error)
    except TimeoutError:
        failed = Answer(UNREACHABLE, "no answer in time")
    except OSError:
        failed = CLOSED_IN_HANDSHAKE
    # A server without it refuses, or chooses a protocol that was not offered, or none.
    is_chosen = tls.protocol == "h2" if failed is None else failed.reason != NOT_OFFERED
    if question.request.version == HTTP_2 and (tls.is_protocol_refused or not is_chosen):
        failed = NO_HTTP_2
    answer = failed or _read_answer(tls.send, tls.receive, question)
    requested: bool | None = tls.certificate_requested
    is_refused = answer.verdict in (REFUSED, UNCLEAR) or answer.closed
    if question.client and requested and not tls.certificate_sent and is_refused:
        # What was not shown was not refused.
        reason = f"{answer.reason}; it takes no signature of this kind of key"
        answer, requested = replace(answer, verdict=UNCLEAR, reason=reason), None
    if answer.alert in ALERTS and requested:
        answer = replace(answer, verdict=REFUSED)
    is_completed = failed is None or failed is NO_HTTP_2
    return replace(answer, certificate_requested=requested, handshake_completed=is_completed), tls


def _failed_handshake(error: ssl.SSLError) -> Answer:
    said = _alert(error)
    if said is None:
        if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
            return CLOSED_IN_HANDSHAKE
        return Answer(
            UNREACHABLE, f"{NO_TLS}: {error.reason or 'unknown'}".lower().replace("_", " ")
        )
    if said == "protocol_version":
        return Answer(LEFT_OUT, "version not offered", alert=said)
    return Answer(UNCLEAR, said, alert=said)


def _alert(error: ssl.SSLError) -> str | None:
    """The name of the TLS alert (RFC 8446, 6), or None when the server sent none."""
    found = _ALERT.match(error.reason or "")
    return found.group(1).lower().replace(" ", "_") if found else None


def _read_answer(
    send: Callable[[bytes], None], receive: Callable[[], bytes], question: Question
) -> Answer:
    over = _over_http2 if question.request.version == HTTP_2 else _over_http1
    try:
        return over(send, receive, question)
    except http2.NotHttp2:
        return Answer(UNREACHABLE, NOT_HTTP)
    except ssl.SSLError as error:
        said = _alert(error)
        return Answer(UNCLEAR, said, alert=said) if said else CLOSED
    except TimeoutError:
        return Answer(UNREACHABLE, "no answer in time")
    except OSError:
        return CLOSED


def _over_http2(
    send: Callable[[bytes], None], receive: Callable[[], bytes], question: Question
) -> Answer:
    request, where = question.request, (question.host, question.path, question.port)
    first = Request(version=HTTP_2)
    asked = [first, request] if request.is_second else [request]
    data = http2.exchange(send, receive, [one.fields(*where) for one in asked], LONGEST)
    return NO_SECOND if request.is_second and not data else _judge(data)


def _over_http1(
    send: Callable[[bytes], None], receive: Callable[[], bytes], question: Question
) -> Answer:
    request, where = question.request, (question.host, question.path, question.port)
    if request.is_second:
        send(USUAL.lines(*where, is_last=False))
        first = _whole(receive, USUAL.method)
        if not _is_complete(first, USUAL.method) or _ENDS.search(first.partition(b"\r\n\r\n")[0]):
            return NO_SECOND
    try:
        send(request.lines(*where))
        data = _whole(receive, request.method)
    except OSError:
        if request.is_second:
            return NO_SECOND
        raise
    return NO_SECOND if request.is_second and not data else _judge(data)


def _whole(receive: Callable[[], bytes], method: str) -> bytes:
    """What came, also where the peer ends it by force."""
    data = b""
    try:
        while not _is_complete(data, method) and (more := receive()):
            data += more
    except ssl.SSLError:
        raise
    except TimeoutError:
        if b"\r\n\r\n" not in data:
            raise
    except OSError:
        if not data:
            raise
    return data


def _is_complete(data: bytes, method: str) -> bool:
    head, separator, body = _final(data).partition(b"\r\n\r\n")
    if separator and (method == "HEAD" or _BODILESS.match(head)):
        return True
    length = re.search(rb"(?im)^content-length:[ \t]*([0-9]+)[ \t]*\r?$", head)
    whole = bool(separator and length and len(body) >= int(length.group(1)))
    ends = bool(separator and _CHUNKED.search(head)) and (b"\r\n" + body).endswith(_LAST_CHUNK)
    return whole or ends or len(data) >= LONGEST


def _final(data: bytes) -> bytes:
    """Without the informational answers before (RFC 9110, 15.2)."""
    while re.match(rb"HTTP/1\.[01] 1\d\d", data):
        data = data.partition(b"\r\n\r\n")[2]
    return data


def _judge(data: bytes) -> Answer:
    data = _final(data)
    first = re.match(rb"HTTP/1\.[01] ([2-9]\d\d)", data)
    if not data:
        return CLOSED
    if not first:
        return Answer(UNREACHABLE, NOT_HTTP)
    head, _, body = data.partition(b"\r\n\r\n")
    status = int(first.group(1))
    location = re.search(rb"(?im)^location:[ \t]*([!-~]{1,60})", head)
    target = location.group(1).decode("ascii") if location else ""
    about = next((why for why, code, text in SAYING if code == status and text in body), None)
    unclear = UNCLEAR if status in REFUSING | BUSY else ACCEPTED
    return Answer(
        REFUSED if about == CERTIFICATE else unclear,
        f"HTTP {status}" + (f" to {target}" if target and 300 <= status < 400 else ""),
        status,
        body=hashlib.sha256(body).hexdigest(),
        about=about,
        from_cloudflare=all(re.search(rb"(?im)^" + sign, head) for sign in EDGE),
    )
