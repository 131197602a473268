"""When an issued certificate is renewed, and from when on that is overdue. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from providers.lifecycle.issued_inputs import renewal_begins
from providers.values.pem import PemError, read_certificate

from ..text import moment_of
from .presented import CertificateFacts

# A nightly run renews within a day.
GRACE = timedelta(days=1)


def renews_on(text: str, renew_days: Any) -> str:
    """When the renewal of an issued certificate (PEM) is due, RFC 3339; "" where it is unreadable.

    :param renew_days: as a stack's file, plan or state has it; None for the last third of the life.
    """
    given = renew_days if isinstance(renew_days, (int, float)) else None
    try:
        return renewal_begins(read_certificate(text), given).isoformat()
    except PemError:
        return ""


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


def words_of(found: CertificateFacts) -> str:
    """The same of a certificate; without the day while nobody has signed that one, "" without a
    renewal."""
    due = moment_of(found.renews_on)
    if not found.renews_itself:
        return ""
    return words(due, overdue=False) if due else "renews itself"
