"""Reading an uploaded certificate and its key, as strictly as Cloudflare's documentation says."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from sandbox import errors
from sandbox.clock import Instant, instant_of

# Go's encoding/pem, which reads uploads at Cloudflare, wants each block on lines of its own.
BLOCK = r"-----BEGIN {0}-----\r?\n[A-Za-z0-9+/=\r\n]+\r?\n-----END {0}-----\s*"
CERTIFICATE_TEXT = re.compile(rf"\s*?(?:{BLOCK.format('CERTIFICATE')})+")
KEY_TEXT = re.compile(rf"\s*?{BLOCK.format('(?:RSA |EC )?PRIVATE KEY')}")

# As Go's x509.SignatureAlgorithm prints them; recorded answers have these words.
SIGNATURES = {
    "1.2.840.113549.1.1.5": "SHA1-RSA",
    "1.2.840.113549.1.1.11": "SHA256-RSA",
    "1.2.840.113549.1.1.12": "SHA384-RSA",
    "1.2.840.113549.1.1.13": "SHA512-RSA",
    "1.2.840.113549.1.1.10": "SHA256-RSAPSS",
    "1.2.840.10045.4.1": "ECDSA-SHA1",
    "1.2.840.10045.4.3.2": "ECDSA-SHA256",
    "1.2.840.10045.4.3.3": "ECDSA-SHA384",
    "1.2.840.10045.4.3.4": "ECDSA-SHA512",
    "1.3.101.112": "Ed25519",
    "2.16.840.1.101.3.4.3.17": "ML-DSA-44",
    "2.16.840.1.101.3.4.3.18": "ML-DSA-65",
    "2.16.840.1.101.3.4.3.19": "ML-DSA-87",
}
# What Go's crypto/x509 does not read: a key for RSASSA-PSS only, and EC parameters written out
# (the OBJECT IDENTIFIER of a prime field).
RSA_PSS = bytes.fromhex("06092a864886f70d01010a")
PRIME_FIELD = bytes.fromhex("06072a8648ce3d0101")


@dataclass(frozen=True)
class Upload:
    """What the API returns about a certificate; `certificate` ends with one newline."""

    certificate: str
    private_key: str
    sha256: str
    issuer: str
    serial_number: str
    signature: str
    expires_on: Instant


def read_upload(certificate: object, private_key: object) -> Upload:
    """One leaf certificate and its matching unencrypted key, both PEM; else an ApiError."""
    leaf = _read_leaf(certificate)
    key = _read_key(private_key)
    if _public_bytes(key.public_key()) != _public_bytes(leaf.public_key()):
        raise errors.KEY_MISMATCH()
    oid = leaf.signature_algorithm_oid.dotted_string
    return Upload(
        certificate=leaf.public_bytes(Encoding.PEM).decode().strip() + "\n",
        private_key=str(private_key),
        sha256=hashlib.sha256(leaf.public_bytes(Encoding.DER)).hexdigest(),
        issuer=leaf.issuer.rfc4514_string(),
        serial_number=str(leaf.serial_number),
        signature=SIGNATURES.get(oid, oid),
        expires_on=instant_of(leaf.not_valid_after_utc),
    )


def _public_bytes(key: object) -> bytes:
    return key.public_bytes(  # type: ignore[attr-defined,no-any-return]
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )


def _read_leaf(text: object) -> x509.Certificate:
    if not isinstance(text, str) or not CERTIFICATE_TEXT.fullmatch(text):
        raise errors.UNPARSABLE()
    try:
        found = x509.load_pem_x509_certificates(text.encode())
        leaf = found[0]
        leaf.issuer.rfc4514_string()
        leaf.public_key()
        is_ca = _is_ca(leaf)
    except (ValueError, UnsupportedAlgorithm):
        raise errors.UNPARSABLE() from None
    is_pss = leaf.public_key_algorithm_oid.dotted_string == "1.2.840.113549.1.1.10"
    if is_pss or PRIME_FIELD in leaf.public_bytes(Encoding.DER):
        raise errors.UNPARSABLE()
    if len(found) > 1 or is_ca:
        raise errors.ONLY_LEAF()
    return leaf


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _read_key(text: object):  # type: ignore[no-untyped-def]
    if not isinstance(text, str) or not KEY_TEXT.fullmatch(text):
        raise errors.KEY_UNPARSABLE()
    der = base64.b64decode("".join(text.strip().splitlines()[1:-1]))
    if PRIME_FIELD in der or RSA_PSS in der[:40]:
        raise errors.KEY_UNPARSABLE()
    try:
        return load_pem_private_key(text.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise errors.KEY_UNPARSABLE() from None
