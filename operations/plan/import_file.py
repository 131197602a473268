"""A zone as Cloudflare holds it, as a configuration and as the resources that it would make.

Pure. `pulumi import` cannot read dynamic resources (pulumi/pulumi#16175), but takes an import
file with inputs and outputs as they are (pulumi 3.254 and newer). Both hold `__provider`, the
reference to the provider's class; the inputs are those that `check` would make of the
configuration's, so that the preview afterwards is empty.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from providers.api.answers import Level, UploadedCertificate
from providers.hostname_bindings import HostnameBindingsInputs
from providers.lifecycle import certificate
from providers.lifecycle.certificate_inputs import CertificateInputs
from providers.lifecycle.tls_mode import WITHOUT_TLS
from providers.plugin.provider import Props, to_state
from providers.upload_ledger import UploadLedgerInputs, first_outputs
from providers.values import pem
from providers.values.inputs import SUBJECT
from providers.values.text import short
from providers.zone_setting import ZoneSettingInputs

from ..text import Text, Untrusted, text
from .import_issued import IssuedMatch, IssuedMatches
from .kinds import (
    HOSTNAME_BINDINGS,
    HOSTNAME_CERTIFICATE,
    ISSUED_HOSTNAME_CERTIFICATE,
    ISSUED_ZONE_CERTIFICATE,
    UPLOAD_LEDGER,
    ZONE_CERTIFICATE,
    ZONE_SETTING,
    Kind,
)
from .live import LiveZone
from .preview import COMPONENT

OWN, SHARED = "origin_tls_client_auth", "tls_client_auth"
# How the other resources of a zone are called, after the zone's name.
PARTS = ("zone", "hostnames", "uploads", "ssl", SHARED, OWN)
GIVEN: Mapping[Level, Kind] = {"zone": ZONE_CERTIFICATE, "hostname": HOSTNAME_CERTIFICATE}
ISSUED: Mapping[Level, Kind] = {
    "zone": ISSUED_ZONE_CERTIFICATE,
    "hostname": ISSUED_HOSTNAME_CERTIFICATE,
}


@dataclass
class Imported:
    """`zone` is the value of the configuration, `issuers` the sections that it needs, by name,
    `certificates` the PEM texts of given certificates by label, `resources` those of the import
    file, `notes` what is not taken over, and why."""

    name: str
    zone: dict[str, Any] = field(default_factory=dict)
    issuers: dict[str, Any] = field(default_factory=dict)
    certificates: dict[str, str] = field(default_factory=dict)
    resources: list[dict[str, Any]] = field(default_factory=list)
    notes: list[Text] = field(default_factory=list)


class Writer:
    """Takes a zone over at the time `now`.

    :param folder: where the configuration finds the given certificates.
    :param matches: which certificates become ones that an issuer signs.
    """

    def __init__(self, live: LiveZone, folder: str, matches: IssuedMatches, now: datetime) -> None:
        self.live = live
        self.folder = folder
        self.matches = matches
        self.now = now
        self.made = Imported(live.name)
        self.entries: dict[Level, dict[str, str]] = {"zone": {}, "hostname": {}}
        self.common: dict[str, Any] = {"zone_id": live.config.zone_id}
        if live.config.token_env:
            self.common["token_env"] = live.config.token_env
        self.made.zone |= self.common

    def write(self) -> Imported:
        """Everything that the configuration can say of the zone."""
        self.made.resources.append({"type": COMPONENT, "name": self.live.name, "component": True})
        facts = self.live.facts
        if facts.ssl in WITHOUT_TLS or facts.ssl is None:
            template = "the SSL mode is {mode}, which a stack cannot want: it is left out"
            self.made.notes.append(text(template, mode=Untrusted(facts.ssl or "not readable")))
        else:
            self.made.zone["ssl"] = facts.ssl
            self._setting("ssl", facts.ssl)
        if facts.shared is not None:
            self.made.zone["shared_certificate"] = facts.shared
            self._setting(SHARED, facts.shared)
        self._zone_level()
        self._hostname_level()
        self._uploads()
        self.made.notes += self.matches.notes
        return self.made

    def _uploads(self) -> None:
        if not any(self.entries.values()):
            return
        inputs = UploadLedgerInputs(
            **self.common,
            zone_certificates=self.entries["zone"],
            hostname_certificates=self.entries["hostname"],
        )
        zone_id = self.live.config.zone_id
        outs = to_state(inputs) | first_outputs(inputs, self.now)
        self._resource(UPLOAD_LEDGER, "uploads", zone_id, to_state(inputs), outs)

    def _zone_level(self) -> None:
        records = self.live.certificates["zone"]
        in_force = [r for r in records if r.is_active][-1:]
        is_on = self.live.facts.own == "on"
        for record in in_force if is_on else ():
            self.made.zone["zone_certificate"] = self._certificate("zone", "zone", record)
            self._setting(OWN, "on")
        for record in records:
            if not is_on or record not in in_force:
                why = "is not in force" if is_on else "is there, and the zone's switch is off"
                template = "zone certificate {it} {why}: it is left out"
                self.made.notes.append(text(template, it=Untrusted(short(record.sha256)), why=why))

    def _hostname_level(self) -> None:
        taken: dict[str, Any] = {}
        shown: dict[str, Props] = {}
        for record in self.live.certificates["hostname"]:
            rows = {h: s for h, s in self.live.facts.hostnames.items() if _is_of(s, record)}
            label = self._label(rows, record, taken)
            taken[label] = {
                **self._certificate("hostname", label, record),
                "hostnames": {name: "on" if row.enabled else "off" for name, row in rows.items()},
            }
            zone = self.live.name
            if any(h != zone and not h.endswith(f".{zone}") for h in rows):
                taken[label]["external"] = True
            for name, row in rows.items():
                shown[name] = {
                    "cert_id": record.id,
                    "enabled": row.enabled,
                    "certificate_sha256": record.sha256,
                }
        if taken:
            self.made.zone["hostname_certificates"] = taken
        for name in sorted(set(self.live.facts.hostnames) - set(shown)):
            template = "{name} shows a certificate that the zone does not list: it is left out"
            self.made.notes.append(text(template, name=Untrusted(name)))
        if shown:
            inputs = HostnameBindingsInputs.model_validate({**self.common, "bindings": shown})
            zone_id = self.live.config.zone_id
            self._resource(HOSTNAME_BINDINGS, "hostnames", zone_id, to_state(inputs))

    def _label(
        self, rows: Mapping[str, Any], record: UploadedCertificate, taken: Mapping[str, Any]
    ) -> str:
        """Names a certificate after its first hostname, else after its fingerprint."""
        first = re.sub(r"[^a-z0-9-]", "-", min(rows, default="").partition(".")[0])
        clear = first not in ("", *PARTS) and first not in taken
        return first if clear else f"certificate-{short(record.sha256)}"

    def _certificate(self, level: Level, label: str, record: UploadedCertificate) -> dict[str, str]:
        """Adds a certificate's resource; answers what the configuration says of it."""
        match = self.matches.match(level, record)
        if match is None:
            return self._given(level, label, record)
        return self._issued(match, level, label, record)

    def _issued(
        self, match: IssuedMatch, level: Level, label: str, record: UploadedCertificate
    ) -> dict[str, str]:
        self.made.issuers[match.issuer.config.name] = match.issuer.section
        self.entries[level][label] = SUBJECT + match.wish.common_name
        inputs, parsed = match.inputs(self.common), pem.read_certificate(record.certificate)
        outs = inputs | certificate.outputs(parsed, record.uploaded_on, [])
        self._resource(ISSUED[level], label, record.id, inputs, outs)
        return match.configuration()

    def _given(self, level: Level, label: str, record: UploadedCertificate) -> dict[str, str]:
        self.made.certificates[label] = record.certificate
        self.entries[level][label] = record.certificate
        parsed, key = pem.read_certificate(record.certificate), self._key(label)
        inputs = CertificateInputs(**self.common, certificate=parsed.pem, private_key=key)
        outs = to_state(inputs) | certificate.outputs(parsed, record.uploaded_on, [])
        added = {name: outs[name] for name in ("certificate_sha256", "expires_on")}
        self._resource(GIVEN[level], label, record.id, {**to_state(inputs), **added}, outs)
        return {"certificate": f"file:{self.folder}/{label}.pem", "private_key": key}

    def _key(self, label: str) -> str:
        word = re.sub(r"[^A-Z0-9]+", "_", f"{self.live.name}_{label}".upper())
        return f"env:AOP_KEY_{word}"

    def _setting(self, setting: str, value: str) -> None:
        given = {**self.common, "setting": setting, "value": value}
        inputs = to_state(ZoneSettingInputs.model_validate(given))
        identifier = f"{self.live.config.zone_id}/{setting}"
        outs = {**inputs, "found": value}
        self._resource(ZONE_SETTING, setting, identifier, inputs, outs)

    def _resource(
        self, kind: Kind, label: str, identifier: str, inputs: Props, outputs: Props | None = None
    ) -> None:
        zone = self.live.name
        self.made.resources.append(
            kind.import_entry(f"{zone}-{label}", identifier, zone, inputs, outputs or inputs)
        )


def _is_of(shown: Any, record: UploadedCertificate) -> bool:
    return bool(shown.certificate.cert_id == record.id)


PROGRAM = '''"""{stack}: {zone}, as it was found at Cloudflare."""

import pulumi

from .alerts import warn
from .config import load
from .protected_zone import ProtectedZone


def program() -> None:
    """Protects every zone of `stacks/Pulumi.{stack}.yaml`."""
    environment = load()
    warn(environment.alerts)
    for name, zone in environment.zones.items():
        protected = ProtectedZone(name, zone)
        pulumi.export(name, protected.summary)
'''
