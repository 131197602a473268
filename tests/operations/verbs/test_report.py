"""`operations report` as a gate: what a label accepts is one plan's risk, not the next one's."""

from __future__ import annotations

import re

from tests.operations.plans import NEW, OLD, bindings, plan
from tests.operations.test_command import report

A, B = "a.example.com", "b.example.com"
LOSS = plan(bindings({A: OLD, B: OLD}, {A: None, B: OLD}))
GATE = ("--fail-on", "loss")


def label_of(text: str) -> str:
    """The label that the closed gate names."""
    done = report(text, *GATE)
    assert done.exit_code == 1
    named = set(re.findall(r"danger-accepted:[0-9a-f]{12}", done.output + done.stderr))
    assert len(named) == 1
    return str(named.pop())


def test_the_label_that_a_closed_gate_names_opens_it() -> None:
    done = report(LOSS, *GATE, "--labels", f"bug,{label_of(LOSS)},wip")
    assert done.exit_code == 0
    assert "The gate is open" in done.output
    assert "DANGER" in done.output, "accepted is not harmless"


def test_the_next_push_asks_again_when_more_is_lost() -> None:
    worse = plan(bindings({A: OLD, B: OLD}, {A: None, B: None}))
    done = report(worse, *GATE, "--labels", label_of(LOSS))
    assert done.exit_code == 1
    assert label_of(worse) != label_of(LOSS)


def test_the_next_push_asks_again_when_another_hostname_changes_too() -> None:
    other = plan(bindings({A: OLD, B: OLD}, {A: None, B: NEW}))
    assert report(other, *GATE, "--labels", label_of(LOSS)).exit_code == 1


def test_the_same_risk_asks_only_once() -> None:
    assert label_of(LOSS) == label_of(plan(bindings({A: OLD, B: OLD}, {A: None, B: OLD})))


def test_a_label_without_a_digest_opens_nothing() -> None:
    for labels in ("danger-accepted", "danger-accepted:", f"{label_of(LOSS)}0"):
        assert report(LOSS, *GATE, "--labels", labels).exit_code == 1


def test_a_preview_that_failed_names_no_label() -> None:
    said = [{"severity": "error", "urn": "", "message": "no"}]
    failed = plan(bindings({A: OLD}, {A: None}), diagnostics=said)
    done = report(failed, *GATE)
    assert done.exit_code == 1
    assert "danger-accepted" not in done.output + done.stderr
    assert "cannot be accepted" in done.output


def test_without_gates_the_report_says_nothing_of_them() -> None:
    assert "gate" not in report(LOSS).output
