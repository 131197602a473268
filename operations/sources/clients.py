"""The client certificates that a probe presents: the right one, and forgeries made for this run.

Each forgery is verified before it is used: it has to be wrong in the one way that its name says.
"""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from issuers import (
    CertificateWish,
    IssuedCertificate,
    IssuerError,
    References,
    authority,
    chain,
    issue,
)
from issuers.authority import Certificate, Identity
from origins import ClientCertificate, cloudflare_ca
from providers.values import pem
from providers.values.pair import load_matching_key
from providers.values.reference import PROJECT, UnreadableReference
from stacks.certificate_config import IssuedCertificateConfig, KeyPair

from ..passing_files import Keep

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CA_FILE, CA_KEY_FILE = "ca.pem", "ca.key"


@dataclass(frozen=True)
class Given:
    """What is at hand, all files PEM: the right certificate, and the CA that signed it.

    :param pair: the right certificate as a stack's file names it.
    :param issued: what a stack's file has an issuer sign; then the right certificate is asked for.
    :param is_shared: Cloudflare's own certificate is presented, whose key nobody else has.
    """

    certificate: Path | None = None
    key: Path | None = None
    ca_certificate: Path | None = None
    ca_key: Path | None = None
    pair: KeyPair | None = None
    issued: IssuedCertificateConfig | None = None
    is_shared: bool = False

    def with_issuer(self, folder: Path) -> Given:
        """The CA of a folder as `operations issue` makes it."""
        return replace(self, ca_certificate=folder / CA_FILE, ca_key=folder / CA_KEY_FILE)


@dataclass(frozen=True)
class Clients:
    """Paths by case of `origins.probe`; `is_right_made` where Cloudflare presents another."""

    by_case: dict[str, ClientCertificate]
    is_right_made: bool
    notes: tuple[str, ...] = ()


def at_hand(given: Given, keep: Keep, now: datetime) -> Clients:
    """What can be presented; `keep` takes the texts. `ValueError` on one line for a bad file."""
    if (given.key and not given.certificate) or (given.ca_key and not given.ca_certificate):
        raise ValueError("A key needs its certificate: give --certificate, or --ca-certificate.")
    certificate, key, notes = _right(given, now)
    signer = _signer(given, certificate)
    _require_signer(given, certificate, signer)
    ca = None
    if given.ca_certificate and given.ca_key:
        ca = _ca(given.ca_certificate, given.ca_key, now)
    made = _forgeries(certificate, signer, ca, now)
    is_right_made = given.issued is not None or (key is None and ca is not None)
    intermediates = ""
    if ca and given.ca_certificate:
        intermediates = given.ca_certificate.read_text(encoding="ascii", errors="replace")
    found = {}
    if certificate and key:
        # The leaf alone, as Cloudflare presents it.
        found["right"] = (authority.pem_of(certificate), key)
    elif ca and is_right_made:
        subject = certificate.subject if certificate else authority.common_name("cloudflare")
        right = authority.make_leaf(ca, subject, now + HOUR)
        found["right"] = (right.pem, right.key_pem)
    for name, identity in made.items():
        above = intermediates if name not in ("other_ca", "self_signed") else ""
        found[name] = (identity.pem + above, identity.key_pem)
    kept = {name: ClientCertificate(keep(c), keep(k)) for name, (c, k) in found.items()}
    return Clients(kept, is_right_made, notes)


def _right(given: Given, now: datetime) -> tuple[Certificate | None, str | None, tuple[str, ...]]:
    """The right certificate, its key in PEM, and what to say of them, such as why there is none."""
    if given.issued:
        signed = _signed(given.issued, now)
        read = authority.read_certificate(signed.certificate.encode())
        told = (
            f"Issuer {given.issued.issuer.name} signed a certificate for this run; its log has it."
        )
        return read, signed.private_key, (told,)
    if given.certificate:
        key = given.key.read_text(encoding="ascii", errors="replace") if given.key else None
        return _read(given.certificate), key, ()
    if given.is_shared:
        return None, None, ("Nobody but Cloudflare has the key of its shared certificate.",)
    if given.pair is None:
        return None, None, ()
    text = given.pair.pem()
    certificate = authority.read_certificate(text.encode())
    reference, passphrase = given.pair.private_key, given.pair.passphrase
    if not reference or reference.startswith("secret:"):
        told = f"{reference or 'private_key'} is not read: give --certificate and --key."
        return certificate, None, (told,)
    try:
        found = load_matching_key(
            pem.read_certificate(text), reference, passphrase, os.environ, PROJECT
        )
    except UnreadableReference as error:
        return certificate, None, (f"The right certificate is not presented: {error}",)
    except pem.PemError as error:
        raise ValueError(f"private_key: {error}") from None
    return certificate, found.pem, ()


def _signed(wanted: IssuedCertificateConfig, now: datetime) -> IssuedCertificate:
    """A certificate as Cloudflare has one, for an hour. Only this process has its key."""
    wish = CertificateWish(wanted.common_name, wanted.key, HOUR)
    references = References(os.environ, PROJECT)
    try:
        return issue(
            wanted.issuer.name, wanted.issuer.issuer, wish, wanted.ca_pem(), references, now
        )
    except IssuerError as error:
        raise ValueError(str(error)) from None


def _signer(given: Given, right: Certificate | None) -> Certificate | None:
    if given.ca_certificate:
        return _read(given.ca_certificate)
    if given.issued is None or right is None:
        return None
    authorities = chain.read_all(given.issued.ca_pem())
    return next((one for one in authorities if authority.chain_fault(right, one) is None), None)


def _require_signer(given: Given, right: Certificate | None, signer: Certificate | None) -> None:
    """Forgeries of a CA that the origin does not trust would be refused for that alone."""
    if right is None or signer is None or right == signer:
        return
    if fault := authority.chain_fault(right, signer):
        raise ValueError(
            f"{given.ca_certificate} did not sign the right certificate: {fault}. Give the CA that"
            " did, first in its file."
        )


def _forgeries(
    right: Certificate | None, signer: Certificate | None, ca: Identity | None, now: datetime
) -> dict[str, Identity]:
    subject = right.subject if right else authority.common_name("cloudflare")
    if right:
        other = authority.make_copy(right)
    else:
        above = signer or authority.read_certificate(cloudflare_ca.read().encode())
        other = authority.make_leaf(authority.make_ca(above.subject, now), subject, now + DAY)
    # A key of another kind than the right one's may be one that the server does not ask for.
    kind = authority.kind_of(right) if right else "ec"
    made = {"other_ca": other, "self_signed": authority.make_self_signed(subject, now + DAY, kind)}
    if ca:
        leaf = functools.partial(authority.make_leaf, ca, subject, kind=kind)
        made |= {
            "same_ca": leaf(now + HOUR),
            "expired": leaf(now - HOUR, starts=now - 2 * DAY),
            "server_auth": leaf(now + HOUR, usage=authority.SERVER_AUTH),
        }
    known = ca.certificate if ca else signer
    for name, identity in made.items():
        if fault := evidence_fault(name, identity.certificate, known, now):
            raise ValueError(f"the forgery {name} is no evidence: {fault}.")
    return made


def evidence_fault(
    name: str, certificate: Certificate, ca: Certificate | None, now: datetime
) -> str | None:
    """Why a forgery would be refused, or accepted, for another reason than its name says. Pure."""
    is_of_ca = ca is not None and authority.chain_fault(certificate, ca) is None
    is_in_time = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
    is_for_clients = authority.is_for_clients(certificate)
    if ca is not None and is_of_ca is not (name in ("same_ca", "expired", "server_auth")):
        return "the CA signed it" if is_of_ca else "the CA did not sign it"
    if is_in_time is not (name != "expired"):
        return "it is valid now" if is_in_time else "it is not valid now"
    if is_for_clients is not (name != "server_auth"):
        return "it is for clients" if is_for_clients else "it is not for clients"
    return None


def _ca(certificate: Path, key: Path, now: datetime) -> Identity:
    try:
        return authority.read(certificate.read_bytes(), key.read_bytes(), now)
    except ValueError as error:
        raise ValueError(f"{certificate} and {key}: {error}") from None


def _read(path: Path) -> Certificate:
    try:
        return authority.read_certificate(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
