"""A CA of one's own, certificate and key by reference: requests are signed in this process."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from . import authority, chain
from .issuer import Issuer, IssuerError, Reference, References, Signed, SigningRequest


class CaKey(Issuer):
    """`certificate` and `key` of the CA; `operations issue` makes such files."""

    default_life: ClassVar[timedelta] = timedelta(days=90)
    certificate: Reference
    key: Reference

    def sign(self, request: SigningRequest, references: References) -> Signed:
        ca = self._authority(request, references)
        csr = x509.load_pem_x509_csr(request.csr.encode())
        ends = request.now + (request.life or self.default_life)
        if ends > ca.ends:
            raise IssuerError(
                f"the CA ends on {ca.ends:%Y-%m-%d}, before the certificate would",
                "Ask for fewer days, or make another CA and let the origins trust both.",
            )
        starts = request.now - authority.BACKDATED
        try:
            leaf = authority.sign_leaf(ca, csr.subject, csr.public_key(), starts, ends)
        except ValueError as error:
            raise IssuerError(str(error).rstrip("."), "Give another CA.") from None
        return Signed(leaf.public_bytes(Encoding.PEM).decode(), (ca.pem,))

    def authorities(self, references: References) -> tuple[str, ...]:
        text = references.text(self.certificate)
        chain.read_all(text)
        references.text(self.key)
        return (text,)

    def _authority(self, request: SigningRequest, references: References) -> authority.Identity:
        certificate, key = references.text(self.certificate), references.text(self.key)
        try:
            return authority.read(certificate.encode(), key.encode(), request.now)
        except ValueError as error:
            fact, _, advice = str(error).rstrip(".").partition(". ")
            told = f"{advice}." if advice else "Give the CA's own certificate and key."
            raise IssuerError(f"{self.certificate}: {fact}", told) from None
