"""A certificate asked of an issuer, and what the answer has to be before anybody uses it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from . import chain, keys
from .issuer import Issuer, IssuerError, References, SigningRequest

# An issuer's clock may be ahead of ours by so much; the origins' clocks are not asked.
SKEW = timedelta(minutes=5)
ASK_ISSUER = "Nothing was uploaded. Correct what the issuer signs with."


@dataclass(frozen=True)
class CertificateWish:
    """What is asked for: a subject of one name, a kind of key, and a life (None: as it comes)."""

    common_name: str
    key: keys.KeyKind = "ecdsa-p256"
    life: timedelta | None = None


@dataclass(frozen=True)
class IssuedCertificate:
    """A verified leaf and its new key, both PEM. The key is to be uploaded and forgotten."""

    certificate: str
    private_key: str = field(repr=False)


def issue(
    name: str,
    issuer: Issuer,
    wish: CertificateWish,
    ca: str,
    references: References,
    now: datetime,
) -> IssuedCertificate:
    """A new key in memory, and the certificate that the issuer signed for it.

    :param name: the issuer's name in the stack's file; errors begin with it.
    :param ca: the CAs that the origins trust, PEM.
    :raises IssuerError: on one line `issuer NAME: FACT. NEXT STEP.`, before anything is uploaded.
    """
    try:
        if len(wish.common_name) > keys.LONGEST_NAME:
            fact = f"the name {wish.common_name} has {len(wish.common_name)} characters, 64 may be"
            raise IssuerError(fact, "Give common_name.")
        trusted = chain.read_all(ca)
        key = keys.make_key(wish.key)
        csr = keys.make_request(key, wish.common_name)
        signed = issuer.sign(SigningRequest(csr, wish.common_name, wish.life, now), references)
        leaf = verify(signed.certificate, key.public_key(), wish, trusted, now)
    except IssuerError as error:
        raise IssuerError(f"issuer {name}: {error.fact}", error.next_step) from None
    return IssuedCertificate(leaf.public_bytes(Encoding.PEM).decode(), keys.key_pem(key))


def fulfils(certificate: str, wish: CertificateWish, ca: str, now: datetime) -> bool:
    """Whether a certificate that is there already is what would be asked for. Pure.

    Subject and kind of key are those of the wish, and an origin that trusts `ca` (PEM) accepts the
    certificate now. Nobody can tell whose key it has: only this stack's issuers sign this subject.
    """
    try:
        leaf, trusted = chain.read_all(certificate)[0], chain.read_all(ca)
        verify(certificate, leaf.public_key(), wish, trusted, now)
        return keys.kind_of(leaf.public_key()) == wish.key
    except (IssuerError, *chain.DEFECTS):
        return False


def signer_fault(certificate: str, ca: str, now: datetime) -> str | None:
    """Why origins that trust `ca` (PEM) would refuse the certificate for its signer, or None."""
    try:
        return _signer_fault(chain.read_all(certificate)[0], chain.read_all(ca), now)
    except IssuerError as error:
        return error.fact


def _signer_fault(
    one: x509.Certificate, trusted: Sequence[x509.Certificate], now: datetime
) -> str | None:
    try:
        chain.signers(one, trusted, now)
    except IssuerError as error:
        return error.fact
    return None


def authority_fault(authorities: Sequence[str], ca: str, now: datetime) -> str:
    """Why origins that trust `ca` would refuse all that these CAs sign, with the next steps.

    "" where they accept what one of them signs, and where nothing is known.

    :param authorities: the PEM texts of `Issuer.authorities`.
    :raises IssuerError: where one of the texts cannot be read.
    """
    found = [one for text in authorities for one in chain.read_all(text)]
    trusted = chain.read_all(ca)
    # A root signs by itself only where no intermediate stands below.
    signing = [one for one in found if one.subject != one.issuer] or found
    faults = [
        _signer_fault(one, trusted, now)
        if one in trusted
        else f"{chain.name(one.subject)} signs there, which is not among the CAs of ca"
        for one in signing
    ]
    return f"{faults[0]}. {chain.STEPS}" if faults and None not in faults else ""


def verify(
    certificate: str,
    public_key: Any,
    wish: CertificateWish,
    trusted: Sequence[x509.Certificate],
    now: datetime,
) -> x509.Certificate:
    """The leaf of an answer, when it is what was asked for and the origins accept it. Pure.

    :raises IssuerError: naming the first thing that is not so.
    """
    leaf = chain.read_all(certificate)[0]
    fault = _fault(leaf, public_key, wish, now)
    if fault:
        raise IssuerError(f"the certificate that was signed {fault}", ASK_ISSUER)
    chain.signers(leaf, trusted, now)
    return leaf


def _fault(
    leaf: x509.Certificate, public_key: Any, wish: CertificateWish, now: datetime
) -> str | None:
    try:
        if keys.spki(leaf.public_key()) != keys.spki(public_key):
            return "has another key than the request"
        values: dict[type, Any] = {type(item.value): item.value for item in leaf.extensions}
    except chain.DEFECTS:
        return "cannot be read"
    constraints, usage = values.get(x509.BasicConstraints), values.get(x509.KeyUsage)
    purposes = values.get(x509.ExtendedKeyUsage)
    if common_name(leaf) != wish.common_name:
        return f"is for {chain.name(leaf.subject)}, not for CN={wish.common_name}"
    if constraints is not None and constraints.ca:
        return "is a CA"
    if purposes is not None and ExtendedKeyUsageOID.CLIENT_AUTH not in purposes:
        return "has an extended key usage without clientAuth, so origins refuse it"
    if usage is not None and not usage.digital_signature:
        return "has a key usage without digitalSignature, so origins refuse it"
    if leaf.not_valid_before_utc > now + SKEW:
        return f"is not valid before {leaf.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
    if leaf.not_valid_after_utc <= now:
        return f"ended on {leaf.not_valid_after_utc:%Y-%m-%d %H:%M} UTC already"
    return None


def common_name(leaf: x509.Certificate) -> str:
    """The first common name of the subject; empty where there is none."""
    names = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""
