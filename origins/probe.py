"""Proof over real TLS that an origin refuses everyone but Cloudflare.

Each case is asked over TLS 1.2 and 1.3 with a complete HTTP request: first the right certificate,
then the strangers, at last the right one again. Everything goes to the one address that was given;
names are sent, never looked up, and redirects are not followed.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from .attempt import (
    ACCEPTED,
    LEFT_OUT,
    NO_CONNECTION,
    NOT_HTTP,
    NOTHING_LISTENS,
    REFUSED,
    UNCLEAR,
    Answer,
    Attempt,
    Question,
    ask,
)
from .connection import VERSIONS, ClientCertificate, context
from .evidence import OTHER_PATH, OTHER_SESSION, settle
from .origin import hostname
from .report import ProbeReport

NAMED, OTHER, ADDRESS, NOTHING = "hostname", "other", "address", "nothing"


# Where no application has a page; a server that checks in one place only answers here.
UNKNOWN_PATH = "/aop-probe-no-such-page"


@dataclass(frozen=True)
class Case:
    """Who comes (`client`, a key of the certificates), and which names they say.

    :param path: another path than the target's.
    :param resumes: with the session that the server gave under another name.
    """

    name: str
    title: str
    client: str | None = None
    sni: str = NAMED
    host: str = NAMED
    wanted: str = REFUSED
    path: str | None = None
    resumes: bool = False


FIRST = Case("right", "the right certificate", "right", wanted=ACCEPTED)
LAST = Case("right_again", "the right certificate, again", "right", wanted=ACCEPTED)
BESIDE = Case("right_other_path", "", "right", wanted=ACCEPTED, path=UNKNOWN_PATH)
STRANGERS = (
    Case("same_ca", "another certificate of the same CA", "same_ca"),
    Case("other_ca", "one of another CA, same names", "other_ca"),
    Case("self_signed", "one that signed itself, same names", "self_signed"),
    Case("expired", "an expired certificate", "expired"),
    Case("server_auth", "one for servers only", "server_auth"),
    Case(OTHER_PATH, "no certificate, another path", path=UNKNOWN_PATH),
    Case("no_sni", "no certificate, no SNI", sni=NOTHING),
    Case("other_sni", "no certificate, another SNI", sni=OTHER),
    Case("other_host", "no certificate, another host", sni=OTHER, host=OTHER),
    Case("ip_host", "no certificate, the IP as host", sni=NOTHING, host=ADDRESS),
    Case(OTHER_SESSION, "no certificate, another session", resumes=True),
)
CASES = (Case("none", "no certificate"), FIRST, *STRANGERS, LAST)
PLAIN = Case("plain_http", "plain HTTP")
CLIENTS = tuple(dict.fromkeys(case.client for case in CASES if case.client))


@dataclass(frozen=True)
class Target:
    """An origin to ask. `ValueError` on one line for what cannot be asked.

    :param hostname: the name that visitors use; sent as SNI and Host.
    :param address: IP address; `addresses` has all of those of a name.
    :param http_port: where plain HTTP would be; None leaves it out.
    :param path: a path that the application answers to Cloudflare with a status below 500 other
        than 400, 403, 408, 421, 425, 429, 495 and 496.
    :param server_ca: PEM path of what signed the origin's own certificate; default: the system's.
    :param verify_server: False takes any certificate of the origin, such as a self-signed one.
    :param other_name: a name that the origin does not serve, or another that it does.
    :param pinned: the origin pins: then another certificate of the same CA must be refused.
    :param timeout: seconds for one attempt.
    """

    hostname: str
    address: str
    port: int = 443
    http_port: int | None = 80
    path: str = "/"
    server_ca: str | None = None
    verify_server: bool = True
    other_name: str = "unknown-host.invalid"
    pinned: bool = False
    timeout: float = 5.0

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "address", str(ipaddress.ip_address(self.address)))
        except ValueError:
            raise ValueError(f"address: {self.address!r} is not an IP address.") from None
        for field in ("hostname", "other_name"):
            object.__setattr__(self, field, hostname(field, getattr(self, field)))
        if not re.fullmatch(r"/[!-~]*", self.path):
            raise ValueError(f"path: {self.path!r} is not a path; write it with % escapes: /a%20b.")
        for field in ("port", "http_port"):
            port = getattr(self, field)
            if port is not None and not 1 <= port <= 65535:
                raise ValueError(f"{field}: {port} is not a port; ports go from 1 to 65535.")


def addresses(name: str, port: int) -> tuple[str, ...]:
    """All addresses of a name of the origin itself, IPv4 and IPv6; an IP address is its own.

    `ValueError` on one line for a name that does not resolve.
    """
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ValueError(
            f"address: {name} does not resolve. Give the origin's IP address."
        ) from None
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def probe(
    target: Target,
    clients: Mapping[str, ClientCertificate] | None = None,
    is_right_made: bool = False,
) -> ProbeReport:
    """Asks everything and judges it: about 35 short connections, at most eight at a time.

    :param clients: certificates at hand by case: right, same_ca, other_ca, self_signed, expired,
        server_auth; cases without one are left out and said so.
    :param is_right_made: `right` is of the right CA, but not what Cloudflare presents.

    `ValueError` on one line for unusable files.
    """
    clients = clients or {}
    if unknown := set(clients) - set(CLIENTS):
        raise ValueError(f"clients: {min(unknown)!r} is none of {', '.join(CLIENTS)}.")
    trust = (target.server_ca or "") if target.verify_server else None
    for client in (None, *clients.values()):
        context(None, trust, client)
    with ThreadPoolExecutor(max_workers=8) as pool:
        asking = _Asking(target, clients, trust, pool)
        first, beside = asking.all([FIRST]), asking.all([BESIDE])
        strangers = asking.all([CASES[0], *STRANGERS])
        plain = asking.over_plain_http()
        last = asking.all([LAST])
    none = [a for a in strangers if a.case == "none"]
    rest = [a for a in strangers if a.case != "none"]
    judged = (*settle([*none, *first, *rest, *last], beside), *plain)
    where = (target.hostname, target.address, target.port, target.pinned)
    return ProbeReport(*where, judged, is_right_made)


@dataclass(frozen=True)
class _Asking:
    target: Target
    clients: Mapping[str, ClientCertificate]
    trust: str | None
    pool: ThreadPoolExecutor

    def all(self, cases: Iterable[Case]) -> list[Attempt]:
        """The cases over both versions of TLS, at the same time."""
        planned = [(case, version) for case in cases for version in VERSIONS]
        answers = self.pool.map(lambda plan: self._answer(*plan), planned)
        return [
            Attempt(case.name, case.title, version, case.wanted, answer)
            for (case, version), answer in zip(planned, answers, strict=True)
        ]

    def _answer(self, case: Case, version: str) -> Answer:
        if case.client and case.client not in self.clients:
            return Answer(LEFT_OUT, "no such certificate given")
        target = self.target
        names: dict[str, str | None] = {NAMED: target.hostname, OTHER: target.other_name}
        names[NOTHING] = None
        literal = _literal(target.address)
        question = Question(
            target.address,
            target.port,
            str(literal if case.host == ADDRESS else names[case.host]),
            case.path or target.path,
            target.timeout,
            version,
            names[case.sni],
            self.clients[case.client] if case.client else None,
            # Under another name another certificate is right.
            self.trust if case.sni == NAMED and not case.resumes else None,
        )
        if not case.resumes:
            return ask(question)
        found = (ask(replace(question, resumes=(name,))) for name in (target.other_name, None))
        return next((answer for answer in found if answer.verdict != LEFT_OUT), NO_SESSION)

    def over_plain_http(self) -> tuple[Attempt, ...]:
        """Also where TLS is spoken: a server may answer there what it finds no TLS in."""
        target = self.target
        ports = [port for port in (target.http_port, target.port) if port is not None]
        questions = [
            Question(target.address, port, target.hostname, path, target.timeout)
            for port in ports
            for path in (target.path, UNKNOWN_PATH)
        ]
        return tuple(
            Attempt(
                PLAIN.name,
                f"{PLAIN.title} on port {question.port}",
                None,
                PLAIN.wanted,
                _over_plain_http(answer, question.port == target.port),
            )
            for question, answer in zip(questions, self.pool.map(ask, questions), strict=True)
        )


NO_SESSION = Answer(REFUSED, "no session to resume")


def _over_plain_http(answer: Answer, speaks_tls: bool) -> Answer:
    """Plain HTTP is refused also by a redirect to https and where nobody takes a connection.

    Where TLS is spoken also by an answer in TLS.
    """
    redirected = answer.reason.partition(" to ")[2].lower().startswith("https://")
    nobody = answer.reason in (NOTHING_LISTENS, NO_CONNECTION)
    page = answer.verdict == UNCLEAR and (answer.closed or answer.status in (400, 403, 421))
    in_tls = speaks_tls and answer.reason == NOT_HTTP
    return replace(answer, verdict=REFUSED) if redirected or nobody or page or in_tls else answer


def _literal(address: str) -> str:
    return f"[{address}]" if ipaddress.ip_address(address).version == 6 else address
