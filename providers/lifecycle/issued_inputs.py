"""What an issued certificate is asked for, and when its successor is due. Pure but for references.

Nothing secret is among the inputs: what the issuer needs (a token, a CA's key) is a reference,
`env:NAME` or `file:PATH`, which is followed when a certificate is asked for.

`issuers` is imported where it is used: a program without issued certificates needs no such folder
(docs/reuse.md), and starts sooner.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import ValidationError, WrapValidator

from ..plugin.provider import ZoneInputs
from ..values import pem
from ..values.inputs import COMMON_NAME, UNKNOWN, explain
from .try_origins import TryOrigins

if TYPE_CHECKING:
    from issuers import CertificateWish, Issuer

LONGEST_NAME = 64
MOST_DAYS = 3650


def is_common_name(text: str) -> bool:
    """Whether a certificate can be asked for under this name."""
    return re.fullmatch(COMMON_NAME, text) is not None


def _common_name(value: Any, _: object) -> Any:
    if value is UNKNOWN:
        return UNKNOWN
    if isinstance(value, str) and len(value) > LONGEST_NAME:
        raise ValueError(f"has {len(value)} characters, and {LONGEST_NAME} may be. Give fewer.")
    if not isinstance(value, str) or not is_common_name(value):
        raise ValueError(
            "is not a common name. Give letters, digits and . _ @ : / - such as"
            " aop.prod.example.com.zone."
        )
    return value


def _days(value: Any, _: object) -> Any:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if value is not UNKNOWN and not (is_number and 0 < value <= MOST_DAYS):
        raise ValueError("is not a number of days up to 3650. Give one, or leave it out.")
    return value


CommonName = Annotated[str, WrapValidator(_common_name)]
LifeDays = Annotated[float, WrapValidator(_days)]
KeyKind = Literal["ecdsa-p256", "ecdsa-p384", "rsa-2048", "ml-dsa-44"]


def issuer_faults(settings: Any) -> list[str]:
    """What is wrong with `{KIND: SETTINGS}`, one line each; nothing while a part is unknown."""
    if has_unknown(settings):
        return []
    from issuers import ISSUERS

    kinds = ", ".join(ISSUERS)
    if not isinstance(settings, Mapping) or len(settings) != 1 or set(settings) - set(ISSUERS):
        return [f"issuer_settings: is not one of {kinds} with its settings. Give one."]
    try:
        issuer_of(settings)
    except ValidationError as error:
        (kind,) = settings
        return [f"issuer_settings.{kind}.{line}" for line in explain(error)]
    return []


def issuer_of(settings: Mapping[str, Any]) -> Issuer:
    """The issuer that checked settings describe."""
    from issuers import ISSUERS

    ((kind, given),) = settings.items()
    return ISSUERS[kind].model_validate(given)


def has_unknown(value: Any) -> bool:
    """Whether a part of the value is known after `up` only."""
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(has_unknown(item) for item in value)
    return value is UNKNOWN


class IssuedCertificateInputs(ZoneInputs):
    """`zone_id`, `common_name` and `key` replace; the rest matters when the next one is asked for.

    `issuer_settings` is `{KIND: SETTINGS}` with a kind of `issuers.ISSUERS`, `ca` what the origins
    trust (PEM), `days` the life that is asked for, None as the issuer gives. `try_origins` is for
    check alone: state does not have it.
    """

    issuer_name: str
    issuer_settings: dict[str, Any]
    ca: str
    common_name: CommonName
    key: KeyKind = "ecdsa-p256"
    days: LifeDays | None = None
    renew_days: LifeDays | None = None
    try_origins: TryOrigins | None = None

    @property
    def wish(self) -> CertificateWish:
        """What the issuer is asked for."""
        from issuers import CertificateWish

        life = None if self.days is None else timedelta(days=self.days)
        return CertificateWish(self.common_name, self.key, life)


def renewal_fault(issuer: Issuer, days: float | None, renew_days: float | None) -> str:
    """Why certificates would be due before they begin, where their life is known; else ""."""
    if days is None and issuer.default_life is not None:
        days = issuer.default_life / timedelta(days=1)
    if days is None or renew_days is None or renew_days < days:
        return ""
    return (
        f"renew_days: {renew_days:g} days before its end a certificate of {days:g} days has not"
        " begun. Give fewer, or more days."
    )


def is_due(certificate: pem.Certificate, renew_days: float | None, now: datetime) -> bool:
    """Whether it is time for the successor of a certificate."""
    return now >= renewal_begins(certificate, renew_days)


def renewal_begins(certificate: pem.Certificate, renew_days: float | None) -> datetime:
    """`renew_days` before the end; by default in the last third of the certificate's life."""
    life = certificate.not_after - certificate.not_before
    before = life / 3 if renew_days is None else timedelta(days=renew_days)
    return certificate.not_after - before


def ends_in(certificate: pem.Certificate, now: datetime) -> str:
    """`ends 2026-12-14, in 9 days`, or `ended 2026-12-14`."""
    left = certificate.not_after - now
    if left < timedelta(0):
        return f"ended {certificate.not_after:%Y-%m-%d}"
    count = "1 day" if left.days == 1 else f"{left.days} days"
    return f"ends {certificate.not_after:%Y-%m-%d}, in {count}"
