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
class Finding:
    """`code` is stable, for pipelines; `means` is a verdict in all, or "warning"."""

    code: str
    means: str
    message: str


def find(attempts: Iterable[Attempt], pinned: bool) -> tuple[Finding, ...]:
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

    def beyond(self, cases: Iterable[str]) -> list[Attempt]:
        """Accepted where a visitor without a certificate is not."""
        open_versions = {a.tls for a in self.of(["none"], ACCEPTED)}
        return [a for a in self.of(cases, ACCEPTED) if a.tls not in open_versions]


def _over(attempts: list[Attempt]) -> str:
    return "TLS " + " and ".join(dict.fromkeys(a.tls for a in attempts if a.tls))


def _titles(attempts: list[Attempt]) -> str:
    return ", ".join(dict.fromkeys(a.title for a in attempts))


def _edge(seen: _Seen) -> Iterator[Finding]:
    if any(a.answer.edge for a in seen.attempts):
        yield Finding(
            "cloudflare_edge",
            UNREACHABLE,
            "Cloudflare answered, not the origin. Give the origin's own address.",
        )


def _without_certificate(seen: _Seen) -> Iterator[Finding]:
    accepted = seen.of(["none"], ACCEPTED)
    if not accepted:
        return
    versions = {a.tls for a in accepted}
    asked = {a.answer.asked for a in seen.attempts if a.case in PRESENTING and a.tls in versions}
    how = f"It answers without a certificate over {_over(accepted)}"
    if True in asked:
        yield Finding(
            "optional",
            OPEN,
            f"{how}, although it asks for one: the stage is still optional. Turn it on once"
            " the origin's log shows that Cloudflare's requests are verified.",
        )
    elif False in asked:
        yield Finding(
            "verifies_nothing",
            OPEN,
            f"{how} and never asks for one. Write it a configuration with"
            " `python -m operations origin`.",
        )
    else:
        yield Finding(
            "no_certificate_needed",
            OPEN,
            f"{how}: it verifies nothing, or its stage is still optional. A probe with any"
            " client certificate tells which.",
        )


def _wrong(seen: _Seen) -> Iterator[Finding]:
    if accepted := seen.beyond(WRONG):
        yield Finding(
            "accepts_wrong",
            OPEN,
            f"It wants a certificate but takes a wrong one ({_titles(accepted)}). Let the server"
            " verify against the CA, not only ask.",
        )


def _default_server(seen: _Seen) -> Iterator[Finding]:
    accepted = seen.beyond(ELSEWHERE)
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
    yield Finding(
        "default_server",
        means,
        f"Another server on the same port {what} without asking ({_titles(found)})."
        " Make the default server refuse.",
    )


def _plain_http(seen: _Seen) -> Iterator[Finding]:
    for attempt in seen.of(["plain_http"], ACCEPTED):
        yield Finding(
            "plain_http",
            OPEN,
            f"It answers {attempt.title} ({attempt.answer.reason}), where there is no"
            " certificate. Close the port, or redirect to https.",
        )


def _unproven(seen: _Seen) -> Iterator[Finding]:
    unanswered = [a for a in seen.attempts if a.verdict == UNREACHABLE and a.case != "plain_http"]
    if unanswered:
        first = unanswered[0].answer.reason
        hint = (
            " Give the CA of the origin's own certificate, or take any."
            if first.startswith("its certificate")
            else " Check address, port and firewall."
        )
        yield Finding(
            "unreachable",
            UNREACHABLE,
            f"{len(unanswered)} attempts were not answered ({first}).{hint}",
        )
    elif not seen.of(["none"], ACCEPTED) and not seen.of(["none"], REFUSED):
        yield Finding("unreachable", UNREACHABLE, "It offers neither TLS 1.2 nor TLS 1.3.")


def _right(seen: _Seen) -> Iterator[Finding]:
    refused, accepted = seen.of(["right"], REFUSED), seen.of(["right"], ACCEPTED)
    verified = {a.tls for a in accepted}
    late = [
        a
        for a in seen.of(PRESENTING, REFUSED)
        if a.answer.asked is False and a.answer.shaken and a.tls not in verified
    ]
    if late:
        yield Finding(
            "asks_in_location",
            REFUSES_CLOUDFLARE,
            f"It refuses over {_over(late)} without having asked in the handshake. Apache does so"
            " with SSLVerifyClient inside <Location>: move it to the virtual host. Otherwise"
            " something else refuses, such as a list of addresses.",
        )
    elif refused:
        yield Finding(
            "refuses_right",
            REFUSES_CLOUDFLARE,
            f"It refuses the right certificate over {_over(refused)} ({refused[0].answer.reason})."
            " Check the bundle of CAs, the depth, the pins, and the path.",
        )
    elif not accepted:
        yield Finding(
            "right_not_shown",
            WARNING,
            "Nothing shows that it lets Cloudflare in: the right certificate was not given.",
        )


def _same_ca(seen: _Seen, pinned: bool) -> Iterator[Finding]:
    if not seen.beyond(["same_ca"]):
        return
    if pinned:
        yield Finding(
            "pin_fails",
            OPEN,
            "It takes another certificate of the same CA, although it should pin one.",
        )
    else:
        yield Finding(
            "any_of_the_ca",
            WARNING,
            "It takes every certificate of the CA, also a replaced one. Pin the certificate, use"
            " a revocation list, or keep the CA for this purpose only.",
        )
