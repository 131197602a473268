"""Private keys as text, in whatever shape people paste them.

Pure. The key itself is in `PrivateKey.pem` alone: never in a `repr`, an error or a traceback.
Sources: RFC 5958 (PKCS#8), RFC 5915 (SEC 1), RFC 9881 (ML-DSA; Cloudflare takes the seed alone).
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    load_pem_private_key,
)
from cryptography.x509.oid import PublicKeyAlgorithmOID

from .algorithms import CONVERSIONS, identify, key_fault, odd_form
from .blocks import BlockKind, PemError, blocks_of, find_blocks
from .pem import DEFECTS, Certificate

_ENCRYPTED = (
    "is encrypted. Give its passphrase as passphrase, env:NAME or file:PATH, or decrypt a copy"
    " with `openssl pkey -in FILE -out NEW`."
)
_CANNOT_BE_DECRYPTED = (
    "cannot be decrypted with this passphrase. Correct what passphrase refers to, or copy the key"
    " again."
)
_PRIVATE_KEY = BlockKind(
    ending="PRIVATE KEY",
    none="holds no private key. Give the PEM text itself, a block that starts with BEGIN PRIVATE"
    " KEY, or a reference, env:NAME or file:PATH.",
    several="holds several private keys. Give the one that the certificate was made for.",
    broken="holds a private key that cannot be read. Copy the whole block again, from its BEGIN"
    " line to its END line.",
    instead={
        "OPENSSH PRIVATE KEY": "is in OpenSSH's form. Convert a copy with `ssh-keygen -p -m PEM`.",
        "RSA-PSS PRIVATE KEY": "is a key that is for RSA-PSS only. Give the one of a certificate"
        " for RSA.",
        "CERTIFICATE": "is a certificate. Give the private key that it was made for.",
        "CERTIFICATE REQUEST": "is a certificate request. Give the private key that it was made"
        " for.",
        "PUBLIC KEY": "is a public key. Give the private key that belongs to it.",
    },
    from_der="openssl pkey -inform DER -in FILE -out client.key",
    from_pkcs12="openssl pkcs12 -in FILE -nocerts -nodes -out client.key",
)


@dataclass(frozen=True)
class PrivateKey:
    """One private key without a passphrase.

    `pem` keeps the key's own encoding (PKCS#8, PKCS#1 or SEC 1), in 64 columns and with one
    newline at the end; a key that was encrypted is PKCS#8. `public_key` is the DER of its
    SubjectPublicKeyInfo. `written` is `pem`, or the encrypted text where the key was encrypted:
    what may be kept.
    """

    pem: str = field(repr=False)
    key_kind: str
    public_key: bytes = field(repr=False)
    written: str = field(repr=False, default="")


def read_private_key(text: str, passphrase: str | None = None) -> PrivateKey:
    """The one private key in the text; certificates and EC PARAMETERS beside it are dropped.

    :param passphrase: of an encrypted key; a plain key needs none.
    :raises PemError: for every text that does not hold exactly one key of a kind that Cloudflare
        is known to take, and for an encrypted one without its passphrase.
    """
    blocks = [block for block in find_blocks(text) if block.label.endswith("PRIVATE KEY")]
    if len(blocks) > 1:
        raise PemError(_PRIVATE_KEY.several)
    if blocks and (blocks[0].label.startswith("ENCRYPTED") or "Proc-Type:" in blocks[0].body):
        return _decrypt(blocks[0].label, blocks[0].body, passphrase)
    ((label, der),) = blocks_of(text, _PRIVATE_KEY)
    if seedless := _SEEDLESS.match(der):
        raise PemError(_EXPANDED if seedless[1] == b"\x30" else _WITHOUT_SEED)
    kind, public_key = _identify(der)
    if form := odd_form(der, _RSA_PSS if _IS_RSA_PSS.match(der) else ""):
        raise PemError(
            f"is {form}, which Go's TLS, and so Cloudflare's edge, refuses. Convert it with"
            f" `{CONVERSIONS[form]}`, and have the certificate issued again for that."
        )
    pem = _block(label, base64.b64encode(der).decode())
    return PrivateKey(pem, kind, public_key, pem)


def matches(certificate: Certificate, key: PrivateKey) -> bool:
    """Whether both hold the same public key."""
    return certificate.public_key == key.public_key


_RSA_PSS = PublicKeyAlgorithmOID.RSASSA_PSS.dotted_string
# The head of a PKCS#8 key: version, then the algorithm.
_HEAD = rb"\x30(?:\x82..|\x81.|.)\x02\x01[\x00\x01]\x30."
_IS_RSA_PSS = re.compile(_HEAD + rb"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a", re.S)
# An ML-DSA key of another form than the seed: OCTET STRING is the expanded key, SEQUENCE both.
_SEEDLESS = re.compile(
    _HEAD + rb"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03[\x11-\x13]\x04\x82..([\x04\x30])", re.S
)
_EXPANDED = (
    "is an expanded ML-DSA key, and Cloudflare takes the seed alone. Convert it with"
    " `openssl pkey -in FILE -provparam ml-dsa.output_formats=seed-only -out NEW` (OpenSSL 3.5)."
)
_WITHOUT_SEED = (
    "is an expanded ML-DSA key without its seed, and Cloudflare takes the seed alone. Make a new"
    " key with `openssl genpkey -algorithm ML-DSA-44 -provparam ml-dsa.output_formats=seed-only`"
    " (OpenSSL 3.5), and have the certificate issued for that."
)


# RFC 1421, as OpenSSL wrote keys before 1.0.
_OLD_HEADERS = re.compile(
    r"\s*Proc-Type:\s*4,\s*ENCRYPTED\s+DEK-Info:\s*([A-Z0-9-]+),([0-9A-Fa-f]+)\s+(.*)", re.S
)


def _identify(der: bytes) -> tuple[str, bytes]:
    try:
        kind, public_key = identify(load_der_private_key(der, None).public_key())
    except UnsupportedAlgorithm:
        raise PemError(str(key_fault(""))) from None
    except DEFECTS:
        raise PemError(_PRIVATE_KEY.broken) from None
    fault = key_fault(kind)
    if fault:
        raise PemError(fault)
    return kind, public_key


def _decrypt(label: str, body: str, passphrase: str | None) -> PrivateKey:
    if passphrase is None:
        raise PemError(_ENCRYPTED)
    old = _OLD_HEADERS.match(body)
    if old is None and ":" in body:
        raise PemError(_PRIVATE_KEY.broken)
    headers = f"Proc-Type: 4,ENCRYPTED\nDEK-Info: {old[1]},{old[2]}" if old else ""
    written = _block(label, "".join((old[3] if old else body).split()), headers)
    try:
        key = load_pem_private_key(written.encode(), passphrase.encode())
        der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    except UnsupportedAlgorithm:
        raise PemError(str(key_fault(""))) from None
    except DEFECTS:
        raise PemError(_CANNOT_BE_DECRYPTED) from None
    kind, public_key = _identify(der)
    plain = _block("PRIVATE KEY", base64.b64encode(der).decode())
    return PrivateKey(plain, kind, public_key, written)


def _block(label: str, code: str, headers: str = "") -> str:
    lines = [code[start : start + 64] for start in range(0, len(code), 64)]
    above = [*headers.splitlines(), ""] if headers else []
    return "\n".join([f"-----BEGIN {label}-----", *above, *lines, f"-----END {label}-----", ""])
