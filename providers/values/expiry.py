"""When the end of a certificate is announced: one rule for previews, `expiry` and pipelines."""

from __future__ import annotations

from datetime import datetime, timedelta

from .pem import Certificate

MOST_WARN_DAYS = 30
MOST_FAIL_DAYS = 14


def days_to_warn(life: timedelta | None, given: float | None = None) -> float:
    """How many days before its end a certificate is warned of.

    :param life: from its first to its last instant; None where nobody knows.
    :param given: `warn_days` of the configuration. By default it is 30, or a third of the life
        where that is shorter: a certificate of 30 days is not near its end from its first day on.
    """
    if given is not None:
        return given
    return MOST_WARN_DAYS if life is None else min(MOST_WARN_DAYS, life / timedelta(days=3))


def days_to_fail(life: timedelta | None, given: float | None = None) -> float:
    """How many days before its end a pipeline fails: 14, or half of the warning's time."""
    return min(MOST_FAIL_DAYS, days_to_warn(life, given) / 2)


def expiry_warning(
    certificate: Certificate, now: datetime, warn_days: float | None = None
) -> str | None:
    """What to say of a certificate that has expired, or whose end is announced already."""
    left = certificate.not_after - now
    if left < timedelta(0):
        return f"expired on {certificate.expires_on}, so origins refuse it. Replace it now."
    life = certificate.not_after - certificate.not_before
    if left <= timedelta(days=days_to_warn(life, warn_days)):
        count = "1 day" if left.days == 1 else f"{left.days} days"
        return f"expires on {certificate.expires_on}, in {count}. Replace it before."
    return None
