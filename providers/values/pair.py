"""A certificate together with its key: the rules that `pulumi up` and `preflight` share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from .algorithms import key_warning
from .blocks import PemError
from .key import PrivateKey, matches, read_private_key
from .pem import IS_A_CA, Certificate, faults, read_certificate
from .reference import PROJECT, resolve_reference
from .text import short


def certificate_findings(
    certificate: Certificate, now: datetime, *, is_in_state: bool
) -> tuple[list[str], list[str]]:
    """What refuses a certificate, and what is to be known of it; fragments for `certificate: `.

    :param is_in_state: whether the stack holds it already; then nothing refuses it, or nobody
        could run `pulumi up` again once it has expired.
    """
    if is_in_state:
        return [], []
    warning = key_warning(certificate.key_kind)
    return faults(certificate, now), [warning] if warning else []


def require_matching_key(
    certificate: str, private_key: str, passphrase: str | None, environ: Mapping[str, str]
) -> None:
    """Raises for a certificate, or a key, that no upload could use; both as a program has them.

    :param certificate: in PEM; dates and purpose are judged elsewhere, where state is known.
    :raises UnreadableReference: as `load_matching_key`.
    :raises ValueError: with `certificate: ` or `private_key: ` before the fragment.
    """
    try:
        read = read_certificate(certificate)
        if read.is_ca:
            raise PemError(IS_A_CA)
    except PemError as error:
        raise ValueError(f"certificate: {error}") from None
    try:
        load_matching_key(read, private_key, passphrase, environ, PROJECT)
    except PemError as error:
        raise ValueError(f"private_key: {error}") from None


def load_matching_key(
    certificate: Certificate,
    private_key: str,
    passphrase: str | None,
    environ: Mapping[str, str],
    project: Path,
) -> PrivateKey:
    """The key of a certificate.

    :param private_key: its text, `env:NAME` or `file:PATH`.
    :param passphrase: of an encrypted key, `env:NAME` or `file:PATH`.
    :raises UnreadableReference: where a reference leads to nothing that can be read.
    :raises PemError: where it leads to something else than the certificate's key; a fragment for
        `private_key: `.
    """
    text = resolve_reference(private_key, environ, project)
    secret = passphrase and resolve_reference(passphrase, environ, project, is_passphrase=True)
    # An editor ends a file with a newline, which is no part of a passphrase.
    key = read_private_key(text, secret.rstrip("\r\n") if secret else None)
    if not matches(certificate, key):
        raise PemError(
            f"does not belong to certificate {short(certificate.sha256)} ({certificate.subject})."
            " Give the key that the certificate was made for."
        )
    return key
