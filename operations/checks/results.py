"""What a check of `preflight` says: how grave, about what, and in which words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from providers.api.errors import CloudflareError, line_of

from ..text import TRY_AGAIN, Text, Untrusted, plain

# A sentence with an answer of Cloudflare in it.
MOST_REASON = 600
Grade = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class CheckResult:
    """A `problem` stops `pulumi up`, or leaves a hostname without what was wanted."""

    grade: Grade
    check: str
    words: Text

    def as_json(self) -> dict[str, str]:
        """The result as machines read results."""
        return {"grade": self.grade, "check": self.check, "text": plain(self.words)}


def ok(check: str, words: Text) -> CheckResult:
    """A result that is as it should be."""
    return CheckResult("ok", check, words)


def warning(check: str, words: Text) -> CheckResult:
    """A result that is worth knowing, or could not be found out."""
    return CheckResult("warning", check, words)


def problem(check: str, words: Text) -> CheckResult:
    """A result that has to be solved before `pulumi up`."""
    return CheckResult("problem", check, words)


def worst_first(found: Sequence[CheckResult]) -> list[CheckResult]:
    """Problems, then warnings, then what is well."""
    order = ("problem", "warning", "ok")
    return sorted(found, key=lambda finding: order.index(finding.grade))


def reason(error: CloudflareError) -> Untrusted:
    """The line of an error, for the words of a result."""
    return Untrusted(line_of(error, TRY_AGAIN), MOST_REASON)
