"""What Cloudflare presents for a hostname, from what a zone holds. Pure.

Three levels, independent of each other; for one hostname the first that exists wins: its own
binding, the zone's own certificate, Cloudflare's shared one. Source: "Authenticated Origin
Pulls", https://developers.cloudflare.com/ssl/origin-configuration/authenticated-origin-pull/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from providers.lifecycle.tls_mode import WITHOUT_TLS

Level = Literal["hostname", "zone", "global", "nothing", "unknown"]
# The higher, the more a certificate proves to the origin.
RANK: dict[Level, int] = {"hostname": 3, "zone": 2, "global": 1, "nothing": 0, "unknown": 0}
ANY_OTHER = "*"


@dataclass(frozen=True)
class CertificateFacts:
    """Public facts; empty where they are not known (a new certificate has no id yet).

    `issuer_key` identifies the issuer's key, where the certificate tells it; `pem` is the public
    text, where a plan has it; `life` is the time from its first instant to its last;
    `renews_itself`: an issuer signs its successor, which is due from `renews_on` on (RFC 3339);
    `ca` of one that nobody has signed yet is what its origins trust (PEM), and any CA of it may.
    """

    sha256: str = ""
    expires_on: str = ""
    issuer: str = ""
    cert_id: str = ""
    issuer_key: str = ""
    pem: str = field(default="", compare=False, repr=False)
    key_kind: str = ""
    life: timedelta | None = None
    renews_itself: bool = False
    renews_on: str = ""
    ca: str = field(default="", compare=False, repr=False)

    def has_issuer_of(self, other: CertificateFacts) -> bool:
        """Whether both may come from the same CA: nothing that is known of both differs."""
        names = {self.issuer, other.issuer} - {""}
        keys = {self.issuer_key, other.issuer_key} - {""}
        return len(names) < 2 and len(keys) < 2


@dataclass(frozen=True)
class BindingFacts:
    """What a binding says: `enabled=False` presents no certificate at all.

    `holder` names who holds it, the resource in a plan; `is_active` is False while it is deployed.
    """

    certificate: CertificateFacts
    enabled: bool = True
    holder: str = ""
    is_active: bool = True


@dataclass
class ZoneFacts:
    """A zone at one moment; None for a setting means that it is not known or not managed.

    `certificates` are the zone's own, oldest first: the last one is in force. `is_live`: read from
    Cloudflare, so that a certificate which is not among them is nowhere.
    """

    zone_id: str
    name: str = ""
    ssl: str | None = None
    shared: str | None = None
    own: str | None = None
    certificates: list[CertificateFacts] = field(default_factory=list)
    hostnames: dict[str, BindingFacts] = field(default_factory=dict)
    is_live: bool = False


@dataclass(frozen=True)
class Presented:
    """`why` is a sentence without values from outside."""

    level: Level
    certificate: CertificateFacts | None
    why: str

    @property
    def is_protected(self) -> bool:
        """Whether an origin gets to see any client certificate, as far as is known."""
        return RANK[self.level] > 0

    def has_issuer_of(self, other: Presented) -> bool:
        """Whether an origin that trusts the CA of `other` is not known to refuse this one."""
        if self.certificate is not None and other.certificate is not None:
            return self.certificate.has_issuer_of(other.certificate)
        # Cloudflare's shared certificate has a CA that signs no certificate of a customer.
        return not (self.certificate is not None and other.level == "global")


def present(zone: ZoneFacts, hostname: str = ANY_OTHER) -> Presented:
    """Says what is presented for a hostname; `*` is any hostname without a binding of its own."""
    if zone.ssl in WITHOUT_TLS:
        mode = "off" if zone.ssl == "off" else "flexible"
        return Presented("nothing", None, f"SSL mode {mode}: no TLS to the origin")
    shown = zone.hostnames.get(hostname)
    if shown is not None and not shown.enabled:
        return Presented("nothing", None, "switched off for this hostname")
    if shown is not None:
        still = "" if shown.is_active else ", still being deployed"
        return Presented("hostname", shown.certificate, f"bound to its own certificate{still}")
    if zone.own == "on" and zone.is_live and not zone.certificates:
        # Where a zone never had a certificate it may be the shared one: nobody should rely on that.
        why = "the zone's own certificate is on, and the zone has none"
        return Presented("nothing", None, why)
    if zone.own == "on":
        if zone.certificates:
            return Presented("zone", zone.certificates[-1], "the zone's own certificate is on")
        return Presented("zone", None, "the zone's own certificate is on, its file is elsewhere")
    if zone.shared == "on":
        return Presented("global", None, "only Cloudflare's shared certificate is on")
    if zone.own == "off" and zone.shared == "off":
        return Presented("nothing", None, "both switches of the zone are off")
    return Presented("unknown", None, "not managed here")
