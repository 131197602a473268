"""What the answers of an origin mean, each in a sentence with the next step. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .attempt import ACCEPTED, LEFT_OUT, REFUSED, UNCLEAR, UNREACHABLE, Attempt
from .connection import VERSIONS
from .evidence import OTHER_SESSION, OWN_SESSION, RIGHT, UNNAMED, WRONG, is_served
from .variants import METHODS, PAIRS, PATHS, PROTOCOLS, VISITORS

# What a finding means for the verdict in all; a warning changes nothing.
OPEN = "open"
REFUSES_CLOUDFLARE = "refuses_cloudflare"
UNPROVEN = "unproven"
WARNING = "warning"

PRESENTING = (*RIGHT, "same_ca", *WRONG)
OF_THE_CA = ("same_ca", "expired", "server_auth")


@dataclass(frozen=True)
class ProbeFinding:
    """`code` is stable, for pipelines; `means` is a verdict in all, or "warning"."""

    code: str
    means: str
    message: str


def find(
    attempts: Iterable[Attempt], pinned: bool, is_right_made: bool = False
) -> tuple[ProbeFinding, ...]:
    """All findings, the worst first; without one that means something all is proven.

    :param pinned: another leaf of the same CA must be refused.
    :param is_right_made: the right certificate is not the one that Cloudflare presents.
    """
    seen = _Seen(tuple(attempts))
    edge = list(_edge(seen))
    if edge and all(a.answer.from_cloudflare for a in seen.attempts if a.answer.status):
        return tuple(edge)
    found = [
        *edge,
        *_without_certificate(seen),
        *_wrong(seen),
        *_some_requests(seen),
        *_other_path(seen),
        *_sessions(seen),
        *_default_server(seen),
        *_plain_http(seen),
        *_http3(seen),
        *_right(seen, is_right_made),
        *_unanswered(seen),
        *_unclear(seen),
        *_same_ca(seen, pinned),
        *_not_asked(seen, pinned),
    ]
    order = (OPEN, REFUSES_CLOUDFLARE, UNPROVEN, WARNING)
    return tuple(sorted(found, key=lambda finding: order.index(finding.means)))


@dataclass(frozen=True)
class _Seen:
    attempts: tuple[Attempt, ...]

    def of(self, cases: Iterable[str], verdict: str) -> list[Attempt]:
        return [a for a in self.attempts if a.case in cases and a.verdict == verdict]

    def accepted_only_with(self, cases: Iterable[str]) -> list[Attempt]:
        """Accepted where a visitor without a certificate is not."""
        open_versions = {a.tls for a in self.of(["none"], ACCEPTED)}
        return [a for a in self.of(cases, ACCEPTED) if a.tls not in open_versions]

    def accepted_otherwise(self, *groups: str) -> list[tuple[str, list[Attempt]]]:
        """The same for the ways to ask of these groups, by what the visitor has."""
        found = (
            ("Without a certificate", self.accepted_only_with(groups)),
            ("With a wrong certificate", self.accepted_only_with([f"wrong_{g}" for g in groups])),
        )
        return [(who, attempts) for who, attempts in found if attempts]


def _over(attempts: list[Attempt]) -> str:
    return "TLS " + " and ".join(dict.fromkeys(a.tls for a in attempts if a.tls))


def _titles(attempts: list[Attempt]) -> str:
    """What was asked, with the ways in which it was: a title is one of several ways."""
    found: dict[str, dict[str, None]] = {}
    for attempt in attempts:
        found.setdefault(attempt.title, {})[attempt.request] = None
    return "; ".join(
        title + (f": {', '.join(ways)}" if any(ways) else "") for title, ways in found.items()
    )


def _answers(attempts: list[Attempt]) -> str:
    return "; ".join(dict.fromkeys(f"{a.request}: {a.answer.reason}" for a in attempts))


def _edge(seen: _Seen) -> Iterator[ProbeFinding]:
    if any(a.answer.from_cloudflare for a in seen.attempts):
        yield ProbeFinding(
            "cloudflare_edge",
            UNPROVEN,
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


def _some_requests(seen: _Seen) -> Iterator[ProbeFinding]:
    for who, accepted in seen.accepted_otherwise(METHODS, VISITORS, PROTOCOLS, PAIRS):
        yield ProbeFinding(
            "some_requests",
            OPEN,
            f"{who} it answers some requests ({_answers(accepted)}). Let the whole host refuse,"
            " whoever asks, and how.",
        )


def _other_path(seen: _Seen) -> Iterator[ProbeFinding]:
    for who, accepted in seen.accepted_otherwise(PATHS):
        yield ProbeFinding(
            "only_this_path",
            OPEN,
            f"{who} it answers another path ({_answers(accepted)}). Let the whole host refuse,"
            " not one location of it.",
        )


def _sessions(seen: _Seen) -> Iterator[ProbeFinding]:
    if accepted := seen.accepted_only_with([OWN_SESSION]):
        yield ProbeFinding(
            "resumed_wrong",
            OPEN,
            f"It takes a wrong certificate over {_over(accepted)} in a session that was resumed"
            f" ({', '.join(dict.fromkeys(a.request for a in accepted))}). Let it refuse every"
            " resumed session, or verify in the handshake.",
        )
    if accepted := seen.accepted_only_with([OTHER_SESSION]):
        yield ProbeFinding(
            "other_session",
            OPEN,
            f"It answers without a certificate over {_over(accepted)} in a session that it gave"
            " under another name. Turn session tickets and caches off, or update the server.",
        )


def _default_server(seen: _Seen) -> Iterator[ProbeFinding]:
    accepted = seen.accepted_only_with(UNNAMED)
    if not accepted:
        return
    served = {a.answer.body for a in seen.of(RIGHT, ACCEPTED)}
    # An application that answers again with the same can be compared.
    comparable = len(served) == 1
    same = [a for a in accepted if a.answer.body in served]
    found = same or accepted
    if same:
        what, means = "serves the application", OPEN
    elif comparable:
        what, means = "serves a page, perhaps of the application,", UNPROVEN
    else:
        what, means = "serves something, perhaps the application,", OPEN
    yield ProbeFinding(
        "default_server",
        means,
        f"Another server on the same port {what} without asking ({_titles(found)})."
        " Make the default server refuse.",
    )


def _plain_http(seen: _Seen) -> Iterator[ProbeFinding]:
    for attempt in seen.of(["plain_http"], ACCEPTED)[:1]:
        yield ProbeFinding(
            "plain_http",
            OPEN,
            f"It answers {attempt.title} ({attempt.answer.reason}), where there is no"
            " certificate. Close the port, or redirect to https.",
        )


def _http3(seen: _Seen) -> Iterator[ProbeFinding]:
    if seen.of(["http3"], UNCLEAR):
        yield ProbeFinding(
            "http3",
            UNPROVEN,
            "It answers over UDP, so it may serve HTTP/3, which is not asked. Cloudflare comes by"
            " TCP alone: turn HTTP/3 off, or close the UDP port.",
        )


def _unanswered(seen: _Seen) -> Iterator[ProbeFinding]:
    unanswered = [a for a in seen.attempts if a.verdict == UNREACHABLE]
    for reason in dict.fromkeys(a.answer.reason for a in unanswered):
        count = sum(a.answer.reason == reason for a in unanswered)
        hint = (
            " Give the CA of the origin's own certificate with --server-ca, or take any with"
            " --any-server."
            if reason.startswith("its certificate")
            else " Check --address, its port, --timeout and the firewall."
        )
        yield ProbeFinding(
            "unreachable", UNPROVEN, f"{count} attempts were not answered ({reason}).{hint}"
        )
    usual = [a for a in seen.attempts if a.case == "none" and a.tls in VERSIONS]
    if not unanswered and all(a.verdict == LEFT_OUT for a in usual):
        yield ProbeFinding("unreachable", UNPROVEN, "It offers neither TLS 1.2 nor TLS 1.3.")


def _unclear(seen: _Seen) -> Iterator[ProbeFinding]:
    if not seen.of(RIGHT, ACCEPTED):
        return  # without the right one every refusal is unclear, and that is said
    unclear = [a for a in seen.attempts if a.verdict == UNCLEAR and a.case not in (*RIGHT, "http3")]
    for reason in dict.fromkeys(a.answer.reason for a in unclear):
        found = [a for a in unclear if a.answer.reason == reason]
        yield ProbeFinding(
            "unclear",
            UNPROVEN,
            f"Nothing shows that it refuses for want of the right certificate ({reason}:"
            f" {_titles(found)}).",
        )


def _right(seen: _Seen, is_made: bool) -> Iterator[ProbeFinding]:
    accepted = [a for a in seen.of(RIGHT, ACCEPTED) if is_served(a.answer)]
    yield from _asked_late(seen, {a.tls for a in accepted})
    if refused := seen.of(RIGHT, REFUSED):
        whose = (
            ", made for this run. Where it pins, give --certificate and --key." if is_made else "."
        )
        yield ProbeFinding(
            "refuses_right",
            UNPROVEN if is_made else REFUSES_CLOUDFLARE,
            f"It refuses the right certificate over {_over(refused)}"
            f" ({refused[0].answer.reason}){whose}"
            " Check the bundle of CAs, the depth, the pins, and the path.",
        )
    elif all(a.verdict == LEFT_OUT for a in seen.attempts if a.case in RIGHT):
        yield ProbeFinding(
            "right_not_shown",
            UNPROVEN,
            "Nothing shows that it lets Cloudflare in: the right certificate was not given. Give"
            " --certificate and --key, or the CA with --issuer.",
        )
    else:
        yield from _right_unclear(seen, accepted)


def _asked_late(seen: _Seen, verified: set[str | None]) -> Iterator[ProbeFinding]:
    late = [
        a
        for verdict in (REFUSED, UNCLEAR)
        for a in seen.of(PRESENTING, verdict)
        if a.answer.certificate_requested is False
        and a.answer.handshake_completed
        and a.tls not in verified
    ]
    if late:
        yield ProbeFinding(
            "asks_in_location",
            REFUSES_CLOUDFLARE if verified else UNPROVEN,
            f"It refuses over {_over(late)} without having asked for a certificate. Apache does so"
            " with SSLVerifyClient inside <Location>: move it to the virtual host. Otherwise"
            " something else refuses, such as the application or a list of addresses.",
        )


def _right_unclear(seen: _Seen, accepted: list[Attempt]) -> Iterator[ProbeFinding]:
    unasked = [a for a in seen.accepted_only_with(RIGHT) if not a.answer.certificate_requested]
    if unasked:
        yield ProbeFinding(
            "right_not_asked_for",
            UNPROVEN,
            f"It answers the right certificate over {_over(unasked)} without having asked for it.",
        )
    unclear = [
        a
        for a in seen.attempts
        if a.case in RIGHT and a not in accepted and a.verdict in (ACCEPTED, UNCLEAR)
    ]
    for reason in dict.fromkeys(a.answer.reason for a in unclear):
        found = [a for a in unclear if a.answer.reason == reason]
        hint = (
            "Check the hostname, and which TLS and HTTP/1.1 the origin offers."
            if found[0].answer.alert
            else "Give a --path that the application answers to Cloudflare."
        )
        yield ProbeFinding(
            "right_unclear",
            UNPROVEN,
            f"The right certificate is not shown to pass over {_over(found)} ({reason}). {hint}",
        )


def _not_asked(seen: _Seen, pinned: bool) -> Iterator[ProbeFinding]:
    """What nobody had to show, where the right certificate was at hand."""
    if not seen.of(RIGHT, ACCEPTED):
        return
    missing = [a for a in seen.of((*PRESENTING,), LEFT_OUT) if a.answer.alert is None]
    other = [a for a in missing if a.case not in OF_THE_CA]
    of_the_ca = [a for a in missing if a.case in OF_THE_CA]
    if other:
        yield ProbeFinding("not_asked", UNPROVEN, f"Not asked: {_titles(other)}.")
    if of_the_ca:
        yield ProbeFinding(
            "not_asked",
            UNPROVEN if pinned else WARNING,
            f"Not asked: {_titles(of_the_ca)}. Only the CA's key makes them: --ca-certificate with"
            " --ca-key, or --issuer.",
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
