"""Cloudflare's shared CA, which signs the certificate of the global level.

https://developers.cloudflare.com/ssl/origin-configuration/authenticated-origin-pull/
The text in the documentation of 2020 has no line breaks and OpenSSL does not read it; here it has
64 columns. Whoever trusts this CA trusts all of Cloudflare's customers, not one zone.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes

FILE = Path(__file__).with_name("cloudflare_ca.pem")
SHA256 = "9a1ac2b4be15f9f27eee20a734cba4e9898f61001b3bd7c84b69b56a3e25a2b9"
ENDS = datetime(2029, 11, 1, 17, tzinfo=UTC)
# CAs above the certificate that Cloudflare presents; its documentation sets Apache's depth to 1.
DEPTH = 1
WARNED = timedelta(days=365)


def read(file: Path = FILE) -> str:
    """The CA as PEM; `ValueError` when the file is not exactly this CA."""
    try:
        text = file.read_text(encoding="ascii")
        found = x509.load_pem_x509_certificate(text.encode()).fingerprint(hashes.SHA256()).hex()
    except (OSError, ValueError):
        found = ""
    if found != SHA256:
        raise ValueError(
            f"{file} is not Cloudflare's shared CA (SHA-256 {SHA256}). Restore it from the project."
        )
    return text


def warning(now: datetime) -> str | None:
    """One line from a year before the CA ends, else None. `now` has a time zone."""
    if now < ENDS - WARNED:
        return None
    days = (ENDS - now).days
    when = f"ends in {days} days, on" if days >= 0 else "ended on"
    return (
        f"Cloudflare's shared CA {when} {ENDS:%Y-%m-%d}: take its successor from Cloudflare's"
        " documentation of Authenticated Origin Pulls, trust both at the origin, then one."
    )
