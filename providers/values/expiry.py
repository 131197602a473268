"""When the end of a certificate is announced: one rule for previews, `expiry` and pipelines."""

from __future__ import annotations

from datetime import datetime, timedelta

from .pem import Certificate

MOST_WARN_DAYS = 30


def warning_begins(
    not_before: datetime | None, not_after: datetime, warn_days: float | None = None
) -> datetime:
    """From when on the end of a certificate is announced.

    :param not_before: where its life begins; None where nobody knows.
    :param warn_days: days before the end. By default 30, or a third of the life where that is
        shorter: a certificate of 30 days is not near its end from its first day on.
    """
    if warn_days is not None:
        return not_after - timedelta(days=warn_days)
    longest = timedelta(days=MOST_WARN_DAYS)
    return not_after - min(longest, (not_after - not_before) / 3 if not_before else longest)


def expiry_warning(
    certificate: Certificate, now: datetime, warn_days: float | None = None
) -> str | None:
    """What to say of a certificate that has expired, or whose end is announced already."""
    left = certificate.not_after - now
    if left < timedelta(0):
        return f"expired on {certificate.expires_on}, so origins refuse it. Replace it now."
    if now >= warning_begins(certificate.not_before, certificate.not_after, warn_days):
        count = "1 day" if left.days == 1 else f"{left.days} days"
        return f"expires on {certificate.expires_on}, in {count}. Replace it before."
    return None
