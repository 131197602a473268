"""Certificates for trying things: a private CA and client certificates, made on this machine."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.exceptions import InvalidSignature

from bootstrap.files import write
from issuers import authority
from issuers.authority import Certificate, Identity

CA = "ca"
CA_NAME = "Test origin CA"
RENEW_BEFORE = timedelta(days=30)
LEAF_LIFE = timedelta(days=365)


def named_in(config: str, stack: str) -> set[str]:
    """The names in .local/certificates/<stack>/<name>.pem and .key that a stack file mentions."""
    pattern = rf"\.local/certificates/{re.escape(stack)}/([\w-]+)\.(?:pem|key)\b"
    return set(re.findall(pattern, config))


def single_in(config: str, stack: str) -> set[str]:
    """The files of certificates and keys whose other half the stack file does not mention."""
    pattern = rf"\.local/certificates/{re.escape(stack)}/([\w-]+)\.(pem|key)\b"
    found = set(re.findall(pattern, config))
    other = {"pem": "key", "key": "pem"}
    return {f"{n}.{half}" for n, half in found if n != CA and (n, other[half]) not in found}


def ensure(folder: Path, names: Iterable[str], now: datetime | None = None) -> list[str]:
    """`folder`/<name>.pem and .key for every name, signed by `folder`/ca.pem; files have mode 0600.

    What is missing is made, and what was made here and ends within 30 days is made anew; these
    names are returned. Files that somebody put in their place are left alone.
    """
    now = now or datetime.now(UTC)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    signer = _authority(folder, now)
    made = []
    if signer is None or signer.ends <= now + LEAF_LIFE:
        signer = authority.make_ca(authority.common_name(CA_NAME), now)
        _save(folder, CA, signer)
        made.append(CA)
    for name in sorted(set(names) - {CA}):
        if _wanting(folder / f"{name}.pem", signer.certificate, now):
            _save(folder, name, _leaf(signer, name, now))
            made.append(name)
    return made


def _authority(folder: Path, now: datetime) -> Identity | None:
    certificate, key = folder / f"{CA}.pem", folder / f"{CA}.key"
    try:
        return authority.read(certificate.read_bytes(), key.read_bytes(), now)
    except (OSError, ValueError):
        return None


def _leaf(signer: Identity, name: str, now: datetime) -> Identity:
    subject, starts = authority.common_name(f"{name} (test)"), now - authority.BACKDATED
    return authority.make_leaf(signer, subject, now + LEAF_LIFE, starts=starts)


def _wanting(path: Path, signer: Certificate, now: datetime) -> bool:
    """Whether the certificate is missing, or ours and due."""
    if not path.exists():
        return True
    try:
        certificate = authority.read_certificate(path.read_bytes())
    except ValueError:
        return False
    if certificate.issuer != signer.subject:
        return False
    due = certificate.not_valid_after_utc <= now + RENEW_BEFORE
    return due or not path.with_suffix(".key").exists() or not _is_signed_by(certificate, signer)


def _is_signed_by(certificate: Certificate, signer: Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(signer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _save(folder: Path, name: str, identity: Identity) -> None:
    """The key first: a certificate on disk always finds its key, or is made anew."""
    write(folder / f"{name}.key", identity.key_pem, 0o600)
    write(folder / f"{name}.pem", identity.pem, 0o600)
