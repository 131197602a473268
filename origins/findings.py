"""What the answers of an origin mean, each in a sentence with the next step. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .attempt import ACCEPTED, REFUSED, UNREACHABLE, Attempt

# What a finding means for the verdict in all; a warning changes nothing.
OPEN = "open"
REFUSES_CLOUDFLARE = "refuses_cloudflare"
WARNING = "warning"

WRONG = ("other_ca", "expired", "server_auth")
PRESENTING = ("right", "same_ca", *WRONG)
ELSEWHERE = ("no_sni", "other_sni", "other_host", "ip_host")


@dataclass(frozen=True)
class ProbeFinding:
    """`code` is stable, for pipelines; `means` is a verdict in all, or "warning"."""

    code: str
    means: str
    message: str


def find(attempts: Iterable[Attempt], pinned: bool) -> tuple[ProbeFinding, ...]:
    """All findings, the worst first. `pinned`: another leaf of the same CA must be refused."""
    seen = _Seen(tuple(attempts))
    found = [
        *_edge(seen),
        *_without_certificate(seen),
        *_wrong(seen),
        *_default_server(seen),
        *_plain_http(seen),
        *_unproven(seen),
        *_right(seen),
        *_same_ca(seen, pinned),
    ]
    return tuple(sorted(found, key=lambda finding: finding.means == WARNING))


@dataclass(frozen=True)
class _Seen:
    attempts: tuple[Attempt, ...]

    def of(self, cases: Iterable[str], verdict: str) -> list[Attempt]:
        return [a for a in self.attempts if a.case in cases and a.verdict == verdict]

    def accepted_only_with(self, cases: Iterable[str]) -> list[Attempt]:
        """Accepted where a visitor without a certificate is not."""
        open_versions = {a.tls for a in self.of(["none"], ACCEPTED)}
        return [a for a in self.of(cases, ACCEPTED) if a.tls not in open_versions]


def _over(attempts: list[Attempt]) -> str:
    return "TLS " + " and ".join(dict.fromkeys(a.tls for a in attempts if a.tls))


def _titles(attempts: list[Attempt]) -> str:
    return ", ".join(dict.fromkeys(a.title for a in attempts))


def _edge(seen: _Seen) -> Iterator[ProbeFinding]:
    if any(a.answer.from_cloudflare for a in seen.attempts):
        yield ProbeFinding(
            "cloudflare_edge",
            UNREACHABLE,
            "Cloudflare answered, not the origin. Give the origin's own address.",
        )


def _without_certificate(seen: _Seen) -> Iterator[ProbeFinding]:
    accepted = seen.of(["none"], ACCEPTED)
    if not accepted:
        return
    versions = {a.tls for a in accepted}
    asked = {
        a.answer.certificate_requested
        for a in seen.attempts
        if a.case in PRESENTING and a.tls in versions
    }
    how = f"It answers without a certificate over {_over(accepted)}"
    if True in asked:
        yield ProbeFinding(
            "optional",
            OPEN,
            f"{how}, although it asks for one: the stage is still optional. Turn it on once"
            " the origin's log shows that Cloudflare's requests are verified.",
        )
    elif False in asked:
        yield ProbeFinding(
            "verifies_nothing",
            OPEN,
            f"{how} and never asks for one. Write it a configuration with"
            " `python -m operations origin`.",
        )
    else:
        yield ProbeFinding(
            "no_certificate_needed",
            OPEN,
            f"{how}: it verifies nothing, or its stage is still optional. A probe with any"
            " client certificate tells which.",
        )


def _wrong(seen: _Seen) -> Iterator[ProbeFinding]:
    if accepted := seen.accepted_only_with(WRONG):
        yield ProbeFinding(
            "accepts_wrong",
            OPEN,
            f"It wants a certificate but takes a wrong one ({_titles(accepted)}). Let the server"
            " verify against the CA, not only ask.",
        )


def _default_server(seen: _Seen) -> Iterator[ProbeFinding]:
    accepted = seen.accepted_only_with(ELSEWHERE)
    if not accepted:
        return
    served = {a.answer.body for a in seen.of(["right"], ACCEPTED)}
    # An application that answers twice with the same can be compared.
    comparable = len(served) == 1
    same = [a for a in accepted if a.answer.body in served]
    found = same or accepted
    if same:
        what, means = "serves the application", OPEN
    elif comparable:
        what, means = "serves something else than the application", WARNING
    else:
        what, means = "serves something, perhaps the application,", OPEN
    yield ProbeFinding(
        "default_server",
        means,
        f"Another server on the same port {what} without asking ({_titles(found)})."
        " Make the default server refuse.",
    )


def _plain_http(seen: _Seen) -> Iterator[ProbeFinding]:
    for attempt in seen.of(["plain_http"], ACCEPTED):
        yield ProbeFinding(
            "plain_http",
            OPEN,
            f"It answers {attempt.title} ({attempt.answer.reason}), where there is no"
            " certificate. Close the port, or redirect to https.",
        )


def _unproven(seen: _Seen) -> Iterator[ProbeFinding]:
    unanswered = [a for a in seen.attempts if a.verdict == UNREACHABLE and a.case != "plain_http"]
    if unanswered:
        first = unanswered[0].answer.reason
        hint = (
            " Give the CA of the origin's own certificate, or take any."
            if first.startswith("its certificate")
            else " Check address, port and firewall."
        )
        yield ProbeFinding(
            "unreachable",
            UNREACHABLE,
            f"{len(unanswered)} attempts were not answered ({first}).{hint}",
        )
    elif not seen.of(["none"], ACCEPTED) and not seen.of(["none"], REFUSED):
        yield ProbeFinding("unreachable", UNREACHABLE, "It offers neither TLS 1.2 nor TLS 1.3.")


def _right(seen: _Seen) -> Iterator[ProbeFinding]:
    refused, accepted = seen.of(["right"], REFUSED), seen.of(["right"], ACCEPTED)
    verified = {a.tls for a in accepted}
    late = [
        a
        for a in seen.of(PRESENTING, REFUSED)
        if a.answer.certificate_requested is False
        and a.answer.handshake_completed
        and a.tls not in verified
    ]
    if late:
        yield ProbeFinding(
            "asks_in_location",
            REFUSES_CLOUDFLARE,
            f"It refuses over {_over(late)} without having asked in the handshake. Apache does so"
            " with SSLVerifyClient inside <Location>: move it to the virtual host. Otherwise"
            " something else refuses, such as a list of addresses.",
        )
    elif refused:
        yield ProbeFinding(
            "refuses_right",
            REFUSES_CLOUDFLARE,
            f"It refuses the right certificate over {_over(refused)} ({refused[0].answer.reason})."
            " Check the bundle of CAs, the depth, the pins, and the path.",
        )
    elif not accepted:
        yield ProbeFinding(
            "right_not_shown",
            WARNING,
            "Nothing shows that it lets Cloudflare in: the right certificate was not given.",
        )


def _same_ca(seen: _Seen, pinned: bool) -> Iterator[ProbeFinding]:
    if not seen.accepted_only_with(["same_ca"]):
        return
    if pinned:
        yield ProbeFinding(
            "pin_fails",
            OPEN,
            "It takes another certificate of the same CA, although it should pin one.",
        )
    else:
        yield ProbeFinding(
            "any_of_the_ca",
            WARNING,
            "It takes every certificate of the CA, also a replaced one. Pin the certificate, use"
            " a revocation list, or keep the CA for this purpose only.",
        )
