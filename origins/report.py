"""What a probe saw, for people and for pipelines."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .attempt import LEFT_OUT, Attempt
from .findings import OPEN, REFUSES_CLOUDFLARE, UNPROVEN, ProbeFinding, find

WIDTH = 80

# The verdict in all; only this one is a proof.
REFUSES_OTHERS = "refuses_others"
SUMMARY = {
    REFUSES_OTHERS: "The origin refuses everyone else.",
    OPEN: "The origin is open.",
    REFUSES_CLOUDFLARE: "The origin refuses Cloudflare too: visitors see errors.",
    UNPROVEN: "Nothing is proven: see what is missing above.",
}
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
            "attempts": [attempt.as_json() for attempt in self.attempts],
        }

    def table(self) -> str:
        """Plain text, at most 80 columns; `!` marks what did not come as it should."""
        rows = [_row("", "case", "TLS", "verdict", "how")]
        for case in dict.fromkeys(attempt.case for attempt in self.attempts):
            rows += self._rows(self.of(case))
        texts = [f"{finding.code}: {finding.message}" for finding in self.findings]
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
            outcome = (attempt.title, attempt.verdict, attempt.answer.reason)
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
