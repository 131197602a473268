"""Two private CAs and the clients of the probe, made at run time into a folder."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CLIENT_AUTH = ExtendedKeyUsageOID.CLIENT_AUTH
SERVER_AUTH = ExtendedKeyUsageOID.SERVER_AUTH
HOSTNAME = "shop.example.com"


@dataclass(frozen=True)
class Signer:
    """A CA (or, with `key`, whatever can sign) and its PEM."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()


def make(
    common_name: str,
    issuer: Signer | None = None,
    *,
    ca: bool = False,
    usage: x509.ObjectIdentifier | None = CLIENT_AUTH,
    names: tuple[str, ...] = (),
    days: int = 30,
    more: tuple[x509.ExtensionType, ...] = (),
    key: Any = None,
) -> Signer:
    """A certificate signed by `issuer`, or by itself; `days` may be negative: expired."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.certificate.subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=90))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if not ca and usage:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    if names:
        alternatives = x509.SubjectAlternativeName([x509.DNSName(n) for n in names])
        builder = builder.add_extension(alternatives, critical=False)
    for extension in more:
        builder = builder.add_extension(extension, critical=False)
    signer = issuer.key if issuer else key
    # ML-DSA knows no hash of its own choice.
    is_classical = isinstance(signer, ec.EllipticCurvePrivateKey)
    return Signer(builder.sign(signer, hashes.SHA256() if is_classical else None), key)


def revocation_list(issuer: Signer, *revoked: Signer) -> str:
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(now - dt.timedelta(days=1))
        .next_update(now + dt.timedelta(days=1))
    )
    for one in revoked:
        entry = x509.RevokedCertificateBuilder(one.certificate.serial_number, now).build()
        builder = builder.add_revoked_certificate(entry)
    return (
        builder.sign(issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
    )


class Folder:
    """Certificates of one test run as files; keys are 0600."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.root = make("Origin Pull Root", ca=True)
        self.intermediate = make("Origin Pull Intermediate", self.root, ca=True)
        self.other_root = make("Origin Pull Root", ca=True)
        self.next_root = make("Origin Pull Root 2", ca=True)
        self.right = make("cloudflare", self.root)
        self.same_ca = make("cloudflare", self.root)
        self.successor = make("cloudflare", self.next_root)
        self.below = make("cloudflare", self.intermediate)
        self.clients = {
            "right": self.right,
            "same_ca": self.same_ca,
            "other_ca": make("cloudflare", self.other_root),
            "self_signed": make("cloudflare"),
            "expired": make("cloudflare", self.root, days=-1),
            "server_auth": make("cloudflare", self.root, usage=SERVER_AUTH),
        }
        for name, client in self.clients.items():
            self._keep(name, client)
        self._keep("below", self.below, self.intermediate.pem)
        self._keep("bare", self.below)
        self._keep("successor", self.successor)
        self.own_anchor = make("cloudflare")
        self._keep("own_anchor", self.own_anchor)
        server = make(HOSTNAME, self.other_root, usage=SERVER_AUTH, names=(HOSTNAME,))
        self._keep("server", server)
        self.write("server_ca.pem", self.other_root.pem)
        self.write("ca.pem", self.root.pem)
        foreign = (self.other_root, self.next_root)
        self.write("foreign.pem", "".join(root.pem for root in foreign))
        self.write(
            "foreign_lists.pem", "".join(root.pem + revocation_list(root) for root in foreign)
        )
        self.write("crl.pem", revocation_list(self.root, self.same_ca))

    def _keep(self, name: str, signer: Signer, chain: str = "") -> None:
        self.write(f"{name}.pem", signer.pem + chain)
        self.write(f"{name}.pem.key", signer.key_pem)

    def write(self, name: str, text: str) -> None:
        descriptor = os.open(self.path / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)

    def file(self, name: str) -> str:
        return str(self.path / name)
