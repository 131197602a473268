"""Whether an origin would accept a certificate that Cloudflare does not present yet.

Asked as Cloudflare asks: the leaf alone, with SNI and Host of a hostname, in a connection of its
own. The origin's own certificate is not verified: what counts is what the origin says to ours.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from .attempt import ACCEPTED, LEFT_OUT, REFUSED, UNCLEAR, UNREACHABLE, Answer, Question, ask
from .connection import VERSIONS, ClientCertificate

# Seconds for one connection; a trial has three at most.
TIMEOUT = 5.0


@dataclass(frozen=True)
class Endpoint:
    """Where an origin listens: an IP address and a port."""

    address: str
    port: int


@dataclass(frozen=True)
class Trial:
    """What an origin said to a certificate.

    `verdict` is "accepted", "refused", "unreachable", or "unclear" where nothing shows that the
    certificate is the reason; `reason` is a few words, such as `alert unknown_ca` or `HTTP 400`.
    """

    endpoint: Endpoint
    verdict: str
    reason: str


def try_certificate(
    endpoints: Iterable[Endpoint],
    hostname: str,
    certificate: str,
    private_key: str,
    timeout: float = TIMEOUT,
) -> list[Trial]:
    """Asks all endpoints at once; never raises for what the network does.

    :param certificate: the leaf in PEM.
    :param private_key: its key in PEM, unencrypted; it is written into no file.
    :param timeout: seconds for one connection with its whole answer.
    """
    asked = tuple(endpoints)
    if not asked:
        return []
    with ThreadPoolExecutor(max_workers=len(asked)) as pool:
        return list(
            pool.map(
                lambda one: _trial(_question(one, hostname, timeout), certificate, private_key),
                asked,
            )
        )


def _question(endpoint: Endpoint, hostname: str, timeout: float) -> Question:
    return Question(endpoint.address, endpoint.port, hostname, "/", timeout, sni=hostname)


def _trial(question: Question, certificate: str, private_key: str) -> Trial:
    endpoint = Endpoint(question.address, question.port)
    answer = Answer(UNREACHABLE, "")
    for version in reversed(VERSIONS):
        question = replace(question, version=version)
        try:
            with _in_memory(certificate, private_key) as client:
                answer = ask(replace(question, client=client))
        except ValueError:
            return Trial(endpoint, UNREACHABLE, "this Python's TLS cannot use the kind of key")
        if answer.verdict != LEFT_OUT:
            break
    verdict = answer.verdict
    if verdict == LEFT_OUT:
        return Trial(endpoint, UNREACHABLE, "neither TLS 1.2 nor TLS 1.3")
    if answer.from_cloudflare:
        return Trial(endpoint, UNCLEAR, "Cloudflare answered, not the origin")
    if verdict == UNCLEAR and answer.alert and answer.certificate_requested:
        # Such as decrypt_error, of a CA that has the name of the right one and another key.
        verdict = REFUSED
    if verdict == UNCLEAR and answer.status and _differs_without(question, answer):
        verdict = ACCEPTED
    return Trial(endpoint, verdict, f"alert {answer.alert}" if answer.alert else answer.reason)


def _differs_without(question: Question, answer: Answer) -> bool:
    """Whether the certificate made a difference, or the origin did not even ask for one.

    An application may answer 403 for a reason of its own, and a server that verifies may as well.
    """
    if answer.certificate_requested is False:
        return True
    without = ask(question)
    is_other = (without.status, without.body) != (answer.status, answer.body)
    return without.verdict != UNREACHABLE and is_other


@contextlib.contextmanager
def _in_memory(certificate: str, private_key: str) -> Iterator[ClientCertificate]:
    """Paths that can be read once. Python's `ssl` takes paths only, and a file may be left."""
    ends: list[int] = []
    try:
        for text in (certificate, private_key):
            ends.append(_pipe(text))
        yield ClientCertificate(*(f"/dev/fd/{end}" for end in ends))
    finally:
        for end in ends:
            os.close(end)


def _pipe(text: str) -> int:
    """The reading end of a pipe that holds the text; a pipe takes more than a key has."""
    reading, writing = os.pipe()
    try:
        os.set_blocking(writing, False)
        os.write(writing, text.encode())
    except OSError:
        os.close(reading)
        raise
    finally:
        os.close(writing)
    return reading
