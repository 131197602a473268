"""When an issued certificate is renewed, and from when on that is overdue. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

# A nightly run renews within a day.
GRACE = timedelta(days=1)


def is_overdue(due: datetime, now: datetime) -> bool:
    """Whether the renewal should have been: then nobody runs `pulumi up`, or the issuer fails."""
    return now > due + GRACE


def trouble_days(due: datetime, ends: datetime) -> float:
    """The whole days left before the end from which a renewal is overdue; -1 from the end on.

    Whole days are what people and Prometheus compare with: the number before is reached as the day
    begins.
    """
    return max((ends - due - GRACE) / timedelta(days=1) - 1, -1)


def words(due: datetime, *, overdue: bool) -> str:
    """`renews itself, next 2026-12-04`."""
    day = f"{due:%Y-%m-%d}"
    return f"renewal OVERDUE since {day}" if overdue else f"renews itself, next {day}"
