"""Certificates for tests, made at run time; nothing of them is ever written to the repository."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, mldsa, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CLIENT_AUTH = (ExtendedKeyUsageOID.CLIENT_AUTH,)
SERVER_AUTH = (ExtendedKeyUsageOID.SERVER_AUTH,)
PrivateKey = (
    ec.EllipticCurvePrivateKey
    | rsa.RSAPrivateKey
    | mldsa.MLDSA44PrivateKey
    | mldsa.MLDSA65PrivateKey
    | mldsa.MLDSA87PrivateKey
)


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, both PEM; `sha256` of the DER bytes."""

    certificate: str
    private_key: str
    sha256: str


def name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


Authority = tuple[ec.EllipticCurvePrivateKey, x509.Name]


@lru_cache(maxsize=1)
def authority() -> Authority:
    """One private CA for the whole run."""
    return another_authority("Test Origin Pull CA")


def another_authority(common_name: str) -> Authority:
    """A further CA; the name may be that of the other one."""
    return ec.generate_private_key(ec.SECP256R1()), name(common_name)


def ca_certificate(issuer: Authority | None = None) -> str:
    """The PEM of the run's CA, or of another, for whoever must trust it; always the same one."""
    return _ca_certificate(issuer or authority())


def ca_key(issuer: Authority | None = None) -> str:
    """The PEM of that CA's key, for whoever signs with it."""
    return _key_pem((issuer or authority())[0])


@lru_cache
def _ca_certificate(issuer: Authority) -> str:
    key, subject = issuer
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    made = builder.sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode()


def _key_pem(key: PrivateKey) -> str:
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, *private).decode()


def make(
    common_name: str = "aop-client",
    *,
    days: float = 365,
    starts: float = -1,
    now: dt.datetime | None = None,
    key: PrivateKey | None = None,
    usages: tuple[x509.ObjectIdentifier, ...] = CLIENT_AUTH,
    is_ca: bool = False,
    issuer: Authority | None = None,
) -> Pair:
    """A leaf of the run's CA, or of `issuer`; `starts` and `days` are days from now."""
    signer, issuer_name = issuer or authority()
    key = key or ec.generate_private_key(ec.SECP256R1())
    now = now or dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(common_name))
        .issuer_name(issuer_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + dt.timedelta(days=starts))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    certificate = builder.sign(signer, hashes.SHA256())
    return Pair(
        certificate.public_bytes(serialization.Encoding.PEM).decode(),
        _key_pem(key),
        certificate.fingerprint(hashes.SHA256()).hex(),
    )
