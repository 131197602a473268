"""What tests of a zone's settings share: the zone, and its settings as somebody else sees them."""

from __future__ import annotations

from tests.conftest import ZONE

SHARED, OWN = "tls_client_auth", "origin_tls_client_auth"
BASE = f"/zones/{ZONE}"


def value_of(sandbox, setting):
    if setting == OWN:
        result = sandbox.outside("GET", f"{BASE}/{OWN}/settings")
        return "on" if result["enabled"] else "off"
    return sandbox.outside("GET", f"{BASE}/settings/{setting}")["value"]


def set_outside(sandbox, setting, value):
    sandbox.outside("PATCH", f"{BASE}/settings/{setting}", {"value": value})
