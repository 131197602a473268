"""A zone as Cloudflare holds it now, beside what the configuration wants of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from providers.api.answers import Binding, Level, UploadedCertificate
from stacks.config import ZoneConfig

from .presented import ZoneFacts


@dataclass(frozen=True)
class LiveZone:
    """A zone now. `bindings` are those in force, by hostname; certificates oldest first."""

    name: str
    config: ZoneConfig
    facts: ZoneFacts
    certificates: Mapping[Level, list[UploadedCertificate]]
    bindings: Mapping[str, Binding] = field(default_factory=dict)

    def hostnames_showing(self, cert_id: str) -> list[str]:
        """The hostnames that show a hostname certificate, or hold it while they are voided."""
        return sorted(b.hostname for b in self.bindings.values() if b.cert_id == cert_id)
