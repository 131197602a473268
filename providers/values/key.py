"""Private keys as text, in whatever shape people paste them, and references to them.

Pure. The key itself is in `PrivateKey.pem` alone: never in a `repr`, an error or a traceback.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_private_key

from .algorithms import identify, key_fault
from .pem import DEFECTS, BlockKind, Certificate, PemError, only_block

_ENCRYPTED = "is encrypted, and Cloudflare takes plain keys only. Decrypt it with `openssl pkey`."
_PRIVATE_KEY = BlockKind(
    ending="PRIVATE KEY",
    none="holds no private key. Give the PEM text itself, a block that starts with BEGIN PRIVATE"
    " KEY, or a reference, env:NAME or file:PATH.",
    several="holds several private keys. Give the one that the certificate was made for.",
    broken="holds a private key that cannot be read. Copy the whole block again, from its BEGIN"
    " line to its END line.",
    instead={
        "ENCRYPTED PRIVATE KEY": _ENCRYPTED,
        "OPENSSH PRIVATE KEY": "is in OpenSSH's form. Convert a copy with `ssh-keygen -p -m PEM`.",
        "CERTIFICATE": "is a certificate. Give the private key that it was made for.",
        "CERTIFICATE REQUEST": "is a certificate request. Give the private key that it was made"
        " for.",
        "PUBLIC KEY": "is a public key. Give the private key that belongs to it.",
    },
)
_REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:\S.*")


@dataclass(frozen=True)
class PrivateKey:
    """One private key without a pass phrase.

    `pem` keeps the key's own encoding (PKCS#8, PKCS#1 or SEC 1), in 64 columns and with one
    newline at the end. `public_key` is the DER of its SubjectPublicKeyInfo.
    """

    pem: str = field(repr=False)
    key_kind: str
    public_key: bytes = field(repr=False)


def read_private_key(text: str) -> PrivateKey:
    """The one private key in the text; certificates and EC PARAMETERS beside it are dropped.

    :raises PemError: for every text that does not hold exactly one plain key of a kind that
        Cloudflare is known to take.
    """
    if "Proc-Type:" in text:
        raise PemError(_ENCRYPTED)
    label, der = only_block(text, _PRIVATE_KEY)
    try:
        kind, public_key = identify(load_der_private_key(der, None).public_key())
    except UnsupportedAlgorithm:
        raise PemError(str(key_fault(""))) from None
    except DEFECTS:
        raise PemError(_PRIVATE_KEY.broken) from None
    fault = key_fault(kind)
    if fault:
        raise PemError(fault)
    code = base64.b64encode(der).decode()
    lines = [code[start : start + 64] for start in range(0, len(code), 64)]
    pem = "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])
    return PrivateKey(pem, kind, public_key)


def matches(certificate: Certificate, key: PrivateKey) -> bool:
    """Whether both hold the same public key."""
    return certificate.public_key == key.public_key


def is_reference(text: str) -> bool:
    """Whether the text only says where a private key is: `env:NAME` or `file:PATH`."""
    # A key after `file:` would be printed as a path that does not exist.
    return _REFERENCE.fullmatch(text.strip()) is not None and "-----" not in text
