"""What both binding resources are given, and what they read back about one hostname."""

from __future__ import annotations

from ..api.answers import Binding
from ..api.zone import Zone
from ..plugin import session
from ..values.inputs import CertId, Inputs, TokenEnv, WaitSeconds, ZoneId
from .binding import Terms


class Shown(Inputs):
    """What one hostname shows; `certificate_sha256` is for readers and is never sent."""

    cert_id: CertId
    enabled: bool
    certificate_sha256: str | None = None


class BindingInputs(Inputs):
    """The inputs that `HostnameBinding` and `HostnameBindings` share; `zone_id` replaces."""

    zone_id: ZoneId
    overwrite: bool = False
    require_tls: bool = True
    max_hostnames_per_certificate: int = 100
    wait_seconds: WaitSeconds = 300
    token_env: TokenEnv | None = None

    def zone(self) -> Zone:
        """The view of the zone."""
        return session.current().zone(self.zone_id, self.token_env)

    def terms(self) -> Terms:
        """How the resource wants it done."""
        return Terms(
            self.wait_seconds,
            self.overwrite,
            self.require_tls,
            self.max_hostnames_per_certificate,
        )


def live(zone: Zone, before: Shown, row: Binding) -> Shown:
    """What the row shows; the fingerprint is looked up only when the certificate is another."""
    sha256 = before.certificate_sha256
    if row.cert_id != before.cert_id and sha256:
        found = zone.certificate_or_reread("hostname", row.cert_id)
        sha256 = found.sha256 if found else ""
    return Shown.model_construct(
        cert_id=row.cert_id, enabled=row.enabled, certificate_sha256=sha256
    )
