"""A token that is gone, and a Cloudflare that is not there, are told once and by their cause."""

from __future__ import annotations

import pytest

from tests.conftest import Moments
from tests.operations.conftest import Stack


def found(stack: Stack) -> list[tuple[str, str, str]]:
    rows = stack.json("preflight", "--no-state", code=1)["results"]
    return [(row["grade"], row["check"], row["text"]) for row in rows if row["grade"] != "ok"]


def test_a_token_that_is_gone_is_told_once_and_leads_to_no_other_trail(stack: Stack) -> None:
    gone = "token-that-was-deleted-0123456789abcdefghijk"
    stack.environ["CLOUDFLARE_API_TOKEN"] = gone
    rows = found(stack)
    assert [row[:2] for row in rows] == [("problem", "token"), ("warning", "zone")]
    assert "it was revoked, deleted or rolled" in rows[0][2]
    assert rows[1][2] == "example.com: not looked at, for want of a token"
    assert "permission" not in str(rows)


def test_a_cloudflare_that_cannot_be_reached_is_told_with_its_place_and_cause(
    stack: Stack, moments: Moments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.plugin.session.Clock", lambda: moments.clock)
    stack.environ["CLOUDFLARE_BASE_URL"] = "http://127.0.0.1:9/client/v4"
    told = [row[1:] for row in found(stack) if row[0] == "problem"]
    assert told == [
        ("token", "Cloudflare cannot be reached: 127.0.0.1:9: connection refused. Try again.")
    ]
