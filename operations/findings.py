"""What was looked at, and how it is: for `preflight`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .text import Words, plain

Grade = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Finding:
    """A `problem` stops `pulumi up`, or leaves a hostname without what was wanted."""

    grade: Grade
    check: str
    words: Words

    def as_json(self) -> dict[str, str]:
        """For machines."""
        return {"grade": self.grade, "check": self.check, "text": plain(self.words)}


def ok(check: str, words: Words) -> Finding:
    """As it should be."""
    return Finding("ok", check, words)


def warning(check: str, words: Words) -> Finding:
    """Worth knowing, or not to be found out."""
    return Finding("warning", check, words)


def problem(check: str, words: Words) -> Finding:
    """To be solved before `pulumi up`."""
    return Finding("problem", check, words)


def worst_first(found: Sequence[Finding]) -> list[Finding]:
    """Problems, then warnings, then what is well."""
    order = ("problem", "warning", "ok")
    return sorted(found, key=lambda finding: order.index(finding.grade))
