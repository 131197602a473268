"""What a probe saw, for people and for pipelines."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .attempt import CANNOT_ASK, LEFT_OUT, NO_HANDSHAKE, Attempt
from .evidence import OTHERWISE, RIGHT, WRONG, is_read, is_refused
from .findings import OPEN, REFUSES_CLOUDFLARE, UNPROVEN, ProbeFinding, find
from .variants import PAIRS

WIDTH = 80

# The verdict in all; only this one is a proof.
REFUSES_OTHERS = "refuses_others"
SUMMARY = {
    REFUSES_OTHERS: "The origin refuses everyone else, as far as was asked.",
    OPEN: "The origin is open.",
    REFUSES_CLOUDFLARE: "The origin refuses Cloudflare too: visitors see errors.",
    UNPROVEN: "Nothing is proven: see what is missing above.",
}
IN_HANDSHAKE = (
    "strangers are refused under this name in the handshake, before a request is read: what a"
    " request says makes no difference there."
)
# What no probe from one place, in one minute, asks, or none should.
NEVER_ASKED = (
    "other ports, addresses and hostnames",
    "visitors from other places or at other hours",
    "another server to which a balancer leads others",
    "HTTP/3 where a firewall drops UDP",
)
NEVER_IN_REQUESTS = (
    "other paths, headers, cookies and bodies",
    "three ways at once, two with a wrong certificate, or a third request in a connection",
)
WORST_FIRST = (OPEN, REFUSES_CLOUDFLARE, UNPROVEN)


def worst(verdicts: Iterable[str]) -> str:
    """The verdict in all: one open address makes an origin open."""
    found = set(verdicts)
    return next((verdict for verdict in WORST_FIRST if verdict in found), REFUSES_OTHERS)


@dataclass(frozen=True)
class ProbeReport:
    """All attempts on one address; `is_right_made`: Cloudflare presents another certificate."""

    hostname: str
    address: str
    port: int
    pinned: bool
    attempts: tuple[Attempt, ...]
    is_right_made: bool = False

    @cached_property
    def findings(self) -> tuple[ProbeFinding, ...]:
        return find(self.attempts, self.pinned, self.is_right_made)

    @cached_property
    def verdict(self) -> str:
        """`refuses_others`, `open`, `refuses_cloudflare` or `unproven`."""
        return worst(finding.means for finding in self.findings)

    @cached_property
    def refuses_in_handshake(self) -> tuple[str, ...]:
        """The versions of TLS in which every stranger was refused before a request was read."""
        read = {a.tls for a in self._strangers if is_read(a) or not is_refused(a)}
        return tuple(version for version in self._spoken if version not in read)

    @cached_property
    def covers(self) -> tuple[str, str]:
        """What was asked and what was not, so that the verdict says no more than that."""
        ways = [a for a in self.attempts if a.case in OTHERWISE]
        asked = ["GET", *dict.fromkeys(a.request for a in ways if a.case != PAIRS)]
        if any(a.case == PAIRS for a in ways):
            asked.append("and any two of these at once without a certificate")
        # Also of another server on the port, which may answer other names.
        strangers = [a for a in self.attempts if a.tls and a.case not in (*RIGHT, "same_ca")]
        is_any_read = any(a.answer.status for a in strangers)
        never = (*NEVER_ASKED, *(NEVER_IN_REQUESTS if is_any_read else ()))
        none = {a.tls for a in self.of("none") if a.answer.reason != CANNOT_ASK.reason}
        if missing := [version for version in ("1.0", "1.1") if version not in none]:
            never = (*never, f"TLS {_listed(missing)}, in which this machine's TLS cannot ask")
        over = f"TLS {_listed(self._spoken)}" if self._spoken else "no TLS"
        return f"Asked: {', '.join(asked)}; over {over}.", f"Not asked: {'; '.join(never)}."

    @cached_property
    def _strangers(self) -> list[Attempt]:
        """As usual, without a certificate or with a wrong one, where the version is spoken."""
        return [
            a
            for a in self.of("none", *WRONG)
            if a.verdict != LEFT_OUT and a.answer.reason != NO_HANDSHAKE.reason
        ]

    @cached_property
    def _spoken(self) -> tuple[str, ...]:
        return tuple(sorted({a.tls for a in self._strangers if a.tls}))

    def of(self, *cases: str) -> list[Attempt]:
        return [attempt for attempt in self.attempts if attempt.case in cases]

    def as_json(self) -> dict[str, Any]:
        """Only strings, numbers, booleans, None, lists and dicts; keys are stable."""
        return {
            "hostname": self.hostname,
            "address": self.address,
            "port": self.port,
            "verdict": self.verdict,
            "findings": [
                {"code": f.code, "means": f.means, "message": f.message} for f in self.findings
            ],
            "refuses_in_handshake": list(self.refuses_in_handshake),
            "covers": list(self.covers),
            "attempts": [attempt.as_json() for attempt in self.attempts],
        }

    def table(self) -> str:
        """Plain text, at most 80 columns; `!` marks what did not come as it should."""
        rows = [_row("", "case", "TLS", "verdict", "how")]
        for case in dict.fromkeys(attempt.case for attempt in self.attempts):
            rows += self._rows(self.of(case))
        texts = [f"{finding.code}: {finding.message}" for finding in self.findings]
        if self.verdict == REFUSES_OTHERS:
            early = self.refuses_in_handshake
            texts += [f"Over TLS {_listed(early)} {IN_HANDSHAKE}"] if early else []
            texts += self.covers
        texts.append(SUMMARY[self.verdict])
        wrapped = [
            textwrap.fill(text, WIDTH, subsequent_indent="    ", break_on_hyphens=False)
            for text in texts
        ]
        where = f"{self.hostname} at {self.address} port {self.port}"
        return "\n".join([where, "", *rows, "", *wrapped]) + "\n"

    def _rows(self, attempts: list[Attempt]) -> list[str]:
        """Versions of TLS with the same outcome share a row."""
        merged: dict[tuple[str, str, str], list[Attempt]] = {}
        for attempt in attempts:
            is_as_wanted = attempt.verdict in (attempt.wanted, LEFT_OUT)
            way = f"{attempt.request}: " if attempt.request and not is_as_wanted else ""
            outcome = (attempt.title, attempt.verdict, way + attempt.answer.reason)
            merged.setdefault(outcome, []).append(attempt)
        return [
            _row(
                "!" if verdict not in (group[0].wanted, LEFT_OUT) else "",
                title,
                _range(attempt.tls or "none" for attempt in group),
                verdict,
                reason,
            )
            for (title, verdict, reason), group in merged.items()
        ]


def _listed(versions: Sequence[str | None]) -> str:
    *first, last = map(str, versions)
    return f"{', '.join(first)} and {last}" if first else last


def _range(versions: Iterable[str]) -> str:
    """Two names, or the first and the last of more."""
    names = sorted(set(versions))
    return " ".join(names) if len(names) < 3 else f"{names[0]}-{names[-1]}"


def _row(mark: str, title: str, tls: str, verdict: str, reason: str) -> str:
    """A row; a long reason goes on below, whole."""
    row = f"{mark:2}{title:35}{tls:8}{verdict:12}"
    lines = textwrap.wrap(reason, WIDTH - len(row), break_long_words=False, break_on_hyphens=False)
    return f"\n{' ' * len(row)}".join([row + "".join(lines[:1]), *lines[1:]]).rstrip()
