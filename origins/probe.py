"""Proof over real TLS that an origin refuses everyone but Cloudflare.

Each case is asked over TLS 1.2 and 1.3 with a complete HTTP request. Everything goes to the one
address that was given; names are sent, never looked up, and redirects are not followed.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from .attempt import (
    ACCEPTED,
    LEFT_OUT,
    REFUSED,
    Answer,
    Attempt,
    Question,
    ask,
)
from .connection import VERSIONS, ClientCertificate, context
from .origin import hostname
from .report import ProbeReport

NAMED, OTHER, ADDRESS, NOTHING = "hostname", "other", "address", "nothing"


@dataclass(frozen=True)
class Case:
    """Who comes (`client`, a key of the certificates), and which names they say."""

    name: str
    title: str
    client: str | None = None
    sni: str = NAMED
    host: str = NAMED
    wanted: str = REFUSED


CASES = (
    Case("none", "no certificate"),
    Case("right", "the right certificate", "right", wanted=ACCEPTED),
    Case("same_ca", "another certificate of the same CA", "same_ca"),
    Case("other_ca", "one of another CA, same names", "other_ca"),
    Case("expired", "an expired certificate", "expired"),
    Case("server_auth", "one for servers only", "server_auth"),
    Case("no_sni", "no certificate, no SNI", sni=NOTHING),
    Case("other_sni", "no certificate, another SNI", sni=OTHER),
    Case("other_host", "no certificate, another host", sni=OTHER, host=OTHER),
    Case("ip_host", "no certificate, the IP as host", sni=NOTHING, host=ADDRESS),
)
PLAIN = Case("plain_http", "plain HTTP")
CLIENTS = tuple(case.client for case in CASES if case.client)


@dataclass(frozen=True)
class Target:
    """An origin to ask. `ValueError` on one line for what cannot be asked.

    :param hostname: the name that visitors use; sent as SNI and Host.
    :param address: IP address, or a name of the origin itself (not one that Cloudflare proxies);
        the first address it resolves to is asked.
    :param http_port: where plain HTTP would be; None leaves it out.
    :param path: a path that the application answers to Cloudflare with a status other than
        400, 403, 421, 495 and 496.
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
        for field in ("hostname", "other_name"):
            object.__setattr__(self, field, hostname(field, getattr(self, field)))
        if not re.fullmatch(r"/[!-~]*", self.path):
            raise ValueError(f"path: {self.path!r} is not a path; write it with % escapes: /a%20b.")
        for field in ("port", "http_port"):
            port = getattr(self, field)
            if port is not None and not 1 <= port <= 65535:
                raise ValueError(f"{field}: {port} is not a port; ports go from 1 to 65535.")


def probe(target: Target, clients: Mapping[str, ClientCertificate] | None = None) -> ProbeReport:
    """Asks everything and judges it: about 20 short connections, eight at a time.

    :param clients: certificates at hand by case: right, same_ca, other_ca, expired, server_auth;
        cases without one are left out and said so. `other_ca` also shows whether the origin asks.

    `ValueError` on one line for unusable files and for an address that does not resolve.
    """
    clients = clients or {}
    if unknown := set(clients) - set(CLIENTS):
        raise ValueError(f"clients: {min(unknown)!r} is none of {', '.join(CLIENTS)}.")
    trust = (target.server_ca or "") if target.verify_server else None
    for client in (None, *clients.values()):
        context(None, trust, client)
    address, others = _resolve(target)
    planned = [(case, version) for case in CASES for version in VERSIONS]
    asking = [(case, v) for case, v in planned if case.client is None or case.client in clients]
    with ThreadPoolExecutor(max_workers=8) as pool:
        questions = [_question(target, address, case, v, trust, clients) for case, v in asking]
        answers = dict(zip(asking, pool.map(ask, questions), strict=True))
        plain = _plain(target, address, pool)
    missing = Answer(LEFT_OUT, "no such certificate given")
    attempts = [
        Attempt(case.name, case.title, version, case.wanted, answers.get((case, version), missing))
        for case, version in planned
    ]
    judged = (*_settled(attempts), *plain)
    return ProbeReport(target.hostname, address, target.port, target.pinned, judged, others)


def _resolve(target: Target) -> tuple[str, tuple[str, ...]]:
    """The address to ask, and the others of the same name, which are not asked."""
    try:
        found = socket.getaddrinfo(target.address, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ValueError(
            f"address: {target.address} does not resolve. Give the origin's IP address."
        ) from None
    first, *others = dict.fromkeys(str(entry[4][0]) for entry in found)
    return first, tuple(others)


def _question(
    target: Target,
    address: str,
    case: Case,
    version: str,
    trust: str | None,
    clients: Mapping[str, ClientCertificate],
) -> Question:
    sni = {NAMED: target.hostname, OTHER: target.other_name, NOTHING: None}[case.sni]
    host = {NAMED: target.hostname, OTHER: target.other_name, ADDRESS: _literal(address)}[case.host]
    return Question(
        address,
        target.port,
        host,
        target.path,
        target.timeout,
        version,
        sni,
        clients[case.client] if case.client else None,
        # Under another name another certificate is right.
        trust if case.sni == NAMED else None,
    )


def _plain(target: Target, address: str, pool: ThreadPoolExecutor) -> tuple[Attempt, ...]:
    """Plain HTTP is refused also by a redirect to https and by a port where nothing listens."""
    if target.http_port is None:
        return ()
    port = target.http_port
    question = Question(address, port, target.hostname, target.path, target.timeout)
    answer = pool.submit(ask, question).result()
    redirected = answer.reason.partition(" to ")[2].lower().startswith("https://")
    if answer.reason == "nothing listens" or redirected:
        answer = replace(answer, verdict=REFUSED)
    title = f"{PLAIN.title} on port {port}"
    return (Attempt(PLAIN.name, title, None, PLAIN.wanted, answer),)


def _settled(attempts: list[Attempt]) -> list[Attempt]:
    """The answers that only the others explain.

    A connection closed in the handshake is a refusal where other handshakes succeed; a 404 under
    another name is one where the application answers otherwise.
    """
    handshake_completed = any(attempt.answer.handshake_completed for attempt in attempts)
    served = {attempt.answer.status for attempt in attempts if attempt.case == "right"} - {None}
    elsewhere = {case.name for case in CASES if (case.sni, case.host) != (NAMED, NAMED)}

    def refuses(attempt: Attempt) -> bool:
        if attempt.answer.status == 404:
            return bool(served) and 404 not in served and attempt.case in elsewhere
        return attempt.answer.closed and handshake_completed

    return [
        replace(attempt, answer=replace(attempt.answer, verdict=REFUSED))
        if refuses(attempt)
        else attempt
        for attempt in attempts
    ]


def _literal(address: str) -> str:
    return f"[{address}]" if ipaddress.ip_address(address).version == 6 else address
