"""Private CAs and client certificates, made on this machine.

The profile is what Cloudflare takes and origins verify (RFC 5280, 4.2.1): a leaf has CA:FALSE,
digitalSignature and one extended key usage; a CA signs leaves only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, mldsa, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CLIENT_AUTH, SERVER_AUTH = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH
Certificate: TypeAlias = x509.Certificate
Name: TypeAlias = x509.Name
Key: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | mldsa.MLDSA44PrivateKey
PublicKey: TypeAlias = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | mldsa.MLDSA44PublicKey
ODD_KEY = "the key is neither ECDSA, RSA nor ML-DSA-44."
KEYS: dict[str, Callable[[], Key]] = {
    "ec": lambda: ec.generate_private_key(ec.SECP256R1()),
    "rsa": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    # FIPS 204, written as its seed (RFC 9881): the form that Cloudflare takes.
    "ml-dsa-44": mldsa.MLDSA44PrivateKey.generate,
}
CA_LIFE = timedelta(days=3650)
# A clock that is a little behind must accept what was made here.
BACKDATED = timedelta(hours=1)
Extension = TypeVar("Extension", bound=x509.ExtensionType)


@dataclass(frozen=True)
class Identity:
    """A certificate and its private key."""

    certificate: Certificate
    key: Key

    @property
    def pem(self) -> str:
        """The certificate."""
        return pem_of(self.certificate)

    @property
    def key_pem(self) -> str:
        """The key, PKCS#8, not encrypted: for a file of mode 0600 and nothing else."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    @property
    def sha256(self) -> str:
        """The SHA-256 of the certificate's DER bytes, lower-case hex."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    @property
    def ends(self) -> datetime:
        """The last instant of the certificate, in UTC."""
        return self.certificate.not_valid_after_utc


def common_name(text: str) -> Name:
    """Makes a name of a common name alone; `ValueError` beyond the 64 characters of X.520."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def make_ca(name: Name, now: datetime, kind: str = "ec") -> Identity:
    """Makes a root that signs leaves for ten years."""
    key = KEYS[kind]()
    builder = _begin(name, name, key.public_key(), now - BACKDATED, now + CA_LIFE)
    builder = builder.add_extension(x509.BasicConstraints(True, 0), critical=True)
    builder = builder.add_extension(_usage(is_ca=True), critical=True)
    return Identity(builder.sign(key, _hash_for(key)), key)


def make_leaf(
    issuer: Identity,
    name: Name,
    ends: datetime,
    *,
    starts: datetime | None = None,
    kind: str = "ec",
    usage: x509.ObjectIdentifier = CLIENT_AUTH,
) -> Identity:
    """A leaf of the issuer; `starts` is an hour ago unless given.

    `ValueError` on half a line when an origin that trusts the issuer would refuse the leaf.
    """
    key = KEYS[kind]()
    starts = starts or datetime.now(UTC) - BACKDATED
    return Identity(sign_leaf(issuer, name, key.public_key(), starts, ends, usage), key)


def kind_of(certificate: Certificate) -> str:
    """The kind of key to show in the certificate's place, which every TLS library knows."""
    return "rsa" if isinstance(certificate.public_key(), rsa.RSAPublicKey) else "ec"


def make_copy(certificate: Certificate) -> Identity:
    """The certificate once more, by somebody who has neither its key nor its CA's.

    Names, number, times, extensions and the kind of key are the same; both keys are other ones.
    """
    key, signer = KEYS[kind_of(certificate)](), KEYS[kind_of(certificate)]()
    builder = _begin(
        certificate.subject,
        certificate.issuer,
        key.public_key(),
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
        certificate.serial_number,
    )
    for extension in certificate.extensions:
        if not isinstance(extension.value, x509.SubjectKeyIdentifier):
            builder = builder.add_extension(extension.value, extension.critical)
    return Identity(builder.sign(signer, _hash_for(signer)), key)


def make_self_signed(name: Name, ends: datetime, kind: str = "ec") -> Identity:
    """A leaf for clients that nobody vouches for; it starts an hour ago."""
    key = KEYS[kind]()
    starts = datetime.now(UTC) - BACKDATED
    builder = _begin(name, name, key.public_key(), starts, ends)
    builder = builder.add_extension(x509.BasicConstraints(False, None), critical=True)
    builder = builder.add_extension(_usage(is_ca=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([CLIENT_AUTH]), critical=False)
    return Identity(builder.sign(key, _hash_for(key)), key)


def sign_leaf(
    issuer: Identity,
    name: Name,
    public_key: CertificatePublicKeyTypes,
    starts: datetime,
    ends: datetime,
    usage: x509.ObjectIdentifier = CLIENT_AUTH,
) -> Certificate:
    """A leaf for somebody's key; `ValueError` as `make_leaf`."""
    builder = _begin(name, issuer.certificate.subject, public_key, starts, ends)
    builder = builder.add_extension(x509.BasicConstraints(False, None), critical=True)
    builder = builder.add_extension(_usage(is_ca=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    builder = builder.add_extension(_identifier_of(issuer.certificate), critical=False)
    made = builder.sign(issuer.key, _hash_for(issuer.key))
    if fault := chain_fault(made, issuer.certificate):
        raise ValueError(f"what the CA signed does not verify: {fault}.")
    return made


def read(certificate: bytes, private_key: bytes, now: datetime) -> Identity:
    """Reads a CA that is at hand and may sign at `now`, an instant with a time zone.

    `ValueError` on half a line, to follow the name of the file.
    """
    found = read_certificate(certificate)
    try:
        key = load_pem_private_key(private_key, None)
    except TypeError:
        raise ValueError("the key is encrypted. Give it unencrypted, mode 0600.") from None
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("the key is not a private key in PEM.") from None
    if not isinstance(key, Key):
        raise ValueError(ODD_KEY)
    if key.public_key() != found.public_key():
        raise ValueError("the key does not belong to the certificate.")
    if fault := signing_fault(found) or _validity_fault(found, now):
        raise ValueError(f"{fault}.")
    return Identity(found, key)


def chain_fault(certificate: Certificate, issuer: Certificate) -> str | None:
    """Why a server that trusts the issuer refuses the client certificate at any time, or None.

    Names, signature, identifiers and usages, as OpenSSL compares them (X509_check_issued).
    """
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return "the name or the key of its issuer is another"
    own = _extension(issuer, x509.SubjectKeyIdentifier)
    named = _extension(certificate, x509.AuthorityKeyIdentifier)
    if own and named and named.key_identifier not in (None, own.digest):
        return "its AuthorityKeyIdentifier is not the CA's SubjectKeyIdentifier"
    return signing_fault(issuer)


def is_for_clients(certificate: Certificate) -> bool:
    """Whether servers take the certificate from a client: no usage stands for every usage."""
    purposes = _extension(certificate, x509.ExtendedKeyUsage)
    clients = {CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
    return purposes is None or bool(clients & set(purposes))


def signing_fault(certificate: Certificate) -> str | None:
    """Why servers refuse the client certificates that this one signs, with the next step."""
    constraints = _extension(certificate, x509.BasicConstraints)
    if constraints is None or not constraints.ca:
        return "the certificate is no CA: it may not sign others"
    key_usage = _extension(certificate, x509.KeyUsage)
    if key_usage is not None and not key_usage.key_cert_sign:
        return "the CA's key usage has no keyCertSign: give the CA that signs certificates"
    if not is_for_clients(certificate):
        return "the CA's extended key usage has no clientAuth: give a CA that signs clients"
    return None


def pem_of(certificate: Certificate) -> str:
    """The certificate alone."""
    return certificate.public_bytes(Encoding.PEM).decode()


def read_certificate(text: bytes) -> Certificate:
    """The first certificate of a PEM text."""
    try:
        return x509.load_pem_x509_certificate(text)
    except ValueError:
        raise ValueError("holds no certificate: expected -----BEGIN CERTIFICATE-----.") from None


def _hash_for(key: Key) -> hashes.SHA256 | None:
    """The hash to sign with; None for ML-DSA, which has a hash of its own."""
    return None if isinstance(key, mldsa.MLDSA44PrivateKey) else hashes.SHA256()


def _begin(
    subject: Name,
    issuer: Name,
    key: CertificatePublicKeyTypes,
    starts: datetime,
    ends: datetime,
    number: int | None = None,
) -> x509.CertificateBuilder:
    identifier = x509.SubjectKeyIdentifier.from_public_key(key)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(number or x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(ends)
        .add_extension(identifier, critical=False)
    )


def _usage(*, is_ca: bool) -> x509.KeyUsage:
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


def _identifier_of(issuer: Certificate) -> x509.AuthorityKeyIdentifier:
    """The issuer's own SubjectKeyIdentifier, which may be of any kind (RFC 5280, 4.2.1.1): Go 1.25
    and newer write a truncated SHA-256 there, others SHA-1. OpenSSL only compares the two."""
    own = _extension(issuer, x509.SubjectKeyIdentifier)
    if own is None:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(_public_key(issuer))
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _public_key(certificate: Certificate) -> PublicKey:
    found = certificate.public_key()
    if not isinstance(found, PublicKey):
        raise ValueError(ODD_KEY)
    return found


def _validity_fault(certificate: Certificate, now: datetime) -> str | None:
    starts, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now < starts:
        return f"the CA is valid from {starts:%Y-%m-%d %H:%M} UTC on: wait, or correct the clock"
    if now > ends:
        return f"the CA ended on {ends:%Y-%m-%d}: make another, and let the origin trust both"
    return None


def _extension(certificate: Certificate, kind: type[Extension]) -> Extension | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except (x509.ExtensionNotFound, ValueError):
        return None
