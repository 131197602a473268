"""prod: own certificates for hostnames, the zone's own certificate for all the rest.

Switches and bindings are protected against deletion, and so is each hostname inside the map: to
let one go, list it in `allow_removal` first.
"""

import pulumi

from .alerts import warn
from .config import load
from .origin import export
from .protected_zone import ProtectedZone


def program() -> None:
    """Protects every zone of `stacks/Pulumi.prod.yaml`."""
    environment = load()
    warn(environment.alerts)
    export(environment.zones)
    for name, zone in environment.zones.items():
        protected = ProtectedZone(name, zone, guard=True)
        pulumi.export(name, protected.summary)
