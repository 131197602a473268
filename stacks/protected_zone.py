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
    IssuedHostnameCertificate,
    IssuedZoneCertificate,
    UploadLedger,
    ZoneCertificate,
    ZoneSetting,
)

from .certificate_config import IssuedCertificateConfig, KeyPair
from .config import ZoneConfig, declared_in
from .origin import to_try

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
            label: self._hostname_certificate(label, certificate, uploads)
            for label, certificate in zone.hostname_certificates.items()
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
        others = self._zone.hostname_certificates
        if own is None and not others:
            return []
        uploads = UploadLedger(
            f"{self._name}-uploads",
            zone_certificates={"zone": _entry(own)} if own else None,
            hostname_certificates={label: _entry(one) for label, one in others.items()} or None,
            opts=self._options([]),
            **self._common,
        )
        return [uploads]

    def _zone_certificate(
        self,
        wanted: KeyPair | IssuedCertificateConfig | None,
        after: Sequence[pulumi.Resource],
    ) -> ZoneCertificate | IssuedZoneCertificate | None:
        if wanted is None:
            return None
        name, overwrite, opts = f"{self._name}-zone", self._zone.overwrite, self._options(after)
        if isinstance(wanted, IssuedCertificateConfig):
            wish = self._wish(wanted)
            return IssuedZoneCertificate(
                name, overwrite=overwrite, opts=opts, **wish, **self._common
            )
        given = self._given(wanted)
        return ZoneCertificate(name, overwrite=overwrite, opts=opts, **given, **self._common)

    def _hostname_certificate(
        self,
        label: str,
        wanted: KeyPair | IssuedCertificateConfig,
        after: Sequence[pulumi.Resource],
    ) -> HostnameCertificate | IssuedHostnameCertificate:
        name, opts = f"{self._name}-{label}", self._options(after)
        if isinstance(wanted, IssuedCertificateConfig):
            return IssuedHostnameCertificate(name, opts=opts, **self._wish(wanted), **self._common)
        return HostnameCertificate(name, opts=opts, **self._given(wanted), **self._common)

    def _given(self, pair: KeyPair) -> dict[str, Any]:
        return {
            "certificate": pair.pem(),
            "private_key": pair.key(),
            "passphrase": pair.passphrase,
            "warn_days": self._zone.warn_days,
            "try_origins": to_try(self._name, self._zone, pair),
        }

    def _wish(self, wanted: IssuedCertificateConfig) -> dict[str, Any]:
        return {
            "issuer_name": wanted.issuer.name,
            "issuer_settings": wanted.issuer.settings,
            "ca": wanted.ca_pem(),
            "common_name": wanted.common_name,
            "key": wanted.key,
            "days": wanted.days,
            "renew_days": wanted.renew_days,
            "try_origins": to_try(self._name, self._zone, wanted),
        }

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


def _entry(wanted: KeyPair | IssuedCertificateConfig) -> str:
    """What the ledger takes note of before the upload."""
    if isinstance(wanted, IssuedCertificateConfig):
        return f"CN={wanted.common_name}"
    return wanted.pem()


def _facts(
    certificate: ZoneCertificate
    | HostnameCertificate
    | IssuedZoneCertificate
    | IssuedHostnameCertificate,
) -> dict[str, Any]:
    return {
        "cert_id": certificate.id,
        "certificate_sha256": certificate.certificate_sha256,
        "expires_on": certificate.expires_on,
    }
