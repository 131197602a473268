"""staging: an own certificate for each zone; Cloudflare's shared one is off.

The shared certificate proves "Cloudflare" only: any customer of Cloudflare can send traffic that
carries it. So a zone without a certificate of its own is refused here.
"""

import pulumi

from .alerts import warn
from .config import load
from .origin import export
from .protected_zone import ProtectedZone


def program() -> None:
    """Protects every zone of `stacks/Pulumi.staging.yaml`."""
    environment = load()
    warn(environment.alerts)
    export(environment.zones)
    for name, zone in environment.zones.items():
        if zone.zone_certificate is None or zone.shared_certificate != "off":
            raise pulumi.RunError(
                f"stacks/Pulumi.staging.yaml: zones.{name}: staging wants a zone_certificate and"
                " shared_certificate: off. Add them, or change stacks/staging.py."
            )
        protected = ProtectedZone(name, zone)
        pulumi.export(name, protected.summary)
