"""The certificates of a zone in a stack's file: given ones with their keys, and issued ones."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated, Any

import pulumi
from pydantic import (
    PlainValidator,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from origins import bundle, chain_depth, pin
from providers import (
    CommonName,
    Hostname,
    KeyKind,
    LifeDays,
    Reference,
    Switch,
    UnreadableReference,
    renewal_fault,
    require_matching_key,
)

from .fields import CertificateFile, KeyReference, each_once
from .issuer_config import IssuerConfig, issuer_named
from .section import NAMESPACE, Section, read_authorities, read_leaf


class KeyPair(Section):
    """A certificate (`file:PATH`) and its key (`env:NAME`, `file:PATH` or `secret:KEY`).

    `passphrase` is the one of an encrypted key, `env:NAME` or `file:PATH`.
    `ca` is the CA that signed it, with its intermediates, `file:PATH`: what the origin trusts.
    """

    certificate: CertificateFile
    private_key: KeyReference
    passphrase: Reference | None = None
    ca: CertificateFile | None = None

    def pem(self, file: str = "") -> str:
        """The PEM of the leaf alone; `pulumi.RunError` as `read_authorities`."""
        return read_leaf(self.certificate, file)

    def require_issuer(self, where: str = "", file: str = "") -> None:
        """`pulumi.RunError` when `ca` did not sign the certificate: origins would refuse it.

        :param where: what the error begins with, before `ca`.
        """
        if self.ca is None:
            return
        certificate, authority = self.pem(file), read_authorities(self.ca, file)
        try:
            pin(certificate)
        except ValueError:
            # The resource says what is wrong with the text of its certificate.
            return
        try:
            chain_depth(certificate, bundle(authority))
        except ValueError as error:
            raise pulumi.RunError(
                f"{where}ca: {error} Give the CA that signed the certificate; the CA before a"
                " change stays under origin.also_trust (docs/rotation.md)."
            ) from None

    def require_key(self, where: str = "", file: str = "") -> None:
        """`pulumi.RunError` when what can be read is no certificate and its key.

        A key that cannot be read is no fault here: previews need none (law 4).
        """
        if self.private_key.startswith("secret:"):
            return
        try:
            require_matching_key(self.pem(file), self.private_key, self.passphrase, os.environ)
        except UnreadableReference:
            return
        except ValueError as error:
            kind, _, fault = str(error).partition(": ")
            reference = self.certificate if kind == "certificate" else self.private_key
            raise pulumi.RunError(f"{where}{kind} ({reference}): {fault}") from None

    def key(self) -> pulumi.Input[str]:
        """What a certificate resource takes as `private_key`."""
        kind, _, name = self.private_key.partition(":")
        if kind == "secret":
            return pulumi.Config(NAMESPACE).require_secret(name)
        return self.private_key


class IssuedCertificateConfig(Section):
    """A certificate that an issuer of `aop:issuers` signs, and that renews itself.

    `common_name` is the subject, by default PROJECT.STACK.ZONE.LABEL. The other keys are the inputs
    of `IssuedZoneCertificate` by the same names.
    """

    issuer: Annotated[IssuerConfig, PlainValidator(issuer_named)]
    common_name: CommonName = ""
    key: KeyKind = "ecdsa-p256"
    days: LifeDays | None = None
    renew_days: LifeDays | None = None

    @model_validator(mode="before")
    @classmethod
    def _has_no_key_pair(cls, value: Any) -> Any:
        given = [name for name in KeyPair.model_fields if isinstance(value, dict) and name in value]
        if given == ["ca"]:
            raise ValueError("ca: stands at the issuer, for all of its certificates. Remove it.")
        if given:
            raise ValueError(
                f"{given[0]}: stands beside issuer. Keep one of both: an issuer signs for a new"
                " key, which is at Cloudflare alone."
            )
        return value

    @model_validator(mode="after")
    def _is_not_due_at_once(self) -> IssuedCertificateConfig:
        if fault := renewal_fault(self.issuer.issuer, self.days, self.renew_days):
            raise ValueError(fault)
        return self

    def ca_pem(self, file: str = "") -> str:
        """The PEM of what the origins trust; `pulumi.RunError` as `read_authorities`."""
        return self.issuer.authorities(file)


class _Bound(Section):
    """The hostnames of a certificate: a list, or a map to `on` or `off` (no certificate at all).

    `external: true` allows hostnames outside the zone's name (Cloudflare for SaaS).
    """

    hostnames: Annotated[dict[Hostname, Switch], WrapValidator(each_once)]
    external: bool = False


class HostnameCertificateConfig(KeyPair, _Bound):
    """A certificate for hostnames, given with its key."""


class IssuedHostnameCertificateConfig(IssuedCertificateConfig, _Bound):
    """A certificate for hostnames that renews itself."""


def is_issued(value: Any) -> bool:
    """Whether a certificate of the file is to be issued: `issuer` stands there."""
    return isinstance(value, IssuedCertificateConfig) or (
        isinstance(value, Mapping) and "issuer" in value
    )


def _one_of(given: type[Section], issued: type[Section]) -> WrapValidator:
    """Takes a certificate for one of two kinds, so that a fault is told of that kind alone."""

    def validate(value: Any, _: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        kind = issued if is_issued(value) else given
        return kind.model_validate(value, context=info.context)

    return WrapValidator(validate)


AnyCertificateConfig = Annotated[
    KeyPair | IssuedCertificateConfig, _one_of(KeyPair, IssuedCertificateConfig)
]
AnyHostnameCertificateConfig = Annotated[
    HostnameCertificateConfig | IssuedHostnameCertificateConfig,
    _one_of(HostnameCertificateConfig, IssuedHostnameCertificateConfig),
]
