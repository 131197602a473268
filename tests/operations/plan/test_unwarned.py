"""Whose certificates nobody is told of: as a plan says, and as zones are."""

from __future__ import annotations

from typing import Any

import pytest

from operations.plan.presented import BindingFacts, CertificateFacts, ZoneFacts
from operations.plan.unwarned import find
from operations.render import markdown, report_page
from operations.text import plain
from tests.operations.plans import NEW, ZONE, bindings, certificate, report, step

LINE = (
    "example.com: no ExpiryAlert of this stack tells anybody before {} certificates end"
    " (docs/alerts.md)"
)


def alert(level: str, **more: Any) -> Any:
    inputs = {"account_id": "0" * 32, "level": level, "policy_name": level, "emails": ["a@b.c"]}
    return step("create", "ExpiryAlert", level, None, {**inputs, **more})


OWN = certificate("ZoneCertificate", None, NEW)
SHOWN = bindings(None, {"a.example.com": NEW})


def lines(*steps: Any, **more: Any) -> list[str]:
    return [plain(found.words) for found in report(*steps, **more).unwarned]


def test_each_level_without_an_alert_is_named_once() -> None:
    assert lines(OWN, SHOWN) == [LINE.format("zone and hostname")]
    assert lines(OWN, SHOWN, alert("zone")) == [LINE.format("hostname")]
    assert lines(OWN, SHOWN, alert("zone"), alert("hostname")) == []
    assert lines(OWN, alert("zone", enabled=False)) == [LINE.format("zone")]


def test_a_plan_that_does_not_list_everything_accuses_nobody() -> None:
    hidden = {"changeSummary": {"create": 1, "same": 3}}
    assert lines(OWN, **hidden) == []
    failed = {"diagnostics": [{"severity": "error", "message": "boom"}]}
    assert lines(OWN, **failed) == []


def test_the_report_says_so_at_its_end_and_is_no_more_dangerous_for_it() -> None:
    made = report(OWN)
    assert made.dangers == ()
    told = "`example.com`: no ExpiryAlert of this stack tells anybody before zone certificates end"
    assert told in markdown.render(made)
    assert "no ExpiryAlert of this stack" in report_page.render(made)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        (ZoneFacts(ZONE, "z"), []),
        (ZoneFacts(ZONE, "z", own="off", certificates=[CertificateFacts(NEW)]), []),
        (ZoneFacts(ZONE, "z", own="on", certificates=[CertificateFacts(NEW)]), ["zone"]),
        (ZoneFacts(ZONE, "z", hostnames={"a": BindingFacts(CertificateFacts(NEW))}), ["hostname"]),
        (ZoneFacts(ZONE, "z", hostnames={"a": BindingFacts(CertificateFacts(NEW), False)}), []),
    ],
    ids=["nothing", "switched off", "zone", "hostname", "hostname off"],
)
def test_only_what_is_presented_counts(zone: ZoneFacts, expected: list[str]) -> None:
    assert [level for found in find([(zone, set())]) for level in found.levels] == expected


def test_what_may_not_be_read_is_not_said_to_be_so() -> None:
    zone = ZoneFacts(ZONE, "z", own="on", certificates=[CertificateFacts(NEW)])
    (found,) = find([(zone, None)])
    assert plain(found.words) == (
        "z: whether Cloudflare tells anybody before zone certificates end is not known: its"
        " policies cannot be read (Account > Notifications: Read) (docs/alerts.md)"
    )
