"""The zones before and after a plan, as far as the plan's file knows them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .kinds import as_map, kind_of, known
from .presented import BindingFacts, CertificateFacts, ZoneFacts
from .preview import Preview, Props, Resource, is_unknown

Zones = dict[str, ZoneFacts]


def zones_of(preview: Preview) -> tuple[Zones, Zones]:
    """Before and after, by zone id."""
    index = CertificateIndex(preview)
    before, after = _Side(preview, index), _Side(preview, index)
    if preview.hides_sames:
        for side in (before, after):
            side.assume(preview)
    ours = [r for r in preview.resources if r.kind and kind_of(r).is_of_zone and not r.is_leftover]
    for resource in ours:
        if resource.old is not None:
            before.add(resource, resource.old)
            after.take_away(resource, resource.old)
    for resource in ours:
        if resource.new is not None:
            after.add(resource, resource.new)
    for resource in ours:
        if resource.op == "delete":
            after.leave(resource)
    return before.zones, after.zones


class CertificateIndex:
    """What the plan's file says of certificates, by fingerprint and by id."""

    def __init__(self, preview: Preview) -> None:
        self._by_sha256: dict[str, CertificateFacts] = {}
        self._by_id: dict[str, CertificateFacts] = {}
        self._to_come: dict[str, CertificateFacts] = {}
        for resource in preview.resources:
            kind = kind_of(resource)
            for props in (resource.old, resource.new):
                held = kind.certificate(resource, props) if props is not None else None
                if held is None:
                    continue
                self._note(held)
                if props is resource.new and resource.is_to_come and kind.concerns_hostnames:
                    self._to_come[resource.urn] = held
        for summary in preview.summaries.values():
            for item in [
                *as_map(summary.get("hostnames")).values(),
                summary.get("other_hostnames"),
            ]:
                if isinstance(item, Mapping):
                    self._note(_of_summary_item(item))

    def _note(self, certificate: CertificateFacts) -> None:
        if certificate.sha256:
            richer = self._by_sha256.get(certificate.sha256, certificate)
            best = richer if richer.issuer else certificate
            if not best.cert_id:
                best = replace(best, cert_id=certificate.cert_id)
            # The plan may change how long before its end a certificate is renewed.
            best = replace(best, renews_on=certificate.renews_on or best.renews_on)
            self._by_sha256[certificate.sha256] = best
        if certificate.cert_id:
            self._by_id[certificate.cert_id] = certificate

    def find(
        self, sha256: object, cert_id: object, depends_on: Sequence[str] = ()
    ) -> CertificateFacts:
        """By fingerprint, else by id; a bare one for a certificate that the file does not hold.

        The id of one that is to be uploaded is not known yet, and the fingerprint of one that is to
        be signed neither: the resources that its holder depends on say which it is, where they are
        not several that differ. A holder that names no fingerprint may mean any of them.
        """
        if isinstance(sha256, str) and not is_unknown(sha256) and sha256:
            return self._by_sha256.get(sha256, CertificateFacts(sha256=sha256))
        if isinstance(cert_id, str) and not is_unknown(cert_id):
            found = self._by_id.get(cert_id, CertificateFacts(cert_id=cert_id))
            return self._by_sha256.get(found.sha256, found)
        to_come = [self._to_come[urn] for urn in depends_on if urn in self._to_come]
        if is_unknown(sha256):
            to_come = [certificate for certificate in to_come if not certificate.sha256]
        return to_come[0] if len({(it, it.ca) for it in to_come}) == 1 else CertificateFacts()


class _Side:
    """The zones on one side of the plan."""

    def __init__(self, preview: Preview, index: CertificateIndex) -> None:
        self.zones: Zones = {}
        self._names = preview.zone_names
        self._index = index

    def zone(self, zone_id: object) -> ZoneFacts:
        key = zone_id.lower() if isinstance(zone_id, str) and not is_unknown(zone_id) else ""
        return self.zones.setdefault(key, ZoneFacts(key, self._names.get(key, "")))

    def assume(self, preview: Preview) -> None:
        """Unchanged resources are not in the file: what the stack's outputs say stands in."""
        for zone_id, name in self._names.items():
            summary = preview.summaries.get(name)
            if summary is None:
                continue
            zone = self.zone(zone_id)
            zone.ssl = _managed_by(summary.get("ssl"))
            zone.shared = _managed_by(summary.get("shared_certificate"))
            rest = summary.get("other_hostnames")
            if isinstance(rest, Mapping):
                zone.own = "on"
                zone.certificates = [self._of_summary(rest)]
            for hostname, item in as_map(summary.get("hostnames")).items():
                is_on = isinstance(item, Mapping)
                certificate = self._of_summary(item) if is_on else CertificateFacts()
                zone.hostnames[hostname] = BindingFacts(certificate, is_on)

    def _of_summary(self, item: Mapping[str, Any]) -> CertificateFacts:
        return self._index.find(item.get("certificate_sha256"), item.get("cert_id"))

    def add(self, resource: Resource, props: Props) -> None:
        """Adds what a resource with these inputs provides."""
        zone, kind = self.zone(props.get("zone_id")), kind_of(resource)
        kind.add(zone, props, self._certificate(resource, props))
        for row in kind.bindings(props):
            to_come = resource.depends_on if props is resource.new else ()
            certificate = self._index.find(row.sha256, row.cert_id, to_come)
            zone.hostnames[row.hostname] = BindingFacts(certificate, row.is_enabled, resource.urn)

    def take_away(self, resource: Resource, props: Props) -> None:
        """The opposite; whatever another resource provides is added again afterwards."""
        zone, kind = self.zone(props.get("zone_id")), kind_of(resource)
        kind.take_away(zone, props, self._certificate(resource, props))
        for row in kind.bindings(props):
            zone.hostnames.pop(row.hostname, None)

    def leave(self, resource: Resource) -> None:
        """Adds what a deleted resource leaves behind."""
        kind_of(resource).leave(self.zone((resource.old or {}).get("zone_id")), resource)

    def _certificate(self, resource: Resource, props: Props) -> CertificateFacts | None:
        certificate = kind_of(resource).certificate(resource, props)
        if certificate is None:
            return None
        found = self._index.find(certificate.sha256, None) if certificate.sha256 else certificate
        return replace(found, cert_id=certificate.cert_id or found.cert_id)


def _managed_by(value: object) -> str | None:
    return value if isinstance(value, str) and " " not in value else None


def _of_summary_item(item: Mapping[str, Any]) -> CertificateFacts:
    sha256, expires_on = known(item.get("certificate_sha256")), known(item.get("expires_on"))
    return CertificateFacts(sha256, expires_on, cert_id=known(item.get("cert_id")))
