"""What the origin must trust, counted and pinned from real certificates."""

from __future__ import annotations

import hashlib
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from .origin import Pin

Extension = TypeVar("Extension", bound=x509.ExtensionType)


def bundle(*authorities: str) -> str:
    """One PEM text of all CAs in the given PEM texts, each once, with 64 columns.

    Give one CA, or both while certificates of one are being replaced by the other's. A client
    certificate that signed itself may be its own anchor (`anchors`). `ValueError` for any other
    that is not a CA, and for an intermediate without its issuer: OpenSSL, and with it NGINX,
    Apache and HAProxy, trusts no chain that does not end in a self-signed certificate.
    """
    found = list(dict.fromkeys(certificate for text in authorities for certificate in _read(text)))
    for certificate in found:
        if not _is_authority(certificate) and not _is_self_signed(certificate):
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


def anchors(authorities: str) -> tuple[str, ...]:
    """The names of the client certificates in a bundle that signed themselves.

    Such a certificate is its own anchor: no other one passes, and its successor has to be trusted
    before it is shown.
    """
    return tuple(_name(one.subject) for one in _read(authorities) if not _is_authority(one))


def chain_depth(chain: str, authorities: str) -> int:
    """How many CAs stand above the first certificate of `chain`, the root included.

    :param chain: PEM of the client certificate and of the intermediates uploaded with it.
    :param authorities: the bundle that the origin trusts.

    `ValueError` when a link is missing: an origin with this bundle would refuse the certificate.
    """
    presented, trusted = _read(chain), _read(authorities)
    current, depth = presented[0], 0
    while depth == 0 or not _is_self_signed(current):
        issuer = _issuer(current, [*trusted, *presented[1:]])
        if issuer is None or depth == 10:
            namesakes = (other for other in trusted if other.subject == current.issuer)
            by_key = " (a CA of this name is there, with another key)" if any(namesakes) else ""
            raise ValueError(
                f"{_name(current.subject)} is signed by {_name(current.issuer)}, which is"
                f" neither in the bundle nor in the chain{by_key}: the origin would refuse it."
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
    """Answers each certificate of a PEM text as a line of base64."""
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
    constraints = _extension(certificate, x509.BasicConstraints)
    return constraints is not None and constraints.ca


def _is_self_signed(certificate: x509.Certificate) -> bool:
    return _is_issued_by(certificate, certificate)


def _issuer(
    certificate: x509.Certificate, candidates: list[x509.Certificate]
) -> x509.Certificate | None:
    return next((other for other in candidates if _signed_by(certificate, other)), None)


def _signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether the issuer signed the certificate and may sign others, or both are the same."""
    if not _is_issued_by(certificate, issuer):
        return False
    usage = _extension(issuer, x509.KeyUsage)
    return certificate == issuer or usage is None or usage.key_cert_sign


def _is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Compares names, identifiers and the signature, as OpenSSL does (X509_check_issued)."""
    own = _extension(issuer, x509.SubjectKeyIdentifier)
    named = _extension(certificate, x509.AuthorityKeyIdentifier)
    if own and named and named.key_identifier not in (None, own.digest):
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _extension(certificate: x509.Certificate, kind: type[Extension]) -> Extension | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except (x509.ExtensionNotFound, ValueError):
        return None


def _name(name: x509.Name) -> str:
    return name.rfc4514_string() or "a certificate without a name"
