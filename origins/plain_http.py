"""Plain HTTP: in all of the ways in which a request can be written, on both ports. And HTTP/3."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from .attempt import (
    ACCEPTED,
    NO_CONNECTION,
    NO_SUCH_WAY,
    NOT_HTTP,
    NOTHING_LISTENS,
    REFUSED,
    UNCLEAR,
    Answer,
    Attempt,
    Question,
)
from .cases import HTTP_3, PLAIN, varied
from .evidence import NO_METHOD
from .pairs import pairs_of
from .quic import answers_quic
from .target import Target
from .variants import PATHS, PLAIN_VARIANTS, Variant

Ask = Callable[[Iterable[Question]], Iterable[Answer]]
QUIC_SECONDS = 2.0
NO_QUIC = Answer(REFUSED, "nothing answers over UDP")
# Answers to plain HTTP that serve nothing.
PAGES = frozenset({400, 403, 421})


def over_plain_http(target: Target, ask: Ask) -> list[Attempt]:
    """Also where TLS is spoken: a server may answer there what it finds no TLS in.

    In all ways where plain HTTP is spoken, since a redirect may be for some of them alone.

    :param ask: answers questions in their order.
    """
    path = next(v for v in PLAIN_VARIANTS if v.group == PATHS)
    found = _asked(target, target.port, [None, path], ask)
    if target.http_port is None:
        return found
    (usual,) = _asked(target, target.http_port, [None], ask)
    found.append(usual)
    for variants in (PLAIN_VARIANTS, pairs_of(PLAIN_VARIANTS)):
        if usual.answer.reason in (NOTHING_LISTENS, NO_CONNECTION) or _is_any_answered(found):
            break
        found += _asked(target, target.http_port, variants, ask)
    return found


def over_udp(target: Target) -> Attempt:
    """Whether there is HTTP/3."""
    seconds = min(target.timeout, QUIC_SECONDS)
    is_there = answers_quic(target.address, target.port, seconds)
    found = Answer(UNCLEAR, "answers over UDP") if is_there else NO_QUIC
    title = f"{HTTP_3.title} on port {target.port}"
    return Attempt(HTTP_3.name, title, None, HTTP_3.wanted, found)


def _is_any_answered(attempts: Iterable[Attempt]) -> bool:
    return any(a.verdict == ACCEPTED for a in attempts)


def _asked(
    target: Target, port: int, variants: Sequence[Variant | None], ask: Ask
) -> list[Attempt]:
    usual = Question(target.address, port, target.hostname, target.path, target.timeout)
    questions = [varied(usual, variant, target) if variant else usual for variant in variants]
    return [
        Attempt(
            PLAIN.name,
            f"{PLAIN.title} on port {port}",
            None,
            PLAIN.wanted,
            _as_plain(answer, variant, port == target.port),
            variant.title if variant else "",
        )
        for variant, answer in zip(variants, ask(questions), strict=True)
    ]


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
    if nobody or page or no_method or in_tls or answer.reason in NO_SUCH_WAY:
        return replace(answer, verdict=REFUSED)
    return answer
