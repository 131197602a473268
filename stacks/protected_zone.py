"""ProtectedZone: the levels of Authenticated Origin Pulls in one zone, in the right order.

Mode, the note of what will be uploaded, certificates, switches, bindings. Everything that goes
off depends on everything that goes on, so that moving a hostname between levels has no instant
without a certificate; a level that is removed from the configuration is a removed resource, which
Pulumi deletes last.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi

from providers import (
    HostnameBindings,
    HostnameCertificate,
    UploadLedger,
    ZoneCertificate,
    ZoneSetting,
)

from .config import KeyPair, ZoneConfig, declared_in

SHARED = "tls_client_auth"
OWN = "origin_tls_client_auth"


class ProtectedZone(pulumi.ComponentResource):
    """One zone and the client certificates that Cloudflare presents to its origins.

    :param name: the zone's name; the names of the parts start with it.
    :param zone: what is wanted, from the configuration.
    :param guard: protect the switches and bindings against deletion, and the hostnames inside
        the map against removal unless `allow_removal` lists them.
    """

    summary: pulumi.Output[dict[str, Any]]

    def __init__(
        self,
        name: str,
        zone: ZoneConfig,
        *,
        guard: bool = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("aop:index:ProtectedZone", name, None, opts)
        self._name = name
        self._zone = zone
        self._guard = guard
        self._common: dict[str, Any] = {
            "zone_id": zone.zone_id,
            "token_env": zone.token_env,
            "wait_seconds": zone.wait_seconds,
            "moved_from": zone.moved_from or zone.zone_id,
            "declared_in": declared_in(name),
        }
        modes = [self._setting("ssl", zone.ssl, [])] if zone.ssl else []
        self._own = self._zone_certificate(zone.zone_certificate, uploads := self._uploads())
        self._hostname_certificates = {
            label: HostnameCertificate(
                f"{name}-{label}",
                certificate=pair.pem(),
                private_key=pair.key(),
                passphrase=pair.passphrase,
                warn_days=self._zone.warn_days,
                opts=self._options(uploads),
                **self._common,
            )
            for label, pair in zone.hostname_certificates.items()
        }
        going_on = self._switches_on(modes)
        bindings = self._bindings([*modes, *going_on])
        if zone.shared_certificate == "off":
            self._setting(SHARED, "off", [*going_on, *([bindings] if bindings else [])])
        self.summary = pulumi.Output.from_input(self._summary())
        self.register_outputs({"summary": self.summary})

    def _options(
        self, after: Sequence[pulumi.Resource], protect: bool = False
    ) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=list(after), protect=protect)

    def _setting(self, setting: str, value: str, after: Sequence[pulumi.Resource]) -> ZoneSetting:
        return ZoneSetting(
            f"{self._name}-{setting}",
            setting=setting,
            value=value,
            require_tls=self._zone.require_tls,
            opts=self._options(after, protect=self._guard),
            **self._common,
        )

    def _uploads(self) -> list[pulumi.Resource]:
        """What has to be in state before a certificate is uploaded; nothing without one."""
        own = self._zone.zone_certificate
        pairs = self._zone.hostname_certificates
        if own is None and not pairs:
            return []
        uploads = UploadLedger(
            f"{self._name}-uploads",
            zone_certificates={"zone": own.pem()} if own else None,
            hostname_certificates={label: pair.pem() for label, pair in pairs.items()} or None,
            opts=self._options([]),
            **self._common,
        )
        return [uploads]

    def _zone_certificate(
        self, pair: KeyPair | None, after: Sequence[pulumi.Resource]
    ) -> ZoneCertificate | None:
        if pair is None:
            return None
        return ZoneCertificate(
            f"{self._name}-zone",
            certificate=pair.pem(),
            private_key=pair.key(),
            passphrase=pair.passphrase,
            warn_days=self._zone.warn_days,
            overwrite=self._zone.overwrite,
            opts=self._options(after),
            **self._common,
        )

    def _switches_on(self, modes: Sequence[pulumi.Resource]) -> list[pulumi.Resource]:
        switches: list[pulumi.Resource] = []
        if self._zone.shared_certificate == "on":
            switches.append(self._setting(SHARED, "on", modes))
        if self._own is not None:
            switches.append(self._setting(OWN, "on", [*modes, self._own]))
        return switches

    def _bindings(self, after: Sequence[pulumi.Resource]) -> HostnameBindings | None:
        shown: dict[str, dict[str, Any]] = {}
        for label, pair in self._zone.hostname_certificates.items():
            certificate = self._hostname_certificates[label]
            for hostname, switch in pair.hostnames.items():
                shown[hostname] = {
                    "cert_id": certificate.id,
                    "enabled": switch == "on",
                    "certificate_sha256": certificate.certificate_sha256,
                }
        if not shown:
            return None
        return HostnameBindings(
            f"{self._name}-hostnames",
            bindings=shown,
            guard=self._guard,
            allow_removal=list(self._zone.allow_removal),
            overwrite=self._zone.overwrite,
            require_tls=self._zone.require_tls,
            max_hostnames_per_certificate=self._zone.max_hostnames_per_certificate,
            opts=self._options(after, protect=self._guard),
            **self._common,
        )

    def _summary(self) -> dict[str, Any]:
        """What people look for after `up`: who shows what, until when."""
        hostnames = {}
        for label, pair in self._zone.hostname_certificates.items():
            certificate = self._hostname_certificates[label]
            for hostname, switch in pair.hostnames.items():
                hostnames[hostname] = _facts(certificate) if switch == "on" else "no certificate"
        if self._own is not None:
            rest: Any = _facts(self._own)
        elif self._zone.shared_certificate == "on":
            rest = "Cloudflare's shared certificate"
        else:
            rest = "not managed here"
        return {
            "ssl": self._zone.ssl or "not managed here",
            "shared_certificate": self._zone.shared_certificate or "not managed here",
            "hostnames": hostnames,
            "other_hostnames": rest,
        }


def _facts(certificate: ZoneCertificate | HostnameCertificate) -> dict[str, Any]:
    return {
        "cert_id": certificate.id,
        "certificate_sha256": certificate.certificate_sha256,
        "expires_on": certificate.expires_on,
    }
