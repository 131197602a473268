"""The algorithms of certificates and keys, in Cloudflare's words, and which of them it takes.

Sources: certificates that Cloudflare's API was seen to answer with, and its changelog of
2026-06-17 for ML-DSA (FIPS 204; RFC 9881). Where nothing is known of a kind of key, it is refused.
"""

from __future__ import annotations

import re
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import PublicKeyAlgorithmOID, SignatureAlgorithmOID

# Cloudflare's words are those of Go's x509.SignatureAlgorithm.
_HASHES = ("SHA1", "SHA256", "SHA384", "SHA512")
ML_DSA = ("ML-DSA-44", "ML-DSA-65", "ML-DSA-87")
SIGNATURES = {
    **{getattr(SignatureAlgorithmOID, f"RSA_WITH_{name}"): f"{name}-RSA" for name in _HASHES},
    **{getattr(SignatureAlgorithmOID, f"ECDSA_WITH_{name}"): f"ECDSA-{name}" for name in _HASHES},
    SignatureAlgorithmOID.ED25519: "Ed25519",
    **{getattr(SignatureAlgorithmOID, name.replace("-", "_")): name for name in ML_DSA},
}
CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
LARGEST_KNOWN_RSA = 4096


def key_fault(kind: str) -> str | None:
    """What speaks against a key of this kind; None for those that Cloudflare is known to take."""
    family, _, size = kind.partition(" ")
    if (family == "ECDSA" and size in CURVES.values()) or (family == "RSA" and int(size) >= 2048):
        return None
    if kind in ML_DSA:
        return None
    return (
        f"has a key of a kind ({kind or 'unknown'}) that Cloudflare is not known to take. Use RSA"
        " with at least 2048 bits, ECDSA on P-256, P-384 or P-521, or ML-DSA-44, -65 or -87."
    )


def key_warning(kind: str) -> str | None:
    """What to know of a key of this kind before it is uploaded, where it is not refused."""
    family, _, size = kind.partition(" ")
    if family == "RSA" and int(size) > LARGEST_KNOWN_RSA:
        return (
            f"has an RSA key of {size} bits, and it is not known that Cloudflare takes more than"
            f" {LARGEST_KNOWN_RSA}. Use RSA 2048 to {LARGEST_KNOWN_RSA}, or ECDSA on P-256."
        )
    return None


def origin_needs(kind: str) -> str | None:
    """What an origin needs for client certificates with a key of this kind; None: nothing new."""
    if kind not in ML_DSA:
        return None
    return (
        f"An origin needs TLS 1.3 and OpenSSL 3.5 or newer, or another library that knows {kind},"
        " and gains nothing by it unless it refuses classical client certificates: let it trust"
        " an ML-DSA CA only."
    )


def identify(public_key: Any) -> tuple[str, bytes]:
    """Kind ("RSA 2048", "ECDSA P-256", "ML-DSA-44") and DER of the SubjectPublicKeyInfo."""
    kind = type(public_key).__name__.removesuffix("PublicKey")
    kind = re.sub(r"^MLDSA(\d+)$", r"ML-DSA-\1", kind)
    if isinstance(public_key, rsa.RSAPublicKey):
        kind = f"RSA {public_key.key_size}"
    elif isinstance(public_key, ec.EllipticCurvePublicKey):
        kind = f"ECDSA {CURVES.get(public_key.curve.name, public_key.curve.name)}"
    return kind, public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


# By the form of a key that cryptography reads and Go's TLS refuses: the command that makes of
# its file one in the usual form.
EXPLICIT = "an EC key with explicit parameters"
RSA_PSS = "a key that is for RSA-PSS only"
CONVERSIONS = {
    EXPLICIT: "openssl ec -in FILE -param_enc named_curve -out NEW",
    RSA_PSS: "openssl rsa -in FILE -traditional | sed s/RSA-PSS/RSA/ > NEW",
}
# The OBJECT IDENTIFIER of a field (1.2.840.10045.1.1 and .2), which a named curve has no need of.
_FIELD = re.compile(rb"\x06\x07\x2a\x86\x48\xce\x3d\x01[\x01\x02]")


def odd_form(der: bytes, algorithm: str) -> str:
    """EXPLICIT or RSA_PSS where the certificate or key has such a key, else "".

    :param der: the certificate or the key.
    :param algorithm: the OBJECT IDENTIFIER of the key's algorithm, dotted.
    """
    if algorithm == PublicKeyAlgorithmOID.RSASSA_PSS.dotted_string:
        return RSA_PSS
    return EXPLICIT if _FIELD.search(der) else ""
