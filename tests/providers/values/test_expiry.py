"""From when on the end of a certificate is announced."""

from __future__ import annotations

from datetime import timedelta

import pytest

from providers.values.expiry import days_to_fail, days_to_warn, expiry_warning
from providers.values.pem import read_certificate
from tests.providers.values.test_pem import NOW, pair


@pytest.mark.parametrize(
    ("days", "begins"),
    [
        (31, None),
        (30, "expires on 2026-12-24T12:00:00Z, in 30 days. "),
        (1, "expires on 2026-11-25T12:00:00Z, in 1 day. "),
        (0, "expires on 2026-11-24T12:00:00Z, in 0 days. "),
        (-0.5, "expired on 2026-11-24T00:00:00Z, so origins refuse it. "),
    ],
)
def test_the_end_of_a_long_life_is_announced_thirty_days_before(
    days: float, begins: str | None
) -> None:
    certificate = read_certificate(pair(starts=-90, days=days).certificate)
    said = expiry_warning(certificate, NOW)
    assert (said or "").startswith(begins or "")
    assert (said is None) is (begins is None)


@pytest.mark.parametrize(("left", "is_told"), [(10.01, False), (10, True)])
def test_the_end_of_a_short_life_is_announced_in_its_last_third(left: float, is_told: bool) -> None:
    certificate = read_certificate(pair(starts=left - 30, days=left).certificate)
    assert (expiry_warning(certificate, NOW) is not None) is is_told


@pytest.mark.parametrize(("warn_days", "is_told"), [(4, False), (5, True), (60, True), (0, False)])
def test_who_gives_the_days_is_told_then(warn_days: float, is_told: bool) -> None:
    certificate = read_certificate(pair(starts=-25, days=5).certificate)
    assert (expiry_warning(certificate, NOW, warn_days) is not None) is is_told


@pytest.mark.parametrize(
    ("life", "given", "warn", "fail"),
    [
        (None, None, 30, 14),
        (365, None, 30, 14),
        (30, None, 10, 5),
        (30, 4, 4, 2),
        (365, 60, 60, 14),
    ],
)
def test_a_pipeline_fails_later_than_it_warns(
    life: float | None, given: float | None, warn: float, fail: float
) -> None:
    span = None if life is None else timedelta(days=life)
    assert (days_to_warn(span, given), days_to_fail(span, given)) == (warn, fail)
