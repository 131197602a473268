"""`IssuedZoneCertificate` and `IssuedHostnameCertificate`: nobody knows them before `up`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from providers.issued_hostname_certificate import IssuedHostnameCertificateProvider
from providers.issued_zone_certificate import IssuedZoneCertificateProvider
from providers.plugin.provider import Props as Inputs
from providers.values.inputs import SUBJECT

from ...text import Text, Untrusted, day, text
from ..presented import CertificateFacts
from ..preview import Props, Resource
from ..renewal import renews_on
from .certificate import (
    CertificateKind,
    HostnameCertificateKind,
    ZoneCertificateKind,
    certificate_of,
)
from .kind import inputs_but, known, takes_note


class IssuedCertificateKind(CertificateKind):
    """What both levels have in common: the certificate stands in the outputs alone."""

    renews_itself = True

    def subjects(self, props: Inputs) -> set[str]:
        return {SUBJECT + known(props.get("common_name"))}

    def certificate(self, resource: Resource, props: Props) -> CertificateFacts | None:
        if props is resource.new and resource.is_to_come:
            return CertificateFacts(renews_itself=True, ca=known(props.get("ca")))
        held = certificate_of(resource, resource.outputs)
        due = renews_on(held.pem, props.get("renew_days"))
        return replace(held, cert_id=resource.old_id, renews_itself=True, renews_on=due)

    def steps(self, resource: Resource, zone: Untrusted) -> Iterator[Text]:
        props = resource.new or {}
        if resource.op == "update":
            yield takes_note(resource)
            return
        template = (
            "{name}: {renewed}asks issuer {issuer} for a certificate for {subject}, and uploads it"
            " for {level} of {zone}; or adopts what an earlier run had signed"
        )
        yield text(
            template,
            name=Untrusted(resource.name),
            renewed=self._renewed(resource),
            issuer=Untrusted(known(props.get("issuer_name"))),
            subject=Untrusted(known(props.get("common_name"))),
            level=self.holders,
            zone=zone,
        )

    def is_renewal(self, resource: Resource) -> bool:
        is_due = resource.op == "replace" and resource.replaced_for == ("certificate_sha256",)
        return (
            is_due and not resource.has_gap and inputs_but(resource.old) == inputs_but(resource.new)
        )

    def _renewed(self, resource: Resource) -> Text:
        ends = day(known(resource.outputs.get("expires_on")))
        return text("renewed, ends {ends}: ", ends=ends) if resource.op == "replace" else ()


class IssuedZoneCertificateKind(IssuedCertificateKind, ZoneCertificateKind):
    """A zone certificate that renews itself."""

    name = "IssuedZoneCertificate"
    provider = IssuedZoneCertificateProvider


class IssuedHostnameCertificateKind(IssuedCertificateKind, HostnameCertificateKind):
    """A certificate for hostnames that renews itself."""

    name = "IssuedHostnameCertificate"
    provider = IssuedHostnameCertificateProvider
