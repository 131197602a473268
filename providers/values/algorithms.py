"""The algorithms of certificates and keys, in Cloudflare's words, and which of them it takes.

Source: certificates that Cloudflare's API was seen to answer with; where nothing is known of a
kind of key, it is refused.
"""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import SignatureAlgorithmOID

# Cloudflare's words are those of Go's x509.SignatureAlgorithm.
_HASHES = ("SHA1", "SHA256", "SHA384", "SHA512")
SIGNATURES = {
    **{getattr(SignatureAlgorithmOID, f"RSA_WITH_{name}"): f"{name}-RSA" for name in _HASHES},
    **{getattr(SignatureAlgorithmOID, f"ECDSA_WITH_{name}"): f"ECDSA-{name}" for name in _HASHES},
    SignatureAlgorithmOID.ED25519: "Ed25519",
}
CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}


def key_fault(kind: str) -> str | None:
    """What speaks against a key of this kind; None for those that Cloudflare is known to take."""
    family, _, size = kind.partition(" ")
    if (family == "ECDSA" and size in CURVES.values()) or (family == "RSA" and int(size) >= 2048):
        return None
    return (
        f"has a key of a kind ({kind or 'unknown'}) that Cloudflare is not known to take. Use RSA"
        " with at least 2048 bits, or ECDSA on P-256, P-384 or P-521."
    )


def identify(public_key: Any) -> tuple[str, bytes]:
    """Kind ("RSA 2048", "ECDSA P-256", "Ed25519") and DER of the SubjectPublicKeyInfo."""
    kind = type(public_key).__name__.removesuffix("PublicKey")
    if isinstance(public_key, rsa.RSAPublicKey):
        kind = f"RSA {public_key.key_size}"
    elif isinstance(public_key, ec.EllipticCurvePublicKey):
        kind = f"ECDSA {CURVES.get(public_key.curve.name, public_key.curve.name)}"
    return kind, public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
