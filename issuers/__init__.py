"""Who signs client certificates: an issuer that is there already, or a private CA made here.

`ISSUERS` is the table: the word in a stack's file, and the class in its file.
"""

from .ca_key import CaKey
from .command import Command
from .issuance import (
    CertificateWish,
    IssuedCertificate,
    authority_fault,
    fulfils,
    issue,
    signer_fault,
)
from .issuer import Issuer, IssuerError, References, Signed, SigningRequest
from .keys import KeyKind
from .step_ca import StepCa
from .vault import Vault

ISSUERS: dict[str, type[Issuer]] = {
    "ca_key": CaKey,
    "step_ca": StepCa,
    "vault": Vault,
    "command": Command,
}

__all__ = [
    "ISSUERS",
    "CertificateWish",
    "IssuedCertificate",
    "Issuer",
    "IssuerError",
    "KeyKind",
    "References",
    "Signed",
    "SigningRequest",
    "authority_fault",
    "fulfils",
    "issue",
    "signer_fault",
]
