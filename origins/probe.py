"""Proof over real TLS that an origin refuses everyone but Cloudflare.

Each case is asked over TLS 1.2 and 1.3 with a complete HTTP request: first the right certificate,
then the strangers, also in other ways, at last the right one again. Everything goes to the one
address that was given; names are sent, never looked up, and redirects are not followed.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from .attempt import (
    ACCEPTED,
    CANNOT_ASK,
    LEFT_OUT,
    NO_HANDSHAKE,
    NO_TLS,
    REFUSED,
    UNCLEAR,
    Answer,
    Attempt,
    Question,
    ask,
)
from .cases import (
    ADDRESS,
    CLIENTS,
    FIRST,
    LAST,
    NAMED,
    NONE,
    NOTHING,
    OTHER,
    STRANGERS,
    Case,
    asking_otherwise,
    session_again,
    varied,
)
from .connection import OLD_VERSIONS, VERSIONS, ClientCertificate, context
from .evidence import OTHER_PAGE, WRONG, is_read, is_refused, settle, what_came
from .pairs import pairs_of
from .plain_http import over_plain_http, over_udp
from .report import ProbeReport
from .target import Target
from .variants import UNKNOWN_PAGE, VARIANTS, Variant

NO_SESSION = Answer(REFUSED, "no session to resume")


def probe(
    target: Target,
    clients: Mapping[str, ClientCertificate] | None = None,
    is_right_made: bool = False,
) -> ProbeReport:
    """Asks everything and judges it: about 55 short connections, at most eight at a time.

    Up to 280 where the server reads a stranger's request before it refuses, 420 in old versions.

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
        udp = pool.submit(over_udp, target)
        first = asking.all([FIRST])
        none = [*asking.all([NONE]), *asking.in_old_versions()]
        old = [a.tls for a in none if a.tls in OLD_VERSIONS and a.verdict != LEFT_OUT]
        first += asking.all([FIRST], old)
        strangers = asking.all(STRANGERS, [*VERSIONS, *old])
        strangers += asking.in_their_sessions(strangers)
        otherwise = asking.otherwise([*none, *strangers])
        rights = asking.rights(otherwise, strangers)
        plain = over_plain_http(target, lambda questions: pool.map(ask, questions))
        last = asking.all([LAST], [*VERSIONS, *old])
    asked = [*none, *first, *strangers, *(attempt for _, attempt in otherwise), *last, *plain]
    where = (target.hostname, target.address, target.port, target.pinned)
    return ProbeReport(*where, (*settle(asked, rights), udp.result()), is_right_made)


@dataclass(frozen=True)
class _Plan:
    """One question to come: a case, in one version of TLS, asked in one way (None: as usual)."""

    case: Case
    version: str
    variant: Variant | None = None
    request: str = ""


Asked = list[tuple[Variant, Attempt]]


@dataclass(frozen=True)
class _Asking:
    target: Target
    clients: Mapping[str, ClientCertificate]
    trust: str | None
    pool: ThreadPoolExecutor

    def all(
        self, cases: Iterable[Case], versions: Collection[str] = tuple(VERSIONS)
    ) -> list[Attempt]:
        """The cases over all of the versions of TLS, at the same time."""
        return self._asked([_Plan(case, version) for case in cases for version in versions])

    def in_old_versions(self) -> list[Attempt]:
        """Visitors without a certificate; most servers do not speak these versions."""
        return [replace(a, answer=_in_old(a.answer)) for a in self.all([NONE], OLD_VERSIONS)]

    def in_their_sessions(self, strangers: Iterable[Attempt]) -> list[Attempt]:
        """Wrong certificates that were refused by an answer, in a session that they began."""
        return self._asked(
            [
                _Plan(session_again(a.case), a.tls, request=a.title)
                for a in strangers
                if a.case in WRONG and a.tls and is_read(a)
            ]
        )

    def otherwise(self, asked: Sequence[Attempt]) -> Asked:
        """Strangers who ask in another way: without a certificate, and with a wrong one.

        The wrong one is that which got furthest, over one version of TLS. A variant that shows in
        requests alone is left out where the server ended the connection before it read one.
        """
        none = [a for a in asked if a.case == NONE.name]
        wrong = sorted((a for a in asked if a.case in WRONG and is_refused(a)), key=_how_far)
        found = self._in_other_ways(
            (a, variant)
            for a in (*none, *wrong[-1:])
            for variant in VARIANTS
            if is_refused(a) and (is_read(a) or variant.shows_in_handshake)
        )
        if any(attempt.verdict == ACCEPTED for _, attempt in found):
            return found
        return found + self._in_other_ways(_in_pairs([a for a in none if is_read(a)], found))

    def rights(
        self, otherwise: Asked, strangers: Iterable[Attempt]
    ) -> dict[tuple[str, str | None], Answer]:
        """What the right certificate gets in the ways in which a refusal needs it to compare."""
        page = next(variant for variant in VARIANTS if variant.title == UNKNOWN_PAGE)
        wanted = {
            (page.title, a.tls): _Plan(FIRST, a.tls, page)
            for a in strangers
            if a.tls and a.case == OTHER_PAGE and a.answer.status
        }
        wanted |= {
            (a.request, a.tls): _Plan(FIRST, a.tls, variant)
            for variant, a in otherwise
            if a.tls and variant.is_safe and not variant.spells_otherwise
            if a.verdict == UNCLEAR or a.answer.closed
        }
        if "right" not in self.clients:
            return {}
        answers = self.pool.map(self._answer, wanted.values())
        return dict(zip(wanted, answers, strict=True))

    def _in_other_ways(self, ways: Iterable[tuple[Attempt, Variant]]) -> Asked:
        """:param ways: a stranger as usual, and in which way to ask now."""
        planned = [
            (variant, _Plan(_otherwise(a, variant), a.tls, variant, variant.title))
            for a, variant in ways
            if a.tls
        ]
        asked = self._asked([plan for _, plan in planned])
        return [(variant, a) for (variant, _), a in zip(planned, asked, strict=True)]

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
        is_usual = case.sni == NAMED and not case.resumes and plan.version in VERSIONS
        names |= {NOTHING: None, ADDRESS: _literal(target.address)}
        question = Question(
            target.address,
            target.port,
            str(names[case.host]),
            case.path or target.path,
            target.timeout,
            plan.version,
            names[case.sni],
            self.clients[case.client] if case.client else None,
            # Under another name, and for old clients, another certificate may be right.
            self.trust if is_usual else None,
        )
        if case.resumes_own:
            return replace(question, resumes=(question.sni,), resumes_own=True)
        return varied(question, plan.variant, target) if plan.variant else question


def _in_pairs(read: Sequence[Attempt], asked: Asked) -> Iterator[tuple[Attempt, Variant]]:
    """Two ways at once, by turns in the versions of TLS that take both.

    Only ways that there are, and no spelling that leads elsewhere than the usual one.

    :param read: visitors without a certificate whose request was read, one of each version of TLS.
    """
    taken = {
        usual.tls: {
            variant.title
            for variant, a in asked
            if (a.case, a.tls) == (variant.group, usual.tls) and a.verdict != LEFT_OUT
            if not variant.spells_otherwise or what_came(a.answer) == what_came(usual.answer)
        }
        for usual in read
    }
    ways = tuple(v for v in VARIANTS if any(v.title in titles for titles in taken.values()))
    for number, pair in enumerate(pairs_of(ways)):
        takers = [usual for usual in read if taken[usual.tls].issuperset(pair.ways)]
        if takers:
            yield takers[number % len(takers)], pair


def _in_old(answer: Answer) -> Answer:
    """Servers that do not speak a version send many an alert, or hang up; silence is neither."""
    if answer.handshake_completed or answer.certificate_requested:
        return answer
    if answer.reason.startswith(NO_TLS):
        return CANNOT_ASK
    return NO_HANDSHAKE if answer.alert or answer.closed else answer


def _otherwise(usual: Attempt, variant: Variant) -> Case:
    return asking_otherwise(None if usual.case == NONE.name else usual.case, variant)


def _how_far(attempt: Attempt) -> tuple[bool, bool]:
    """Whether a request was read, and whether something else than the server itself refused it."""
    return is_read(attempt), attempt.verdict == UNCLEAR


def _literal(address: str) -> str:
    return f"[{address}]" if ipaddress.ip_address(address).version == 6 else address
