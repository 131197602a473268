"""How the tests ask an issuer: as the stack's file writes it, with a clock and an environment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography import x509

from issuers import ISSUERS, CertificateWish, IssuedCertificate, References, issue

NAME = "zone.example.com.prod.aop"


def ask(
    kind: str,
    settings: Mapping[str, Any],
    ca: str,
    *,
    environ: Mapping[str, str] | None = None,
    folder: Path = Path("/nonexistent"),
    wish: CertificateWish | None = None,
    now: dt.datetime | None = None,
) -> IssuedCertificate:
    issuer = ISSUERS[kind].model_validate(settings)
    now = now or dt.datetime.now(dt.UTC)
    references = References(environ or {}, folder)
    return issue("internal", issuer, wish or CertificateWish(NAME), ca, references, now)


def leaf_of(issued: IssuedCertificate) -> x509.Certificate:
    return x509.load_pem_x509_certificate(issued.certificate.encode())


def days_of(leaf: x509.Certificate) -> int:
    life = leaf.not_valid_after_utc - leaf.not_valid_before_utc
    return round(life / dt.timedelta(days=1))
