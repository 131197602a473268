"""What a stack's state says of Cloudflare: its certificates, and its zones as facts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from providers.api.answers import Level

from .presented import ZoneFacts


@dataclass(frozen=True)
class HeldCertificate:
    """A certificate in a stack's state; `life` is the time from its first instant to its last.

    `is_going`: a run that was cut off has left its deletion to the next one. `renews_on` is
    when the renewal of an issued one is due, RFC 3339.
    """

    stack: str
    name: str
    level: Level
    zone_id: str
    cert_id: str
    sha256: str
    expires_on: str
    life: timedelta | None = None
    warn_days: float | None = None
    is_going: bool = False
    renews_on: str = ""


@dataclass(frozen=True)
class HeldState:
    """What a stack holds: certificates, and by zone id the settings and hostnames it has set.

    `token_envs` are the names of the variables with the zones' tokens, where a zone has its own;
    `subjects`, each `CN=NAME`, those for which issuers sign.
    """

    certificates: tuple[HeldCertificate, ...]
    zones: Mapping[str, ZoneFacts] = field(default_factory=dict)
    token_envs: Mapping[str, str] = field(default_factory=dict)
    subjects: frozenset[str] = frozenset()

    @property
    def ids(self) -> set[str]:
        """Cloudflare's ids of the certificates."""
        return {held.cert_id for held in self.certificates}

    @property
    def hostnames(self) -> set[tuple[str, str]]:
        """The hostnames that the stack binds, each with the id of its zone."""
        return {(key, name) for key, zone in self.zones.items() for name in zone.hostnames}

    def zone(self, zone_id: str) -> ZoneFacts:
        """The state's picture of a zone; empty where the stack holds nothing of that zone."""
        return self.zones.get(zone_id) or ZoneFacts(zone_id)

    def certificates_of(self, zone_id: str) -> list[HeldCertificate]:
        """The certificates of a zone that are there to stay."""
        return [c for c in self.certificates if c.zone_id == zone_id and not c.is_going]
