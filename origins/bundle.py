"""What the origin must trust, counted and pinned from real certificates."""

from __future__ import annotations

import hashlib

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from .origin import Pin


def bundle(*authorities: str) -> str:
    """One PEM text of all CAs in the given PEM texts, each once, with 64 columns.

    Give one CA, or both while certificates of one are being replaced by the other's. `ValueError`
    for what is not a CA, and for an intermediate without its issuer: OpenSSL, and with it NGINX,
    Apache and HAProxy, trusts no chain that does not end in a self-signed certificate.
    """
    found = list(dict.fromkeys(certificate for text in authorities for certificate in _read(text)))
    for certificate in found:
        if not _is_authority(certificate):
            raise ValueError(
                f"{_name(certificate.subject)} is no CA: give the certificate of its issuer"
                f" {_name(certificate.issuer)}."
            )
        if _issuer(certificate, found) is None:
            raise ValueError(
                f"{_name(certificate.subject)} is an intermediate: add its issuer"
                f" {_name(certificate.issuer)}, or the origin refuses every client of it."
            )
    if not found:
        raise ValueError("A bundle needs at least one CA.")
    return "".join(pem(certificate) for certificate in found)


def chain_depth(chain: str, authorities: str) -> int:
    """How many CAs stand above the first certificate of `chain`, the root included.

    :param chain: PEM of the client certificate and of the intermediates uploaded with it.
    :param authorities: the bundle that the origin trusts.

    `ValueError` when a link is missing: an origin with this bundle would refuse the certificate.
    """
    presented, trusted = _read(chain), _read(authorities)
    current, depth = presented[0], 0
    while depth == 0 or not _signed_by(current, current):
        issuer = _issuer(current, [*trusted, *presented[1:]])
        if issuer is None or depth == 10:
            raise ValueError(
                f"{_name(current.subject)} is signed by {_name(current.issuer)}, which is"
                " neither in the bundle nor in the chain: the origin would refuse it."
            )
        current, depth = issuer, depth + 1
    if current not in trusted:
        raise ValueError(f"{_name(current.subject)} is not in the bundle: the origin refuses it.")
    return depth


def pin(certificate: str) -> Pin:
    """The pin of the first certificate in a PEM text."""
    leaf = _read(certificate)[0]
    return Pin(
        sha256=leaf.fingerprint(hashes.SHA256()).hex(),
        sha1=leaf.fingerprint(hashes.SHA1()).hex(),  # noqa: S303  what NGINX calls a fingerprint
        pem_sha1=hashlib.sha1(pem(leaf).encode(), usedforsecurity=False).hexdigest(),
    )


def der_base64(authorities: str) -> list[str]:
    """Each certificate of a PEM text as one line."""
    return ["".join(pem(certificate).split("\n")[1:-2]) for certificate in _read(authorities)]


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def _read(text: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(text.encode())
    except ValueError:
        raise ValueError(
            "No PEM certificate found: expected -----BEGIN CERTIFICATE-----."
        ) from None


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        found = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except x509.ExtensionNotFound:
        return False
    return found.value.ca


def _issuer(
    certificate: x509.Certificate, candidates: list[x509.Certificate]
) -> x509.Certificate | None:
    return next((other for other in candidates if _signed_by(certificate, other)), None)


def _signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _name(name: x509.Name) -> str:
    return name.rfc4514_string() or "a certificate without a name"
