"""The quota: nothing until the window ends, and who came nevertheless."""

from __future__ import annotations

from tests.sandbox.steps import BASE, refusal, result
from tests.sandbox_server import READ_ONLY_TOKEN, SandboxThread


def test_an_exceeded_quota_refuses_everything_until_the_window_ends(sandbox: SandboxThread) -> None:
    sandbox.limits(quota_requests=3, quota_window=60)
    left = [sandbox.call("GET", BASE).headers["ratelimit"] for _ in range(3)]
    assert left == ['"default";r=2;t=60', '"default";r=1;t=60', '"default";r=0;t=60']
    sandbox.advance(20)
    answer = sandbox.call("GET", BASE)
    assert refusal(answer) == (429, 971)
    assert answer.headers["retry-after"] == "40"
    assert answer.headers["ratelimit"] == '"default";r=0;t=40'
    assert answer.headers["ratelimit-policy"] == '"default";q=3;w=60'
    sandbox.advance(39)
    assert refusal(sandbox.call("GET", "/zones", token=READ_ONLY_TOKEN)) == (429, 971)
    sandbox.advance(1)
    for _ in range(3):
        result(sandbox.call("GET", BASE))
    assert refusal(sandbox.call("GET", BASE)) == (429, 971)
    violations = [entry["n"] for entry in sandbox.journal() if entry["violation"]]
    assert violations == [5]


def test_an_accounts_token_has_a_quota_of_its_own_and_others_hands_none(
    sandbox: SandboxThread,
) -> None:
    sandbox.add_token("account", "account-token-0123456789", owner="account")
    sandbox.limits(quota_requests=1)
    result(sandbox.call("GET", BASE))
    assert refusal(sandbox.call("GET", BASE)) == (429, 971)
    result(sandbox.call("GET", BASE, token="account-token-0123456789"))
    assert sandbox.outside("GET", BASE)


def test_coming_back_before_retry_after_is_a_violation(sandbox: SandboxThread) -> None:
    sandbox.fault("status", status=429, code=971, retry_after=10)
    assert sandbox.call("GET", BASE).headers["retry-after"] == "10"
    sandbox.advance(9)
    result(sandbox.call("GET", BASE))
    sandbox.advance(1)
    result(sandbox.call("GET", BASE))
    assert [entry["violation"] for entry in sandbox.journal()] == [False, True, False]


def test_without_quota_the_headers_promise_cloudflares(sandbox: SandboxThread) -> None:
    headers = sandbox.call("GET", BASE).headers
    assert headers["ratelimit"].startswith('"default";r=1200;')
    assert headers["ratelimit-policy"] == '"default";q=1200;w=300'
