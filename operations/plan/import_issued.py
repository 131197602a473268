"""Certificates that are at Cloudflare already, as ones that an issuer is asked for. Pure.

What a private CA has signed and somebody has uploaded is the first certificate of an issued one;
its successor is asked of the issuer. A certificate that differs from what an issuer would be asked
for stays a given one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from issuers import CertificateWish, KeyKind, fulfils, signer_fault
from providers.api.answers import Level, UploadedCertificate
from providers.lifecycle.issued_inputs import (
    IssuedCertificateInputs,
    ends_in,
    is_common_name,
    is_due,
)
from providers.lifecycle.ledger import subject_key
from providers.plugin.provider import Props, to_state
from providers.values import pem
from providers.values.inputs import SUBJECT
from providers.values.text import short
from stacks.issuer_config import IssuerConfig

from ..text import Text, Untrusted, text
from .live import LiveZone

KINDS: tuple[KeyKind, ...] = get_args(KeyKind)
DEFAULT = CertificateWish("").key


@dataclass(frozen=True)
class KnownIssuer:
    """An issuer of a stack's file, whose `section` is what stands there under the issuer's name.

    `ca` is what the origins trust, PEM.
    """

    config: IssuerConfig
    ca: str
    section: Mapping[str, Any]


@dataclass(frozen=True)
class IssuedMatch:
    """A certificate that is at Cloudflare is what `issuer` would be asked for by `wish`."""

    issuer: KnownIssuer
    wish: CertificateWish

    def inputs(self, common: Mapping[str, Any]) -> Props:
        """What check makes of the certificate's inputs; `common` are those of the whole zone."""
        inputs = IssuedCertificateInputs(
            issuer_name=self.issuer.config.name,
            issuer_settings=dict(self.issuer.config.settings),
            ca=self.issuer.ca,
            common_name=self.wish.common_name,
            key=self.wish.key,
            **common,
        )
        return to_state(inputs)

    def configuration(self) -> dict[str, str]:
        """What a stack's file says of the certificate, without its hostnames."""
        key = {"key": self.wish.key} if self.wish.key != DEFAULT else {}
        return {"issuer": self.issuer.config.name, "common_name": self.wish.common_name, **key}


class IssuedMatches:
    """Tells which certificates of a zone the issuers could have been asked for, in their order.

    `notes` are the certificates of an issuer's CA that stay given ones, and those that are due.
    """

    def __init__(self, live: LiveZone, issuers: Sequence[KnownIssuer], now: datetime) -> None:
        self.issuers = issuers
        self.now = now
        self.notes: list[Text] = []
        records = (record for level in live.certificates.values() for record in level)
        self.holders = Counter(map(subject_key, records))

    def match(self, level: Level, record: UploadedCertificate) -> IssuedMatch | None:
        """What the certificate is to an issuer; None where it stays a given one."""
        leaf, now = record.certificate, self.now
        signing = (i for i in self.issuers if signer_fault(leaf, i.ca, now) is None)
        if (issuer := next(signing, None)) is None:
            return None
        name, parsed = subject_key(record).removeprefix(SUBJECT), pem.read_certificate(leaf)
        wishes = (CertificateWish(name, key) for key in KINDS)
        wish = next((w for w in wishes if fulfils(leaf, w, issuer.ca, now)), None)
        told = {"level": level, "it": Untrusted(short(parsed.sha256))}
        fault = next(self._faults(parsed, name, wish), ())
        if fault or wish is None:
            template = "{level} certificate {it} stays a given one, though {own} has its CA: {why}"
            own = text("issuer {name}", name=Untrusted(issuer.config.name))
            self.notes.append(text(template, **told, own=own, why=fault))
            return None
        if is_due(parsed, None, now):
            template = (
                "{level} certificate {it} {ends}, and is due: the first `pulumi up` renews it"
            )
            self.notes.append(text(template, **told, ends=ends_in(parsed, now)))
        return IssuedMatch(issuer, wish)

    def _faults(
        self, parsed: pem.Certificate, name: str, wish: CertificateWish | None
    ) -> Iterator[Text]:
        """Why a certificate is none that an issuer of this stack would be asked for."""
        if not is_common_name(name):
            yield ("it has no common name of 1 to 64 letters, digits and . _ @ : / -",)
        if (holders := self.holders[SUBJECT + name]) > 1:
            template = "{holders} certificates of the zone have the common name {name}"
            yield text(template, holders=holders, name=Untrusted(name))
        for fault in pem.faults(parsed, self.now):
            yield text("it {fault}", fault=Untrusted(fault))
        if wish is None:
            template = "an issuer is asked for a key of {kinds} that signs; its key is {kind}"
            yield text(template, kind=Untrusted(parsed.key_kind), kinds=", ".join(KINDS))
