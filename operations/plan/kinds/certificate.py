"""`ZoneCertificate` and `HostnameCertificate`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from providers.hostname_certificate import HostnameCertificateProvider
from providers.plugin.provider import Provider
from providers.values import pem
from providers.zone_certificate import ZoneCertificateProvider

from ...text import Text, Untrusted, fingerprint, join, text, zone_name
from ..presented import CertificateFacts, ZoneFacts
from ..preview import Props, Resource
from .kind import ABSENT, Deletion, Difference, Kind, Refreshed, changed_keys, known


class CertificateKind(Kind):
    """What both levels have in common."""

    holders = ""
    deleted_once = ""

    def certificate(self, resource: Resource, props: Props) -> CertificateFacts | None:
        return certificate_of(resource, props)

    def fingerprint(self, resource: Resource, props: Props) -> Text:
        """The beginning of the fingerprint, for people."""
        held = self.certificate(resource, props)
        return fingerprint(held.sha256 if held else "")

    def steps(self, resource: Resource, zone: Untrusted) -> Iterator[Text]:
        name, props = Untrusted(resource.name), resource.new or {}
        if resource.op == "update":
            template = "{name}: takes note of {it}; nothing is sent"
            yield text(template, name=name, it=changed_keys(resource))
            return
        yield text(
            "{name}: uploads certificate {it} for {level} of {zone}, or adopts it",
            name=name,
            it=self.fingerprint(resource, props),
            level=self.holders,
            zone=zone,
        )

    def undo_steps(self, resource: Resource, zone: Untrusted) -> Iterator[Text]:
        yield text(
            "{name}: deletes certificate {it} once {until}",
            name=Untrusted(resource.name),
            it=self.fingerprint(resource, resource.old or {}),
            until=self.deleted_once,
        )

    def differences(self, found: Refreshed) -> Iterator[Difference]:
        resource, new = found.resource, found.resource.new
        name = Untrusted(resource.name)
        yield Difference(
            found.resource,
            text("certificate {name} of {zone}", name=name, zone=found.zone),
            self.fingerprint(resource, resource.old or {}),
            self.fingerprint(resource, new) if new else ABSENT,
            found.since,
            found.would,
        )


class ZoneCertificateKind(CertificateKind):
    """The newest one is presented for every hostname without a certificate of its own."""

    name = "ZoneCertificate"
    level = "zone"
    provider: type[Provider[Any, Any]] = ZoneCertificateProvider
    holders = "the zone"
    deleted_once = "another one is active or the switch off"

    def add(self, zone: ZoneFacts, props: Props, certificate: CertificateFacts | None) -> None:
        if certificate is not None:
            self.take_away(zone, props, certificate)
            zone.certificates.append(certificate)

    def take_away(
        self, zone: ZoneFacts, props: Props, certificate: CertificateFacts | None
    ) -> None:
        if certificate is not None:
            sha256 = certificate.sha256
            zone.certificates = [c for c in zone.certificates if c.sha256 != sha256]

    def deletion_dangers(self, deletion: Deletion) -> Iterator[Text]:
        zone = deletion.after
        if deletion.resource.op == "delete" and not zone.certificates and zone.own != "off":
            yield text(
                "{zone}: its own certificate {it} is deleted without a successor, while the zone's"
                " switch {state}: whoever relies on it loses protection, or the deletion is"
                " refused.",
                zone=zone_name(zone.name, zone.zone_id),
                it=fingerprint(deletion.certificate.sha256),
                state="stays on" if zone.own == "on" else "is not managed here",
            )


class HostnameCertificateKind(CertificateKind):
    """Presented for the hostnames that are bound to that certificate."""

    name = "HostnameCertificate"
    level = "hostname"
    provider: type[Provider[Any, Any]] = HostnameCertificateProvider
    concerns_hostnames = True
    holders = "hostnames"
    deleted_once = "no hostname shows it"

    def deletion_dangers(self, deletion: Deletion) -> Iterator[Text]:
        old, name = deletion.certificate, fingerprint(deletion.certificate.sha256)
        bound = deletion.after.hostnames.items()
        users = [h for h, shown in bound if _is_same(shown.certificate, old) and shown.enabled]
        was_bound = any(_is_same(s.certificate, old) for s in deletion.before.hostnames.values())
        if users:
            template = (
                "certificate {it} is deleted, and {who} still shows it: the deletion will fail."
            )
            yield text(template, it=name, who=join(Untrusted(h) for h in sorted(users)))
        elif not was_bound and deletion.resource.op == "delete":
            yield text(
                "certificate {it} is deleted, and no binding of this plan showed it: if another"
                " stack or the dashboard uses it, the deletion waits and fails.",
                it=name,
            )


def certificate_of(resource: Resource, props: Props) -> CertificateFacts:
    """Reads the facts in the inputs of a certificate's resource, and the issuer in the PEM."""
    is_old = props is resource.old
    given = props.get("certificate")
    try:
        parsed = pem.read_certificate(given) if isinstance(given, str) else None
    except pem.PemError:
        parsed = None
    issuer_in_state = resource.outputs.get("issuer") if is_old else None
    return CertificateFacts(
        sha256=parsed.sha256 if parsed else known(props.get("certificate_sha256")),
        expires_on=parsed.expires_on if parsed else known(props.get("expires_on")),
        issuer=parsed.issuer if parsed else known(issuer_in_state),
        cert_id=resource.old_id if is_old else "",
        issuer_key=parsed.authority_key.hex() if parsed else "",
        pem=parsed.pem if parsed else "",
        key_kind=parsed.key_kind if parsed else "",
        life=parsed.not_after - parsed.not_before if parsed else None,
    )


def _is_same(shown: CertificateFacts, certificate: CertificateFacts) -> bool:
    if shown.sha256 and certificate.sha256:
        return shown.sha256 == certificate.sha256
    return bool(shown.cert_id) and shown.cert_id == certificate.cert_id
