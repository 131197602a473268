"""Which algorithms Cloudflare takes, and what it calls them."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, padding

from providers.values.algorithms import identify, key_fault, key_warning, origin_needs
from tests.providers.values.test_pem import rsa_key, self_sign

PSS = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
SIGNATURES = {
    "SHA256-RSA": lambda: self_sign(rsa_key(), hashes.SHA256()),
    "SHA512-RSA": lambda: self_sign(rsa_key(), hashes.SHA512()),
    "SHA256-RSAPSS": lambda: self_sign(rsa_key(), hashes.SHA256(), rsa_padding=PSS),
    "ECDSA-SHA384": lambda: self_sign(ec.generate_private_key(ec.SECP384R1()), hashes.SHA384()),
    "Ed25519": lambda: self_sign(ed25519.Ed25519PrivateKey.generate()),
    "ML-DSA-44": lambda: self_sign(mldsa.MLDSA44PrivateKey.generate()),
    "ML-DSA-65": lambda: self_sign(mldsa.MLDSA65PrivateKey.generate()),
    "ML-DSA-87": lambda: self_sign(mldsa.MLDSA87PrivateKey.generate()),
}


@pytest.mark.parametrize("words", SIGNATURES)
def test_the_signature_is_named_in_cloudflares_words(words: str) -> None:
    assert SIGNATURES[words]().signature == words


@pytest.mark.parametrize(
    ("kind", "is_taken"),
    [
        ("RSA 2048", True),
        ("RSA 8192", True),
        ("ECDSA P-521", True),
        ("ML-DSA-65", True),
        ("RSA 1024", False),
        ("ECDSA secp256k1", False),
        ("Ed25519", False),
        ("", False),
    ],
)
def test_a_kind_of_key_that_cloudflare_is_not_known_to_take_is_refused(
    kind: str, is_taken: bool
) -> None:
    assert (key_fault(kind) is None) is is_taken


def test_an_rsa_key_beyond_what_is_known_is_a_warning() -> None:
    assert key_warning("RSA 4096") is None
    assert "8192 bits" in (key_warning("RSA 8192") or "")


def test_an_ml_dsa_key_asks_something_of_the_origin_and_others_do_not() -> None:
    assert "OpenSSL 3.5" in (origin_needs("ML-DSA-44") or "")
    assert origin_needs("ECDSA P-256") is None


def test_a_key_is_named_with_its_size_or_curve() -> None:
    assert identify(rsa_key().public_key())[0] == "RSA 2048"
    assert identify(ec.generate_private_key(ec.SECP384R1()).public_key())[0] == "ECDSA P-384"
    assert identify(mldsa.MLDSA65PrivateKey.generate().public_key())[0] == "ML-DSA-65"
