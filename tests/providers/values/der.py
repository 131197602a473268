"""Keys and certificates in forms that cryptography reads and does not write, put together in DER.

Sources: RFC 5480 and SEC 1 (EC parameters), RFC 8017 (RSA-PSS), RFC 9881 (ML-DSA), RFC 5280.
"""

from __future__ import annotations

import os

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tests import pki

EC_PUBLIC_KEY = bytes.fromhex("06072a8648ce3d0201")
RSA_PSS = bytes.fromhex("06092a864886f70d01010a")
ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
# SEC 2, 2.4.2: p, a, b, G and n of P-256.
P = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
A = "ffffffff00000001000000000000000000000000fffffffffffffffffffffffc"
B = "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b"
G = (
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)
N = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"


def tlv(tag: int, *parts: bytes) -> bytes:
    """Tag, length and value."""
    value = b"".join(parts)
    count = len(value)
    if count < 128:
        return bytes([tag, count]) + value
    size = count.to_bytes((count.bit_length() + 7) // 8, "big")
    return bytes([tag, 128 + len(size)]) + size + value


def integer(digits: str) -> bytes:
    return tlv(2, b"\0" if digits[0] in "89abcdef" else b"", bytes.fromhex(digits))


def octets(digits: str) -> bytes:
    return tlv(4, bytes.fromhex(digits))


EXPLICIT = tlv(
    0x30,
    integer("01"),
    tlv(0x30, bytes.fromhex("06072a8648ce3d0101"), integer(P)),
    tlv(0x30, octets(A), octets(B)),
    octets(G),
    integer(N),
    integer("01"),
)


def explicit_ec_key() -> bytes:
    """SEC 1, of P-256, with its parameters written out."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return tlv(0x30, integer("01"), octets(f"{number:064x}"), tlv(0xA0, EXPLICIT))


def rsa_pss_key() -> bytes:
    """PKCS#8."""
    key = rsa.generate_private_key(65537, 2048)
    plain = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return tlv(0x30, integer("00"), tlv(0x30, RSA_PSS), tlv(4, plain))


def ml_dsa_key(*, has_seed: bool) -> bytes:
    """An ML-DSA-44 key, PKCS#8, that is expanded, with or without its seed."""
    expanded, seed = tlv(4, os.urandom(2560)), tlv(4, os.urandom(32))
    inside = tlv(0x30, seed, expanded) if has_seed else expanded
    algorithm = tlv(0x30, bytes.fromhex("0609608648016503040311"))
    return tlv(0x30, integer("00"), algorithm, tlv(4, inside))


def explicit_ec_certificate() -> bytes:
    """A leaf whose key is on P-256 with its parameters written out."""
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return _leaf(tlv(0x30, tlv(0x30, EC_PUBLIC_KEY, EXPLICIT), tlv(3, b"\0", point)))


def rsa_pss_certificate() -> bytes:
    """A leaf whose key is for RSA-PSS only."""
    key = rsa.generate_private_key(65537, 2048).public_key()
    plain = key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    return _leaf(tlv(0x30, tlv(0x30, RSA_PSS), tlv(3, b"\0", plain)))


def _leaf(public_key: bytes) -> bytes:
    """Version 3 without extensions; nobody here verifies the signature."""
    name = pki.name("leaf").public_bytes()
    validity = tlv(0x30, tlv(0x17, b"260101000000Z"), tlv(0x17, b"350101000000Z"))
    version = tlv(0xA0, integer("02"))
    inside = (version, integer("01"), ECDSA_SHA256, name, validity, name, public_key)
    signature = tlv(3, b"\0", tlv(0x30, integer("01"), integer("01")))
    return tlv(0x30, tlv(0x30, *inside), ECDSA_SHA256, signature)
