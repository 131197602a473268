"""What a probe saw, for people and for pipelines."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .attempt import LEFT_OUT, Attempt
from .evidence import OTHERWISE
from .findings import OPEN, REFUSES_CLOUDFLARE, UNPROVEN, ProbeFinding, find
from .request import HANDSHAKE_VARIANTS

WIDTH = 80

# The verdict in all; only this one is a proof.
REFUSES_OTHERS = "refuses_others"
SUMMARY = {
    REFUSES_OTHERS: "The origin refuses everyone else.",
    OPEN: "The origin is open.",
    REFUSES_CLOUDFLARE: "The origin refuses Cloudflare too: visitors see errors.",
    UNPROVEN: "Nothing is proven: see what is missing above.",
}
# What no probe from one place asks, or none should.
NEVER_ASKED = (
    "PUT, PATCH and DELETE",
    "TLS 1.0 and 1.1",
    "other ports, addresses, hostnames and paths",
    "visitors from other places",
    "other pairs of these ways at once, or a second request in one connection",
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
    def covers(self) -> tuple[str, str]:
        """What was asked and what was not, so that the verdict says no more than that."""
        ways = [a for a in self.attempts if a.case in OTHERWISE]
        said = ["GET", *dict.fromkeys(a.request for a in ways)]
        read = {a.tls for a in ways if a.request not in HANDSHAKE_VARIANTS}
        ended = [a.tls for a in self.of("none") if a.tls not in read and a.verdict != LEFT_OUT]
        if ended:
            over = " and ".join(map(str, ended))
            said.append(f"and no other request over TLS {over}, where the handshake refuses")
        return f"Asked: {', '.join(said)}.", f"Not asked: {', '.join(NEVER_ASKED)}."

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
            "covers": list(self.covers),
            "attempts": [attempt.as_json() for attempt in self.attempts],
        }

    def table(self) -> str:
        """Plain text, at most 80 columns; `!` marks what did not come as it should."""
        rows = [_row("", "case", "TLS", "verdict", "how")]
        for case in dict.fromkeys(attempt.case for attempt in self.attempts):
            rows += self._rows(self.of(case))
        texts = [f"{finding.code}: {finding.message}" for finding in self.findings]
        texts += [*(self.covers if self.verdict == REFUSES_OTHERS else ()), SUMMARY[self.verdict]]
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
                " ".join(dict.fromkeys(attempt.tls or "none" for attempt in group)),
                verdict,
                reason,
            )
            for (title, verdict, reason), group in merged.items()
        ]


def _row(mark: str, title: str, tls: str, verdict: str, reason: str) -> str:
    """A row; a long reason goes on below, whole."""
    row = f"{mark:2}{title:35}{tls:8}{verdict:12}"
    lines = textwrap.wrap(reason, WIDTH - len(row), break_long_words=False, break_on_hyphens=False)
    return f"\n{' ' * len(row)}".join([row + "".join(lines[:1]), *lines[1:]]).rstrip()
