"""What a check of `preflight` says, and in which order."""

from __future__ import annotations

import json

from operations.checks.results import MOST_REASON, ok, problem, reason, warning, worst_first
from operations.text import Untrusted, text
from providers.api.errors import CloudflareError


def test_problems_come_first_and_each_grade_keeps_its_order() -> None:
    found = [ok("a", ("1",)), warning("b", ("2",)), problem("c", ("3",)), warning("d", ("4",))]
    assert [result.check for result in worst_first(found)] == ["c", "b", "d", "a"]


def test_machines_get_the_grade_and_printable_words() -> None:
    result = problem("token", text("refused: {why}", why=Untrusted("no\x1b[2J")))
    assert json.loads(json.dumps(result.as_json())) == {
        "grade": "problem",
        "check": "token",
        "text": "refused: no\\u001b[2J",
    }


def test_an_answer_of_cloudflare_is_bounded() -> None:
    assert len(reason(CloudflareError("x" * 10_000)).shown) == MOST_REASON
