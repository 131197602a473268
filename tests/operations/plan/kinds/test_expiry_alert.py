"""An alert in a plan: its steps, its drift, and that it is of no zone."""

from __future__ import annotations

from typing import Any

from operations.plan import preview
from operations.plan.drift import differences
from operations.plan.kinds import kind_named
from operations.text import plain
from tests.operations.plans import plan, report, step

INPUTS = {
    "account_id": "01a7362d577a6c3019a474fd6f485823",
    "level": "zone",
    "policy_name": "certificates",
    "emails": ["team@example.com"],
}


def order(*steps: Any) -> list[str]:
    return [plain(words) for words in report(*steps).order]


def test_the_order_says_who_is_told_of_which_certificates() -> None:
    assert order(step("create", "ExpiryAlert", "alert", None, INPUTS)) == [
        "alert: has Cloudflare tell team@example.com before zone certificates end, or adopts a"
        " policy of the same name"
    ]
    assert order(step("delete", "ExpiryAlert", "alert", INPUTS, None)) == [
        "alert: has Cloudflare no longer tell team@example.com before zone certificates end"
    ]


def test_an_alert_is_no_zone_and_no_danger() -> None:
    made = report(step("create", "ExpiryAlert", "alert", None, INPUTS))
    assert made.after == {}
    assert made.dangers == ()


def test_an_alert_that_takes_over_a_policy_of_others_is_a_danger() -> None:
    inputs = {**INPUTS, "overwrite": True}
    (danger,) = report(step("create", "ExpiryAlert", "alert", None, inputs)).dangers
    assert danger.name == "others"
    assert "policy of the same name that tells others is taken over" in plain(danger.words)


def test_what_was_changed_outside_is_told() -> None:
    live = {**INPUTS, "emails": ["boss@example.com"], "enabled": False}
    refresh = preview.read(plan(step("update", "ExpiryAlert", "alert", INPUTS, live)))
    back = preview.read(plan(step("update", "ExpiryAlert", "alert", live, INPUTS)))
    (found,) = differences(refresh, back, {})
    assert plain(found.what) == "expiry alert certificates"
    assert plain(found.state) == "certificates tells team@example.com"
    assert plain(found.live) == "certificates tells boss@example.com, switched off"
    assert plain(found.would) == "sets it back"


def test_an_alert_that_is_switched_off_warns_nobody() -> None:
    kind = kind_named("ExpiryAlert")
    assert kind.warned_level(INPUTS) == "zone"
    assert kind.warned_level({**INPUTS, "enabled": False}) is None
    assert kind_named("ZoneSetting").warned_level({"level": "zone"}) is None
