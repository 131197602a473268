"""Steps of the tests of both certificate resources."""

from __future__ import annotations

from providers.hostname_certificate import HostnameCertificateProvider
from providers.zone_certificate import ZoneCertificateProvider
from tests.conftest import ZONE

B = f"/zones/{ZONE}/origin_tls_client_auth"
PATHS = {"zone": B, "hostname": f"{B}/hostnames/certificates"}
PROVIDERS = {"zone": ZoneCertificateProvider, "hostname": HostnameCertificateProvider}


def inputs_for(pair, **more):
    return {
        "zone_id": ZONE,
        "certificate": pair.certificate,
        "private_key": pair.private_key,
        **more,
    }


def read_held(sandbox, level):
    """What the zone holds at a level, status by id, without what is being deleted."""
    state = sandbox.outside("GET", PATHS[level]) or []
    return {item["id"]: item["status"] for item in state if item["status"] != "pending_deletion"}
