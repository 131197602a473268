"""dev: all three levels at once, small, on the sandbox as delivered.

Cloudflare's shared certificate is switched on for the zone, an own certificate for the zone
takes its place, one hostname has a certificate of its own, and another one that renews itself.
"""

import pulumi

from .alerts import warn
from .config import load
from .origin import export
from .protected_zone import ProtectedZone


def program() -> None:
    """Protects every zone of `stacks/Pulumi.dev.yaml`."""
    environment = load()
    warn(environment.alerts)
    export(environment.zones)
    for name, zone in environment.zones.items():
        protected = ProtectedZone(name, zone)
        pulumi.export(name, protected.summary)
