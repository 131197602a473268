"""Whether a refusal was about the certificate: each answer beside what the right one got. Pure.

A refusal is evidence only where the server asked for a certificate and the right one was accepted
for the same request, before the strangers came and after them. Under other names an answer about
the name is enough, since nothing is served there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from .attempt import (
    ACCEPTED,
    CERTIFICATE,
    LEFT_OUT,
    NAME,
    NO_SUCH_WAY,
    REFUSED,
    REFUSING,
    UNCLEAR,
    UNREACHABLE,
    Answer,
    Attempt,
)
from .variants import GROUPS, SPELLINGS, UNKNOWN_PAGE

RIGHT = ("right", "right_again")
WRONG = ("other_ca", "self_signed", "expired", "server_auth")
SESSIONS = OTHER_SESSION, OWN_SESSION = ("other_session", "own_session")
OTHER_HOST, OTHER_PAGE = "other_host", "other_host_page"
UNNAMED = (
    "no_sni",
    "other_sni",
    OTHER_HOST,
    OTHER_PAGE,
    "ip_host",
    SPELLINGS,
    f"wrong_{SPELLINGS}",
)
ELSEWHERE = (*UNNAMED, *SESSIONS)
OTHERWISE = (*GROUPS, *(f"wrong_{group}" for group in GROUPS))
# Of servers that have no such method; the certificate may be asked for afterwards.
NO_METHOD = {405, 501}
# A server that has no certificate for a name ends the handshake so (Go has the second).
NAME_ALERTS = {"unrecognized_name", "internal_error"}
NO_BODY = hashlib.sha256().hexdigest()
NO_PAGE = {400, 403, 404, 421}


def is_served(answer: Answer) -> bool:
    """Whether an application answered, and not for want of something of its own."""
    return answer.verdict == ACCEPTED and answer.status is not None and answer.status < 500


def is_refused(attempt: Attempt) -> bool:
    """Whether nothing was served, for whatever reason."""
    return attempt.verdict in (REFUSED, UNCLEAR) or attempt.answer.closed


def is_read(attempt: Attempt) -> bool:
    """Whether the server may have read the request before it refused.

    Under TLS 1.3 a client learns only after its own handshake that the server ended it.
    """
    answer = attempt.answer
    is_ended = not answer.handshake_completed or (attempt.tls == "1.3" and bool(answer.alert))
    return is_refused(attempt) and not (answer.certificate_requested and is_ended)


def settle(
    attempts: Iterable[Attempt], rights: Mapping[tuple[str, str | None], Answer]
) -> tuple[Attempt, ...]:
    """The attempts with the verdicts that only the others explain.

    :param rights: what the right certificate got, by the title of a request and version of TLS.
    """
    given = tuple(attempts)
    seen = _Compared(given, rights)
    return tuple(replace(a, answer=replace(a.answer, verdict=_verdict(a, seen))) for a in given)


@dataclass(frozen=True)
class _Compared:
    attempts: tuple[Attempt, ...]
    rights: Mapping[tuple[str, str | None], Answer]

    def right_for(self, attempt: Attempt) -> Answer | None:
        """What the right certificate got for the same request; None where it did not ask so."""
        right = self.rights.get((attempt.request, attempt.tls))
        return right if right and right.verdict != LEFT_OUT else None

    def is_proven(self, version: str | None) -> bool:
        """Whether the right certificate was asked for and accepted, first and last."""
        return version in self._proven

    @cached_property
    def _proven(self) -> set[str | None]:
        answers: dict[str | None, list[Answer]] = {}
        for attempt in self.attempts:
            if attempt.case in RIGHT:
                answers.setdefault(attempt.tls, []).append(attempt.answer)
        return {
            version
            for version, found in answers.items()
            if all(a.certificate_requested and is_served(a) for a in found)
        }

    def may_be_of_the_application(self, page: Attempt) -> bool:
        """Whether a page under another name is the right one's, and not all that there is."""
        right = self.rights.get((UNKNOWN_PAGE, page.tls))
        usual = [a for a in self.attempts if (a.case, a.tls) == (OTHER_HOST, page.tls)]
        if right is None or not usual:
            return False
        return what_came(right) == what_came(page.answer) != what_came(usual[0].answer)

    def knows_the_name(self, version: str | None) -> bool:
        """Whether the hostname itself gets further in this version than to its name."""
        return any(
            a.answer.handshake_completed or a.answer.certificate_requested
            for a in self.attempts
            if a.case not in ELSEWHERE and a.tls == version
        )

    @cached_property
    def refusals(self) -> set[tuple[object, ...]]:
        """What strangers got who were refused for want of the certificate, as `_came_to` has it.

        They asked as usual, or in a way in which the right certificate asked too.
        """
        return {
            _came_to(a)
            for a in self.attempts
            if a.case in ("none", *WRONG) or self.right_for(a)
            if _verdict(a, self) == REFUSED
        }

    @cached_property
    def pages(self) -> set[str | None]:
        """What the application answered to the right certificate."""
        answers = [*self.rights.values(), *(a.answer for a in self.attempts if a.case in RIGHT)]
        found = {a.body for a in answers if is_served(a) and (a.status or 400) < 300}
        return found - {NO_BODY, None}

    def served(self) -> set[int | None]:
        return {a.answer.status for a in self.attempts if a.case in RIGHT and is_served(a.answer)}


def _verdict(attempt: Attempt, seen: _Compared) -> str:
    answer = attempt.answer
    if attempt.case in RIGHT:
        return _of_right(attempt, seen)
    if answer.body in seen.pages:
        return ACCEPTED  # whatever its status is
    if attempt.tls is None:
        return answer.verdict
    if answer.reason in NO_SUCH_WAY:
        return REFUSED
    if answer.verdict == LEFT_OUT and answer.alert:
        # The version is offered after all, but not to this visitor.
        return UNCLEAR if seen.knows_the_name(attempt.tls) else LEFT_OUT
    if attempt.case in ELSEWHERE:
        return _elsewhere(attempt, seen)
    if answer.verdict == ACCEPTED and not is_served(answer) and seen.is_proven(attempt.tls):
        return UNCLEAR
    if attempt.case in OTHERWISE and answer.status in NO_METHOD:
        return UNCLEAR
    if answer.verdict not in (REFUSED, UNCLEAR) and not answer.closed:
        return answer.verdict
    if not answer.certificate_requested:
        return UNCLEAR
    if answer.verdict == REFUSED:
        return REFUSED
    explained = answer.closed or answer.alert or answer.status in REFUSING
    is_evidence = explained and seen.is_proven(attempt.tls) and _is_for_strangers(attempt, seen)
    return REFUSED if is_evidence else UNCLEAR


def _is_for_strangers(attempt: Attempt, seen: _Compared) -> bool:
    """Whether the right certificate gets something else for this request: as usual it does.

    Where it was not sent, a stranger has to be refused as for a request where it was.
    """
    if attempt.case not in OTHERWISE:
        return True
    if right := seen.right_for(attempt):
        return what_came(right) != what_came(attempt.answer)
    return _came_to(attempt) in seen.refusals


def _came_to(attempt: Attempt) -> tuple[object, ...]:
    """What came, and what it can be compared with: the answer to HEAD has no page."""
    return (attempt.tls, attempt.request.startswith("HEAD"), what_came(attempt.answer))


def what_came(answer: Answer) -> tuple[object, ...]:
    """What a visitor can tell two answers apart by."""
    return (answer.status, answer.body, answer.closed, answer.alert)


def _of_right(attempt: Attempt, seen: _Compared) -> str:
    """Refused for sure also where it always is in this version of TLS, and never in another."""
    rights = [a for a in seen.attempts if a.case in RIGHT]
    is_always = all(
        a.answer.verdict == UNCLEAR and a.answer.status in REFUSING
        for a in rights
        if a.tls == attempt.tls
    )
    passes_elsewhere = any(seen.is_proven(a.tls) for a in rights)
    return REFUSED if is_always and passes_elsewhere else attempt.answer.verdict


def _elsewhere(attempt: Attempt, seen: _Compared) -> str:
    """Nothing is served: the name is unknown, or a page says so where the application answers."""
    answer = attempt.answer
    if attempt.case == OTHER_PAGE and answer.status and seen.may_be_of_the_application(attempt):
        return UNCLEAR if answer.verdict != ACCEPTED or answer.status in NO_PAGE else ACCEPTED
    if answer.verdict in (REFUSED, LEFT_OUT) or not seen.knows_the_name(attempt.tls):
        return answer.verdict
    is_about = answer.about in (NAME, CERTIFICATE) or answer.alert in NAME_ALERTS
    served = seen.served()
    no_page = answer.status in NO_PAGE and bool(served) and answer.status not in served
    # Asked for a certificate, or resumed what only another host may have verified.
    is_reason = answer.certificate_requested or attempt.case in SESSIONS
    is_ended = bool(answer.alert and is_reason and seen.is_proven(attempt.tls))
    if is_about or answer.closed or no_page or is_ended:
        return REFUSED
    if answer.verdict == UNREACHABLE or is_served(answer) or not served:
        return answer.verdict
    return UNCLEAR
