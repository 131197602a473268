"""The headline of a report, and what it counts."""

from __future__ import annotations

import json

import pytest

from operations.plan.report import as_json
from tests.operations.hostile import HOSTILE, hostile
from tests.operations.plans import (
    FAR,
    NEAR,
    NEW,
    OLD,
    PAST,
    THIRD,
    bindings,
    certificate,
    move,
    report,
    setting,
)

APP = "app.example.com"


def test_the_risk_line_counts_hostnames_and_zones_with_the_danger_first() -> None:
    many = {f"h{number}.example.com": THIRD for number in range(97)}
    made = report(
        certificate("HostnameCertificate", OLD, NEW),
        bindings(
            {**many, "a.example.com": OLD, "b.example.com": OLD, "c.example.com": THIRD},
            {**many, "a.example.com": NEW, "b.example.com": NEW, "c.example.com": None},
        ),
    )
    assert made.risk == "1 hostname loses protection, 2 change certificate, 97 unchanged"


@pytest.mark.parametrize(("ends", "verdict"), [(FAR, "calm"), (NEAR, "danger"), (PAST, "danger")])
def test_a_certificate_that_ends_soon_or_has_ended_is_a_danger(ends: str, verdict: str) -> None:
    made = report(
        certificate("HostnameCertificate", OLD, NEW, ends), bindings({APP: OLD}, {APP: NEW})
    )
    assert made.verdict == verdict


def test_a_zone_whose_mode_alone_changes_is_not_called_unchanged() -> None:
    made = report(setting("ssl", "strict", "full"))
    assert made.risk == "the SSL mode changes; 1 zone has other settings"


def test_the_engines_own_line_beside_an_error_of_the_program_is_left_out() -> None:
    own = "an unhandled error occurred: program exited with non-zero exit code: 1"
    both = [
        {"severity": "error", "message": "error: stacks/Pulumi.dev.yaml: zone_id: is missing."},
        {"severity": "error", "message": own},
    ]
    assert report(diagnostics=both).risk == "the preview failed with 1 error"
    assert report(diagnostics=both[1:]).risk == "the preview failed with 1 error"


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_machines_get_printable_texts_too(name: str) -> None:
    made = json.loads(json.dumps(as_json(hostile(name))))
    for text in [change["text"] for change in made["changes"]] + made["order"]:
        assert text.isprintable()


def test_a_change_inside_of_a_list_shows_what_was_there_and_what_comes() -> None:
    old, new = (
        {"account_id": "a" * 32, "level": "zone", "emails": ["a@example.com", found]}
        for found in ("b@example.com", "c@example.com")
    )
    step = move("ExpiryAlert", "alert", old, new)
    made = report({**step, "detailedDiff": {"emails[1]": {"kind": "update"}}})
    (detail,) = made.details
    (item,) = detail.properties
    assert (item.path, item.old, item.new) == ("emails[1]", "b@example.com", "c@example.com")
