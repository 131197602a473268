"""The ledger of a level: what is entered, what ends, and what counts as left over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from providers.api.answers import UploadedCertificate
from providers.lifecycle.ledger import Ledger

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
OLD, NEW = "a" * 64, "b" * 64


def record(sha256: str, uploaded: datetime, status: str = "active") -> UploadedCertificate:
    return UploadedCertificate("id", status, "", sha256, f"{uploaded:%Y-%m-%dT%H:%M:%SZ}", "")


def test_state_holds_times_as_fields_and_reads_them_back() -> None:
    ledger = Ledger().want([OLD], NOON).want([NEW], NOON + HOUR)
    assert ledger.to_state() == {
        NEW: {"wanted_from": "2026-11-25T13:00:00Z"},
        OLD: {"wanted_from": "2026-11-25T12:00:00Z", "wanted_until": "2026-11-25T13:00:00Z"},
    }
    assert Ledger.from_state(ledger.to_state()) == ledger


@pytest.mark.parametrize("entries", [None, {}, {OLD: "2026-11-25T12:00:00Z"}, {OLD: {}}])
def test_an_entry_that_cannot_be_read_proves_nothing(entries: object) -> None:
    assert Ledger.from_state(entries) == Ledger()


def test_a_certificate_that_is_wanted_again_keeps_its_beginning() -> None:
    ledger = Ledger().want([OLD], NOON).want([], NOON + HOUR).want([OLD], NOON + 2 * HOUR)
    assert ledger.to_state() == {OLD: {"wanted_from": "2026-11-25T12:00:00Z"}}


@pytest.mark.parametrize(
    ("uploaded", "status", "is_left"),
    [
        (NOON + HOUR / 2, "active", True),
        (NOON + HOUR / 2, "pending_deletion", False),
        (NOON - HOUR, "active", False),
        (NOON + 2 * HOUR, "active", False),
    ],
)
def test_only_what_was_uploaded_while_it_was_wanted_is_left_over(
    uploaded: datetime, status: str, is_left: bool
) -> None:
    ledger = Ledger().want([OLD], NOON).want([NEW], NOON + HOUR)
    left = ledger.left_over([record(OLD, uploaded, status), record(NEW, uploaded)])
    assert set(left) == ({OLD} if is_left else set())


def test_what_a_late_list_may_hide_stays_entered_for_an_hour() -> None:
    ledger = Ledger().want([OLD], NOON).want([NEW], NOON)
    assert set(ledger.without_settled([], NOON + HOUR / 2).entries) == {OLD, NEW}
    assert set(ledger.without_settled([], NOON + HOUR).entries) == {NEW}
    assert set(ledger.without_settled([OLD], NOON + HOUR).entries) == {OLD, NEW}
