"""Certificates for trying things: a private CA and client certificates, made on this machine."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bootstrap.files import write

CA = "ca"
CA_NAME = "Test origin CA"
RENEW_BEFORE = timedelta(days=30)
LEAF_LIFE = timedelta(days=365)
CA_LIFE = timedelta(days=3650)
# A clock that is a little behind must accept what was made here.
BACKDATED = timedelta(hours=1)

Pair = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def named_in(config: str, stack: str) -> set[str]:
    """The names in .local/certificates/<stack>/<name>.pem and .key that a stack file mentions."""
    pattern = rf"\.local/certificates/{re.escape(stack)}/([\w-]+)\.(?:pem|key)\b"
    return set(re.findall(pattern, config))


def ensure(folder: Path, names: Iterable[str], now: datetime | None = None) -> list[str]:
    """`folder`/<name>.pem and .key for every name, signed by `folder`/ca.pem; files have mode 0600.

    What is missing is made, and what was made here and ends within 30 days is made anew; these
    names are returned. Files that somebody put in their place are left alone.
    """
    now = now or datetime.now(timezone.utc)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority = _authority(folder)
    made = []
    if authority is None or authority[0].not_valid_after_utc <= now + LEAF_LIFE:
        authority = _save(folder, CA, _issue(CA_NAME, now, None))
        made.append(CA)
    for name in sorted(set(names) - {CA}):
        if _wanting(folder / f"{name}.pem", authority[0], now):
            _save(folder, name, _issue(f"{name} (test)", now, authority))
            made.append(name)
    return made


def _authority(folder: Path) -> Pair | None:
    try:
        certificate = x509.load_pem_x509_certificate((folder / f"{CA}.pem").read_bytes())
        key = load_pem_private_key((folder / f"{CA}.key").read_bytes(), None)
    except (OSError, ValueError):
        return None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        return None
    return (certificate, key) if key.public_key() == certificate.public_key() else None


def _wanting(path: Path, authority: x509.Certificate, now: datetime) -> bool:
    """Whether the certificate is missing, or ours and due."""
    if not path.exists():
        return True
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except ValueError:
        return False
    if certificate.issuer != authority.subject:
        return False
    due = certificate.not_valid_after_utc <= now + RENEW_BEFORE
    return due or not path.with_suffix(".key").exists() or not _signed(certificate, authority)


def _signed(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _issue(common_name: str, now: datetime, issuer: Pair | None) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    is_ca = issuer is None
    signer = issuer[1] if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + (CA_LIFE if is_ca else LEAF_LIFE))
        .add_extension(x509.BasicConstraints(is_ca, 0 if is_ca else None), critical=True)
        .add_extension(_usage(is_ca), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if not is_ca:
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
        builder = builder.add_extension(purpose, critical=False)
    return builder.sign(signer, hashes.SHA256()), key


def _usage(is_ca: bool) -> x509.KeyUsage:
    """RFC 5280, 4.2.1.3: a CA signs certificates and lists, a client its handshake."""
    return x509.KeyUsage(
        digital_signature=not is_ca,
        key_cert_sign=is_ca,
        crl_sign=is_ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _save(folder: Path, name: str, pair: Pair) -> Pair:
    """The key first: a certificate on disk always finds its key, or is made anew."""
    key = pair[1].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write(folder / f"{name}.key", key, 0o600)
    write(folder / f"{name}.pem", pair[0].public_bytes(Encoding.PEM), 0o600)
    return pair
