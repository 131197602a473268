"""Proof over real TLS that an origin refuses everyone but Cloudflare.

Each case is asked over TLS 1.2 and 1.3 with a complete HTTP request: first the right certificate,
then the strangers, also in other ways, at last the right one again. Everything goes to the one
address that was given; names are sent, never looked up, and redirects are not followed.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
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
from .evidence import NO_METHOD, OTHER_SESSION, OWN_SESSION, WRONG, settle
from .quic import answers_quic
from .report import ProbeReport
from .request import (
    GROUPS,
    PLAIN_VARIANTS,
    SPELLINGS,
    UNKNOWN_PATH,
    VARIANTS,
    Variant,
)
from .target import Target

NAMED, OTHER, ADDRESS, NOTHING = "hostname", "other", "address", "nothing"
QUIC_SECONDS = 2.0
# Answers to plain HTTP that serve nothing.
PAGES = frozenset({400, 403, 421})


@dataclass(frozen=True)
class Case:
    """Who comes (`client`, a key of the certificates), and which names they say.

    :param resumes: with the session that the server gave under another name.
    :param resumes_own: with the session that the server gave to this certificate.
    """

    name: str
    title: str
    client: str | None = None
    sni: str = NAMED
    host: str = NAMED
    wanted: str = REFUSED
    resumes: bool = False
    resumes_own: bool = False


FIRST = Case("right", "the right certificate", "right", wanted=ACCEPTED)
LAST = Case("right_again", "the right certificate, again", "right", wanted=ACCEPTED)
NONE = Case("none", "no certificate")
STRANGERS = (
    Case("same_ca", "another certificate of the same CA", "same_ca"),
    Case("other_ca", "one of another CA, same names", "other_ca"),
    Case("self_signed", "one that signed itself, same names", "self_signed"),
    Case("expired", "an expired certificate", "expired"),
    Case("server_auth", "one for servers only", "server_auth"),
    Case("no_sni", "no certificate, no SNI", sni=NOTHING),
    Case("other_sni", "no certificate, another SNI", sni=OTHER),
    Case("other_host", "no certificate, another host", sni=OTHER, host=OTHER),
    Case("ip_host", "no certificate, the IP as host", sni=NOTHING, host=ADDRESS),
    Case(OTHER_SESSION, "no certificate, another session", resumes=True),
)
CASES = (NONE, FIRST, *STRANGERS, LAST)
PLAIN = Case("plain_http", "plain HTTP")
HTTP_3 = Case("http3", "HTTP/3")
CLIENTS = tuple(dict.fromkeys(case.client for case in CASES if case.client))


def probe(
    target: Target,
    clients: Mapping[str, ClientCertificate] | None = None,
    is_right_made: bool = False,
) -> ProbeReport:
    """Asks everything and judges it: about 60 short connections, at most eight at a time.

    Up to 150 where the server reads a stranger's request before it refuses.

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
        first = asking.all([FIRST])
        none, *strangers = asking.all([NONE]), *asking.all(STRANGERS)
        strangers += asking.in_their_sessions(strangers)
        otherwise = asking.otherwise([*none, *strangers])
        rights = asking.rights(otherwise)
        beside = asking.beside_tls()
        last = asking.all([LAST])
    judged = (*settle([*none, *first, *strangers, *otherwise, *last], rights), *beside)
    where = (target.hostname, target.address, target.port, target.pinned)
    return ProbeReport(*where, judged, is_right_made)


@dataclass(frozen=True)
class _Plan:
    """One question to come: a case, in one version of TLS, asked in one way (None: as usual)."""

    case: Case
    version: str
    variant: Variant | None = None
    request: str = ""


@dataclass(frozen=True)
class _Asking:
    target: Target
    clients: Mapping[str, ClientCertificate]
    trust: str | None
    pool: ThreadPoolExecutor

    def all(self, cases: Iterable[Case]) -> list[Attempt]:
        """The cases over both versions of TLS, at the same time."""
        return self._asked([_Plan(case, version) for case in cases for version in VERSIONS])

    def in_their_sessions(self, strangers: Iterable[Attempt]) -> list[Attempt]:
        """Wrong certificates that were refused by an answer, in a session that they began."""
        return self._asked(
            [
                _Plan(_again(a.case), a.tls, request=a.title)
                for a in strangers
                if a.case in WRONG and a.tls and _is_read(a)
            ]
        )

    def otherwise(self, asked: Sequence[Attempt]) -> list[Attempt]:
        """Strangers who ask in another way: without a certificate, and with a wrong one.

        The wrong one is that which got furthest, over one version of TLS. A variant that shows in
        requests alone is left out where the server ended the connection before it read one.
        """
        none = [a for a in asked if a.case == NONE.name]
        wrong = sorted((a for a in asked if a.case in WRONG and _is_refused(a)), key=_how_far)
        return self._asked(
            [
                _Plan(_asking_otherwise(a, variant), a.tls, variant, variant.title)
                for a in (*none, *wrong[-1:])
                for variant in VARIANTS
                if a.tls and _is_refused(a) and (_is_read(a) or variant.shows_in_handshake)
            ]
        )

    def rights(self, otherwise: Iterable[Attempt]) -> dict[tuple[str, str | None], Answer]:
        """What the right certificate gets in the ways in which a refusal needs it to compare."""
        variants = {v.title: v for v in VARIANTS if v.is_safe and v.group != SPELLINGS}
        wanted = {
            (a.request, a.tls): _Plan(FIRST, a.tls, variants[a.request])
            for a in otherwise
            if a.tls and a.request in variants and (a.verdict == UNCLEAR or a.answer.closed)
        }
        if "right" not in self.clients:
            return {}
        answers = self.pool.map(self._answer, wanted.values())
        return dict(zip(wanted, answers, strict=True))

    def _asked(self, plans: list[_Plan]) -> list[Attempt]:
        answers = self.pool.map(self._answer, plans)
        return [
            Attempt(p.case.name, p.case.title, p.version, p.case.wanted, answer, p.request)
            for p, answer in zip(plans, answers, strict=True)
        ]

    def _answer(self, plan: _Plan) -> Answer:
        case = plan.case
        if case.client and case.client not in self.clients:
            return Answer(LEFT_OUT, "no such certificate given")
        question = self._question(plan)
        if not case.resumes:
            return ask(question)
        names = (self.target.other_name, None)
        found = (ask(replace(question, resumes=(name,))) for name in names)
        return next((answer for answer in found if answer.verdict != LEFT_OUT), NO_SESSION)

    def _question(self, plan: _Plan) -> Question:
        target, case = self.target, plan.case
        names: dict[str, str | None] = {NAMED: target.hostname, OTHER: target.other_name}
        names |= {NOTHING: None, ADDRESS: _literal(target.address)}
        question = Question(
            target.address,
            target.port,
            str(names[case.host]),
            target.path,
            target.timeout,
            plan.version,
            names[case.sni],
            self.clients[case.client] if case.client else None,
            # Under another name another certificate is right.
            self.trust if case.sni == NAMED and not case.resumes else None,
        )
        if case.resumes_own:
            return replace(question, resumes=(question.sni,), resumes_own=True)
        return _varied(question, plan.variant, target) if plan.variant else question

    def beside_tls(self) -> tuple[Attempt, ...]:
        """Plain HTTP, and whether there is HTTP/3."""
        target = self.target
        seconds = min(target.timeout, QUIC_SECONDS)
        quic = self.pool.submit(answers_quic, target.address, target.port, seconds)
        plain = self._over_plain_http()
        found = Answer(UNCLEAR, "answers over UDP") if quic.result() else NO_QUIC
        title = f"{HTTP_3.title} on port {target.port}"
        return (*plain, Attempt(HTTP_3.name, title, None, HTTP_3.wanted, found))

    def _over_plain_http(self) -> tuple[Attempt, ...]:
        """Also where TLS is spoken: a server may answer there what it finds no TLS in.

        In all ways where plain HTTP is spoken, since a redirect may be for some of them alone.
        """
        target = self.target
        few = [None, *(v for v in PLAIN_VARIANTS if v.path == UNKNOWN_PATH)]
        found = [*self._plain(target.port, few)]
        if target.http_port is not None:
            usual = self._plain(target.http_port, [None])
            is_there = usual[0].answer.reason not in (NOTHING_LISTENS, NO_CONNECTION)
            found += [*usual, *self._plain(target.http_port, PLAIN_VARIANTS if is_there else [])]
        return tuple(found)

    def _plain(self, port: int, variants: Sequence[Variant | None]) -> list[Attempt]:
        target = self.target
        usual = Question(target.address, port, target.hostname, target.path, target.timeout)
        asked = [_varied(usual, variant, target) if variant else usual for variant in variants]
        return [
            Attempt(
                PLAIN.name,
                f"{PLAIN.title} on port {port}",
                None,
                PLAIN.wanted,
                _as_plain(answer, variant, port == target.port),
                variant.title if variant else "",
            )
            for variant, answer in zip(variants, self.pool.map(ask, asked), strict=True)
        ]


NO_SESSION = Answer(REFUSED, "no session to resume")
NO_QUIC = Answer(REFUSED, "nothing answers over UDP")


def _again(client: str) -> Case:
    return Case(OWN_SESSION, "a wrong one, its session again", client, resumes_own=True)


def _asking_otherwise(usual: Attempt, variant: Variant) -> Case:
    group, ways = variant.group, GROUPS[variant.group]
    if usual.case == NONE.name:
        return Case(group, f"{NONE.title}, {ways}")
    return Case(f"wrong_{group}", f"a wrong one, {ways}", usual.case)


def _varied(question: Question, variant: Variant, target: Target) -> Question:
    sni = question.sni
    if variant.upper_sni:
        sni = target.hostname.upper()
    if variant.other_sni:
        sni = target.other_name
    return replace(
        question,
        path=variant.path or question.path,
        sni=sni,
        trust=None if variant.other_sni else question.trust,
        request=variant.request,
    )


def _is_refused(attempt: Attempt) -> bool:
    return attempt.verdict in (REFUSED, UNCLEAR) or attempt.answer.closed


def _how_far(attempt: Attempt) -> tuple[bool, bool]:
    """Whether a request was read, and whether something else than the server itself refused it."""
    return _is_read(attempt), attempt.verdict == UNCLEAR


def _is_read(attempt: Attempt) -> bool:
    """Whether the server may have read the request before it refused.

    Under TLS 1.3 a client learns only after its own handshake that the server ended it.
    """
    answer = attempt.answer
    is_ended = not answer.handshake_completed or (attempt.tls == "1.3" and bool(answer.alert))
    return _is_refused(attempt) and not (answer.certificate_requested and is_ended)


def _as_plain(answer: Answer, variant: Variant | None, speaks_tls: bool) -> Answer:
    """Plain HTTP is refused also by a redirect to https and where nobody takes a connection.

    Where TLS is spoken also by an answer in TLS; a method also by an answer that it is not known.
    """
    redirected = answer.reason.partition(" to ")[2].lower().startswith("https://")
    nobody = answer.reason in (NOTHING_LISTENS, NO_CONNECTION)
    page = answer.verdict == UNCLEAR and (answer.closed or answer.status in PAGES)
    is_other_method = variant is not None and variant.request.method != "GET"
    no_method = is_other_method and answer.status in NO_METHOD
    in_tls = speaks_tls and answer.reason == NOT_HTTP
    if redirected:
        return replace(answer, verdict=REFUSED, reason="redirects to https")
    if nobody or page or no_method or in_tls:
        return replace(answer, verdict=REFUSED)
    return answer


def _literal(address: str) -> str:
    return f"[{address}]" if ipaddress.ip_address(address).version == 6 else address
