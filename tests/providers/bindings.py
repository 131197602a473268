"""Steps of the tests of both binding resources."""

from __future__ import annotations

from providers.hostname_binding import HostnameBindingProvider
from providers.hostname_bindings import HostnameBindingsProvider
from tests.conftest import ZONE
from tests.pki import make
from tests.providers.life import Life

B = f"/zones/{ZONE}/origin_tls_client_auth"
APP, API = "app.example.com", "api.example.com"


class One(Life):
    """A HostnameBinding, driven as if it were a map of one."""

    def __init__(self) -> None:
        super().__init__(HostnameBindingProvider())

    @staticmethod
    def given(cert_id, hostname=APP, enabled=True, **more):
        return {
            "zone_id": ZONE,
            "hostname": hostname,
            "cert_id": cert_id,
            "enabled": enabled,
            **more,
        }


class Many(Life):
    """HostnameBindings with one hostname."""

    def __init__(self) -> None:
        super().__init__(HostnameBindingsProvider())

    @staticmethod
    def given(cert_id, hostname=APP, enabled=True, **more):
        shown = {"cert_id": cert_id, "enabled": enabled}
        return {"zone_id": ZONE, "bindings": {hostname: shown}, **more}


def read_presented(sandbox, hostname=APP):
    return sandbox.presented(zone=ZONE, hostname=hostname)


def puts(sandbox):
    return [e for e in sandbox.journal() if e["method"] == "PUT" and e["by"] != "dashboard"]


def bind_outside(sandbox, hostname, cert_id, enabled=True):
    entry = {"hostname": hostname, "cert_id": cert_id, "enabled": enabled}
    sandbox.outside("PUT", f"{B}/hostnames", {"config": [entry]})


def foreign_certificate(sandbox):
    pair = make()
    body = {"certificate": pair.certificate, "private_key": pair.private_key}
    return sandbox.outside("POST", f"{B}/hostnames/certificates", body)["id"]
