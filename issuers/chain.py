"""Whether an origin that trusts some CAs accepts a leaf that Cloudflare presents alone. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from . import authority
from .issuer import IssuerError

LONGEST_CHAIN = 10
# What cryptography raises for contents that are broken or unknown to it.
DEFECTS = (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion)


def read_all(text: str) -> list[x509.Certificate]:
    """All certificates of a PEM text.

    :raises IssuerError: where there is none, or one cannot be read.
    """
    try:
        return x509.load_pem_x509_certificates(text.encode())
    except DEFECTS:
        raise IssuerError(
            "the text holds no readable certificate", "Give PEM that begins with BEGIN CERTIFICATE."
        ) from None


def signers(
    leaf: x509.Certificate, trusted: Sequence[x509.Certificate], now: datetime
) -> list[x509.Certificate]:
    """The certificates of `trusted` from the one that signed the leaf up to a root.

    OpenSSL, and so NGINX, Apache and HAProxy, ends at a self-signed root only.

    :raises IssuerError: naming the first certificate whose signer is not among `trusted`.
    """
    found: list[x509.Certificate] = []
    current = leaf
    while len(found) < LONGEST_CHAIN:
        above = next((ca for ca in trusted if _has_signed(ca, current, now)), None)
        if above is None:
            who = "the certificate" if current is leaf else f"the CA {name(current.subject)}"
            raise IssuerError(
                f"{who} was signed by {name(current.issuer)}, which is not among the CAs of ca",
                NEXT_STEPS,
            )
        found.append(above)
        if above.subject == above.issuer:
            return found
        current = above
    raise IssuerError("the chain of CAs has no end", NEXT_STEPS)


STEPS = (
    "(1) Let the origins trust that CA too, roots and intermediates, since"
    " Cloudflare sends the leaf alone; (2) add it to the file of ca; (3) go on with pulumi up."
)
NEXT_STEPS = f"Nothing was uploaded. {STEPS}"


def name(subject: x509.Name) -> str:
    """Writes a subject on one line: `CN=Origin pull CA`."""
    return " ".join(subject.rfc4514_string().split()) or "a CA without a name"


def _has_signed(ca: x509.Certificate, child: x509.Certificate, now: datetime) -> bool:
    is_in_time = ca.not_valid_before_utc <= now <= ca.not_valid_after_utc
    return is_in_time and authority.chain_fault(child, ca) is None
