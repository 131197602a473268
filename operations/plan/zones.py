"""The zones before and after a plan, as far as the plan's file knows them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from providers.values import pem

from ..presented import Certificate, Shown, ZonePicture
from .preview import Preview, Props, Resource, is_unknown

Zones = dict[str, ZonePicture]
SWITCHES = {"tls_client_auth": "shared", "origin_tls_client_auth": "own", "ssl": "ssl"}
CERTIFICATES = ("ZoneCertificate", "HostnameCertificate")
HOLDERS = ("HostnameBinding", "HostnameBindings")
UPLOADS = "CertificateUploads"


def pictures(preview: Preview) -> tuple[Zones, Zones]:
    """Before and after, by zone id."""
    known = Certificates(preview)
    before, after = _Side(preview, known), _Side(preview, known)
    if preview.hides_sames:
        for side in (before, after):
            side.assume(preview)
    ours = [r for r in preview.resources if r.kind and not r.is_leftover]
    for resource in ours:
        if resource.old is not None:
            before.add(resource, resource.old)
            after.take_away(resource, resource.old)
    for resource in ours:
        if resource.new is not None:
            after.add(resource, resource.new)
    for resource in ours:
        if resource.op == "delete" and resource.kind == "ZoneSetting":
            after.leave(resource)
    return before.zones, after.zones


class Certificates:
    """What the plan's file says of certificates, by fingerprint and by id."""

    def __init__(self, preview: Preview) -> None:
        self._by_sha256: dict[str, Certificate] = {}
        self._by_id: dict[str, Certificate] = {}
        for resource in preview.resources:
            for props in (resource.old, resource.new):
                if props is not None and resource.kind in CERTIFICATES:
                    self._note(certificate_of(resource, props))
        for summary in preview.summaries.values():
            for item in [*_map(summary.get("hostnames")).values(), summary.get("other_hostnames")]:
                if isinstance(item, Mapping):
                    self._note(_summarised(item))

    def _note(self, certificate: Certificate) -> None:
        if certificate.sha256:
            richer = self._by_sha256.get(certificate.sha256, certificate)
            kept = richer if richer.issuer else certificate
            if not kept.cert_id:
                kept = replace(kept, cert_id=certificate.cert_id)
            self._by_sha256[certificate.sha256] = kept
        if certificate.cert_id:
            self._by_id[certificate.cert_id] = certificate

    def find(self, sha256: object, cert_id: object) -> Certificate:
        """By fingerprint, else by id; a bare one for a certificate that the file does not hold."""
        if isinstance(sha256, str) and not is_unknown(sha256) and sha256:
            return self._by_sha256.get(sha256, Certificate(sha256=sha256))
        if isinstance(cert_id, str) and not is_unknown(cert_id):
            found = self._by_id.get(cert_id, Certificate(cert_id=cert_id))
            return self._by_sha256.get(found.sha256, found)
        return Certificate()


def certificate_of(resource: Resource, props: Props) -> Certificate:
    """From the inputs of a certificate's resource; the issuer is read in the PEM."""
    is_old = props is resource.old
    text = props.get("certificate")
    try:
        parsed = pem.read_certificate(text) if isinstance(text, str) else None
    except pem.PemError:
        parsed = None
    sha256, expires_on = props.get("certificate_sha256"), props.get("expires_on")
    told = resource.outputs.get("issuer") if is_old else None
    return Certificate(
        sha256=parsed.sha256 if parsed else _known(sha256),
        expires_on=parsed.expires_on if parsed else _known(expires_on),
        issuer=parsed.issuer if parsed else _known(told),
        cert_id=resource.old_id if is_old else "",
        issuer_key=parsed.authority_key.hex() if parsed else "",
    )


class _Side:
    """The zones on one side of the plan."""

    def __init__(self, preview: Preview, known: Certificates) -> None:
        self.zones: Zones = {}
        self._names = preview.zone_names
        self._known = known

    def zone(self, zone_id: object) -> ZonePicture:
        key = zone_id.lower() if isinstance(zone_id, str) and not is_unknown(zone_id) else ""
        return self.zones.setdefault(key, ZonePicture(key, self._names.get(key, "")))

    def assume(self, preview: Preview) -> None:
        """Unchanged resources are not in the file: what the stack's outputs say stands in."""
        for zone_id, name in self._names.items():
            summary = preview.summaries.get(name)
            if summary is None:
                continue
            zone = self.zone(zone_id)
            zone.ssl = _managed(summary.get("ssl"))
            zone.shared = _managed(summary.get("shared_certificate"))
            rest = summary.get("other_hostnames")
            if isinstance(rest, Mapping):
                zone.own = "on"
                zone.certificates = [self._of_summary(rest)]
            for hostname, item in _map(summary.get("hostnames")).items():
                is_on = isinstance(item, Mapping)
                certificate = self._of_summary(item) if is_on else Certificate()
                zone.hostnames[hostname] = Shown(certificate, is_on)

    def _of_summary(self, item: Mapping[str, Any]) -> Certificate:
        return self._known.find(item.get("certificate_sha256"), item.get("cert_id"))

    def add(self, resource: Resource, props: Props) -> None:
        """What the resource provides, with these inputs."""
        zone = self.zone(props.get("zone_id"))
        if resource.kind == "ZoneSetting":
            _set(zone, props.get("setting"), _word(props.get("value")))
        elif resource.kind == "ZoneCertificate":
            certificate = self._certificate(resource, props)
            zone.certificates = [c for c in zone.certificates if c.sha256 != certificate.sha256]
            zone.certificates.append(certificate)
        for hostname, cert_id, enabled, sha256 in bound(resource, props):
            certificate = self._known.find(sha256, cert_id)
            zone.hostnames[hostname] = Shown(certificate, enabled, resource.urn)

    def take_away(self, resource: Resource, props: Props) -> None:
        """The opposite; whatever another resource provides is added again afterwards."""
        zone = self.zone(props.get("zone_id"))
        if resource.kind == "ZoneSetting":
            _set(zone, props.get("setting"), None)
        elif resource.kind == "ZoneCertificate":
            sha256 = certificate_of(resource, props).sha256
            zone.certificates = [c for c in zone.certificates if c.sha256 != sha256]
        for hostname, *_ in bound(resource, props):
            zone.hostnames.pop(hostname, None)

    def leave(self, resource: Resource) -> None:
        """What a deleted setting leaves behind: `on_destroy`, by default what was found."""
        props = resource.old or {}
        zone = self.zone(props.get("zone_id"))
        name = SWITCHES.get(str(props.get("setting")), "")
        if not name or getattr(zone, name) is not None:
            return
        after = on_destroy(props)
        if after == "keep":
            value = props.get("value")
        elif after == "restore":
            value = resource.outputs.get("found")
        else:
            value = after
        setattr(zone, name, _word(value))

    def _certificate(self, resource: Resource, props: Props) -> Certificate:
        certificate = certificate_of(resource, props)
        known = self._known.find(certificate.sha256, None) if certificate.sha256 else certificate
        return replace(known, cert_id=certificate.cert_id or known.cert_id)


def on_destroy(props: Props) -> object:
    """What a setting does when it is deleted: `keep`, `restore` or a value."""
    return props.get("on_destroy") or ("keep" if props.get("setting") == "ssl" else "restore")


def bound(resource: Resource, props: Props) -> Iterable[tuple[str, object, bool, object]]:
    """(hostname, cert_id, enabled, certificate_sha256) of each hostname of a binding resource."""
    if resource.kind == "HostnameBinding" and isinstance(props.get("hostname"), str):
        enabled = props.get("enabled") is not False
        yield props["hostname"], props.get("cert_id"), enabled, props.get("certificate_sha256")
    if resource.kind == "HostnameBindings":
        for hostname, item in _map(props.get("bindings")).items():
            shown = item if isinstance(item, Mapping) else {"cert_id": item}
            enabled = shown.get("enabled") is not False
            yield hostname, shown.get("cert_id"), enabled, shown.get("certificate_sha256")


def uploads(props: Props) -> set[str]:
    """The fingerprints that a `CertificateUploads` notes."""
    levels = (_map(props.get(f"{level}_certificates")) for level in ("zone", "hostname"))
    return {_known(sha256) for level in levels for sha256 in level.values()}


def _set(zone: ZonePicture, setting: object, value: str | None) -> None:
    name = SWITCHES.get(str(setting))
    if name:
        setattr(zone, name, value)


def _word(value: object) -> str | None:
    if isinstance(value, bool):
        return "on" if value else "off"
    return value if isinstance(value, str) and not is_unknown(value) else None


def _managed(value: object) -> str | None:
    return value if isinstance(value, str) and " " not in value else None


def _known(value: object) -> str:
    return value if isinstance(value, str) and not is_unknown(value) else ""


def _summarised(item: Mapping[str, Any]) -> Certificate:
    sha256, expires_on = _known(item.get("certificate_sha256")), _known(item.get("expires_on"))
    return Certificate(sha256, expires_on, cert_id=_known(item.get("cert_id")))


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
