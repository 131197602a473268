"""An issued certificate has a day after its date; days and instants say the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from operations.plan import renewal

DUE = datetime(2026, 12, 4, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("passed", "expected"),
    [(timedelta(0), False), (renewal.GRACE, False), (renewal.GRACE + MINUTE, True)],
)
def test_a_renewal_is_overdue_when_a_nightly_run_would_have_done_it(
    passed: timedelta, expected: bool
) -> None:
    assert renewal.is_overdue(DUE, DUE + passed) is expected


@pytest.mark.parametrize("life", [2, 10, 30])
def test_whole_days_left_say_when_that_is(life: int) -> None:
    ends = DUE + timedelta(days=life)
    for now in (DUE + renewal.GRACE - MINUTE, DUE + renewal.GRACE + MINUTE):
        is_overdue = (ends - now).days <= renewal.trouble_days(DUE, ends)
        assert is_overdue is renewal.is_overdue(DUE, now)


def test_a_renewal_that_begins_in_the_last_day_is_trouble_from_the_end_on() -> None:
    assert renewal.trouble_days(DUE, DUE + timedelta(hours=5)) == -1


def test_people_read_the_date() -> None:
    assert renewal.words(DUE, overdue=False) == "renews itself, next 2026-12-04"
    assert renewal.words(DUE, overdue=True) == "renewal OVERDUE since 2026-12-04"
