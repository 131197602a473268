"""Kinds of keys by the words of a stack's file, and requests for certificates (RFC 2986)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, mldsa, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

KeyKind = Literal["ecdsa-p256", "ecdsa-p384", "rsa-2048", "ml-dsa-44"]
SubjectKey: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | mldsa.MLDSA44PrivateKey
KEY_KINDS: dict[str, Callable[[], SubjectKey]] = {
    "ecdsa-p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ecdsa-p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "rsa-2048": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ml-dsa-44": mldsa.MLDSA44PrivateKey.generate,
}
# Of a common name; X.520, ub-common-name.
LONGEST_NAME = 64


def make_key(kind: KeyKind) -> SubjectKey:
    """A new key of the kind; nothing is written anywhere."""
    return KEY_KINDS[kind]()


def make_request(key: SubjectKey, common_name: str) -> str:
    """A PKCS#10 request in PEM for a subject of this one name, signed with the key.

    :param common_name: at most LONGEST_NAME characters (X.520).
    """
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    # ML-DSA has its own hash (RFC 9881, 3).
    algorithm = None if isinstance(key, mldsa.MLDSA44PrivateKey) else hashes.SHA256()
    return builder.sign(key, algorithm).public_bytes(Encoding.PEM).decode()


def key_pem(key: SubjectKey) -> str:
    """The key as PKCS#8, not encrypted: for Cloudflare, and for nothing else."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def spki(public_key: Any) -> bytes:
    """The DER of the SubjectPublicKeyInfo: two keys are the same when these bytes are."""
    der: bytes = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return der


def kind_of(public_key: Any) -> str:
    """`ecdsa-p256` and so on; another kind by cryptography's own name for the class."""
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        return f"ecdsa-{public_key.curve.name.replace('secp', 'p').removesuffix('r1')}"
    if isinstance(public_key, rsa.RSAPublicKey):
        return f"rsa-{public_key.key_size}"
    return (
        "ml-dsa-44" if isinstance(public_key, mldsa.MLDSA44PublicKey) else type(public_key).__name__
    )
