"""Certificates as text, in whatever shape people paste them, and what speaks against one.

Pure: no file, no network, no clock. Sources: RFC 7468 (PEM), RFC 5280 (X.509), and Cloudflare's
page "Authenticated Origin Pulls": what is uploaded is one leaf certificate and its plain key.
Errors and faults are fragments for `field: FRAGMENT`: one line, the next step last, and nothing
of the text that was read. Private keys are read in key.py, by the same rules.
"""

from __future__ import annotations

import hashlib
import threading
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, SignatureAlgorithmOID

from .algorithms import CONVERSIONS, SIGNATURES, identify, key_fault, odd_form
from .blocks import BlockKind, blocks_of, holds_private_key
from .blocks import PemError as PemError  # what every reader of a certificate has to catch

# What cryptography raises for contents that are broken or unknown to it.
_ODD = (x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)
DEFECTS = (ValueError, TypeError, UnsupportedAlgorithm, *_ODD)


@dataclass(frozen=True)
class Certificate:
    """One X.509 certificate. It is what its DER bytes are: compare `sha256`, never `pem`.

    `pem` has 64 columns and one newline at the end, `sha256` is lower-case hex, `serial_number`
    decimal, the moments are in UTC. `key_kind` is "RSA 2048", "ECDSA P-256" or the like, and
    `public_key` the DER of its SubjectPublicKeyInfo; both are empty where cryptography does not
    know the kind; `odd_form` names a form of the key that Go's TLS refuses. `extended_key_usages`
    are dotted; None where the extension is missing. `authority_key` names the issuer's key; empty
    where the certificate does not.
    """

    pem: str
    sha256: str
    subject: str
    issuer: str
    serial_number: str
    signature: str
    not_before: datetime
    not_after: datetime
    key_kind: str
    public_key: bytes = field(repr=False)
    odd_form: str = ""
    has_readable_extensions: bool = True
    is_ca: bool = False
    may_sign: bool = True
    extended_key_usages: tuple[str, ...] | None = None
    authority_key: bytes = field(default=b"", repr=False)

    def has_issuer_of(self, other: Certificate) -> bool:
        """Whether the same CA issued both: its name, and where both tell it, its key."""
        keys = {self.authority_key, other.authority_key} - {b""}
        return self.issuer == other.issuer and len(keys) < 2

    @property
    def expires_on(self) -> str:
        """RFC 3339, as Cloudflare writes it: `2027-11-24T12:00:00Z`."""
        return _rfc3339(self.not_after)


_CERTIFICATE = BlockKind(
    ending="CERTIFICATE",
    none="holds no certificate. Give the PEM text itself, a block that starts with BEGIN"
    " CERTIFICATE.",
    several="holds several leaf certificates, and Cloudflare takes one. Give one of them, alone or"
    " with the CAs of its chain.",
    broken="holds a certificate that cannot be read. Copy the whole block again, from its BEGIN"
    " line to its END line.",
    instead={
        "TRUSTED CERTIFICATE": "is in OpenSSL's TRUSTED form. Convert it with `openssl x509`.",
        "CERTIFICATE REQUEST": "is a certificate request. Give what the CA has made of it.",
        "PKCS7": "is PKCS#7. Take the leaf out of it with `openssl pkcs7 -print_certs`.",
        "PRIVATE KEY": "is a private key. Give the certificate that was made for it.",
    },
    from_der="openssl x509 -inform DER -in FILE -out client.pem",
    from_pkcs12="openssl pkcs12 -in FILE -clcerts -nokeys -out client.pem",
)
_NO_LEAF = (
    "holds several CAs and no leaf, and Cloudflare takes leaf certificates only. Give the one"
    " that a CA has issued."
)
_WITH_KEY = (
    "holds a private key beside the certificate, and certificates are shown in logs. Give the"
    " certificate's block alone."
)


def read_certificate(text: str) -> Certificate:
    """The one leaf certificate in the text; the CAs of its chain, in any order, are dropped.

    :raises PemError: for every text that does not hold exactly one readable leaf, and for one
        with a private key beside it.
    """
    found = read_certificate_file(text)
    if holds_private_key(text):
        raise PemError(_WITH_KEY)
    return found


def read_certificate_file(text: str) -> Certificate:
    """The same from a file's text, which nobody sees: a private key in it is dropped."""
    found = [_parse(der) for _, der in blocks_of(text, _CERTIFICATE)]
    found = list({certificate.sha256: certificate for certificate in found}.values())
    leaves = [one for one in found if not _is_above_another(one, found)]
    if len(leaves) > 1:
        raise PemError(_CERTIFICATE.several)
    if not leaves and len(found) > 1:
        raise PemError(_NO_LEAF)
    return (leaves or found)[0]


def _is_above_another(one: Certificate, others: Sequence[Certificate]) -> bool:
    """Whether it is a CA; a root of version 1 does not say so, but another one names it."""
    return one.is_ca or any(o.issuer == one.subject for o in others if o is not one)


def _parse(der: bytes) -> Certificate:
    try:
        # cryptography warns of odd names and serial numbers, which nobody else minds; the lock
        # is for the plugin's threads, which share the filters.
        with _warnings_lock, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _certificate(x509.load_der_x509_certificate(der))
    except DEFECTS:
        raise PemError(_CERTIFICATE.broken) from None


_warnings_lock = threading.Lock()


IS_A_CA = "is a CA, and Cloudflare takes leaf certificates only. Give one that the CA has issued."


def faults(certificate: Certificate, now: datetime) -> list[str]:
    """Everything for which a *new* certificate is refused, in the order of POLICIES."""
    return [fault for policy in POLICIES if (fault := policy(certificate, now))]


def _extensions_unreadable(certificate: Certificate, _now: datetime) -> str | None:
    if certificate.has_readable_extensions:
        return None
    return "has extensions that cannot be read. Have it issued again without the unusual ones."


def _expiry_fault(certificate: Certificate, now: datetime) -> str | None:
    if now <= certificate.not_after:
        return None
    return f"expired on {certificate.expires_on}. Give one that is valid."


def _not_yet_valid(certificate: Certificate, now: datetime) -> str | None:
    if now >= certificate.not_before:
        return None
    start = _rfc3339(certificate.not_before)
    return f"is not valid before {start}. Give one that is valid, or correct this machine's clock."


def _authority(certificate: Certificate, _now: datetime) -> str | None:
    return IS_A_CA if certificate.is_ca else None


def _cannot_sign(certificate: Certificate, _now: datetime) -> str | None:
    if certificate.may_sign:
        return None
    return "has a key usage that origins refuse for a client. Add digitalSignature to it."


def _not_for_clients(certificate: Certificate, _now: datetime) -> str | None:
    # anyExtendedKeyUsage does not help: OpenSSL refuses it for clients.
    usages = certificate.extended_key_usages
    if usages is None or ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string in usages:
        return None
    return "has an extended key usage without clientAuth, so origins refuse it. Add clientAuth."


def _key_unsupported(certificate: Certificate, _now: datetime) -> str | None:
    return key_fault(certificate.key_kind)


def _key_in_odd_form(certificate: Certificate, _now: datetime) -> str | None:
    if not certificate.odd_form:
        return None
    return (
        f"has {certificate.odd_form}, which Go's TLS, and so Cloudflare's edge, refuses. Convert"
        f" its key with `{CONVERSIONS[certificate.odd_form]}` and have it issued again for that."
    )


POLICIES: tuple[Callable[[Certificate, datetime], str | None], ...] = (
    _extensions_unreadable,
    _expiry_fault,
    _not_yet_valid,
    _authority,
    _cannot_sign,
    _not_for_clients,
    _key_unsupported,
    _key_in_odd_form,
)


def _certificate(parsed: x509.Certificate) -> Certificate:
    der = parsed.public_bytes(Encoding.DER)
    try:
        kind, public_key = identify(parsed.public_key())
    except DEFECTS:
        kind, public_key = "", b""
    oid = parsed.signature_algorithm_oid
    signature = SIGNATURES.get(oid, oid.dotted_string)
    if oid == SignatureAlgorithmOID.RSASSA_PSS and parsed.signature_hash_algorithm:
        signature = f"{parsed.signature_hash_algorithm.name.upper()}-RSAPSS"
    return Certificate(
        pem=parsed.public_bytes(Encoding.PEM).decode(),
        sha256=hashlib.sha256(der).hexdigest(),
        subject=parsed.subject.rfc4514_string(),
        issuer=parsed.issuer.rfc4514_string(),
        serial_number=str(parsed.serial_number),
        signature=signature,
        not_before=parsed.not_valid_before_utc,
        not_after=parsed.not_valid_after_utc,
        key_kind=kind,
        public_key=public_key,
        odd_form=odd_form(der, parsed.public_key_algorithm_oid.dotted_string),
        **_usages(parsed),
    )


def _usages(parsed: x509.Certificate) -> dict[str, Any]:
    try:
        values: dict[type, Any] = {type(item.value): item.value for item in parsed.extensions}
    except DEFECTS:
        return {"has_readable_extensions": False}
    constraints, usage = values.get(x509.BasicConstraints), values.get(x509.KeyUsage)
    extended, authority = values.get(x509.ExtendedKeyUsage), values.get(x509.AuthorityKeyIdentifier)
    return {
        "is_ca": constraints is not None and constraints.ca,
        # By these two OpenSSL judges a client.
        "may_sign": usage is None or usage.digital_signature or usage.key_agreement,
        "authority_key": (authority and authority.key_identifier) or b"",
        "extended_key_usages": extended and tuple(oid.dotted_string for oid in extended),
    }


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
