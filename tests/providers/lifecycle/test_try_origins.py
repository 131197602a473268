"""The origins are asked with a new certificate, and a refusal ends the run before the upload."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from origins import Origin, bundle, configuration
from providers.api.errors import CloudflareError
from providers.hostname_certificate import HostnameCertificateProvider
from providers.zone_certificate import ZoneCertificateProvider
from tests.conftest import ZONE
from tests.origins import pki, servers
from tests.origins.pki import SERVER_AUTH
from tests.providers.issued import NAME, PROVIDERS, Authority, IssuedLife
from tests.providers.life import Life

SHOP = "shop.example.com"
GIVEN = {"zone": ZoneCertificateProvider, "hostname": HostnameCertificateProvider}


class Nginx:
    """A real NGINX that refuses whoever has no certificate of the CAs given."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, servers.free_port()
        server = pki.make(SHOP, usage=SERVER_AUTH, names=(SHOP,))
        self._write("server.pem", server.pem)
        self._write("server.key", server.key_pem)

    def _write(self, name: str, text: str) -> str:
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text)
        return str(path)

    def trusting(self, *authorities: str) -> Any:
        trusted = bundle(*authorities)
        origin = Origin(
            SHOP,
            str(self.folder / "server.pem"),
            private_key=str(self.folder / "server.key"),
            client_ca=self._write("ca.pem", trusted),
            authorities=trusted,
            stage="on",
            upstream="127.0.0.1:9",
            address="127.0.0.1",
            port=self.port,
        )
        text = configuration("nginx", origin)
        return servers.running("nginx", self.folder / "nginx", text, self.port)

    def to_try(self, **more: Any) -> dict[str, Any]:
        addresses = [f"127.0.0.1:{self.port}"]
        return {"try_origins": {"addresses": addresses, "hostname": SHOP, **more}}


@pytest.fixture
def nginx(tmp_path: Path) -> Nginx:
    servers.program("nginx")
    return Nginx(tmp_path)


@pytest.fixture(params=["zone", "hostname"])
def level(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def ca(moments: Any) -> Authority:
    return Authority.make(moments.now())


@pytest.fixture(params=["given", "issued"])
def wanted(request, level, ca, new_run, moments) -> Iterator[tuple[Life, dict[str, Any]]]:
    """A resource that was never made, and its inputs."""
    new_run(**ca.environ)
    if request.param == "issued":
        yield IssuedLife(PROVIDERS[level]()), ca.given()
    else:
        leaf = ca.leaf(moments.now())
        inputs = {"zone_id": ZONE, "certificate": leaf.pem, "private_key": leaf.key_pem}
        yield Life(GIVEN[level]()), inputs


def posts(sandbox: Any) -> list[Any]:
    return [e for e in sandbox.journal() if e["method"] == "POST" and e["by"] != "dashboard"]


def test_a_certificate_that_the_origin_refuses_is_not_uploaded(
    sandbox, nginx: Nginx, wanted, ca: Authority
) -> None:
    life, inputs = wanted
    with nginx.trusting(pki.make("Another CA", ca=True).pem), pytest.raises(CloudflareError) as no:
        life.up(**inputs, **nginx.to_try())
    assert posts(sandbox) == []
    told = str(no.value)
    assert (
        f"origin 127.0.0.1:{nginx.port} refuses the new certificate for {SHOP} (HTTP 403)."
        " Nothing was changed. Let it trust CN=Origin pull CA, see docs/rotation.md."
    ) in told
    with nginx.trusting(ca.pem):
        life.up(**inputs, **nginx.to_try())
    assert len(posts(sandbox)) == 1


def test_an_origin_that_cannot_be_asked_is_an_error_or_a_warning(
    sandbox, nginx: Nginx, wanted, heard
) -> None:
    life, inputs = wanted
    fact = f"origin 127.0.0.1:{nginx.port} cannot be asked about the new certificate for {SHOP}"
    with pytest.raises(CloudflareError, match=r"nothing listens.*try_unreachable: warn") as no:
        life.up(**inputs, **nginx.to_try())
    assert fact in str(no.value)
    assert posts(sandbox) == []
    life.up(**inputs, **nginx.to_try(unreachable="warn"))
    assert heard.has(f"warning: {fact} (nothing listens).")
    assert len(posts(sandbox)) == 1


def test_whom_to_ask_is_in_no_state_and_makes_no_difference(
    sandbox, nginx: Nginx, wanted, ca: Authority
) -> None:
    life, inputs = wanted
    with nginx.trusting(ca.pem):
        life.up(**inputs, **nginx.to_try())
    assert "try_origins" not in json.dumps([life.inputs, life.outs])
    assert life.preview(**inputs) == (set(), [])
    other = {"try_origins": {"addresses": ["192.0.2.1:443"], "hostname": SHOP}}
    assert life.preview(**inputs, **other) == (set(), [])
    before = len(sandbox.journal())
    life.up(**inputs, **other)
    assert len(sandbox.journal()) == before


def test_a_renewal_that_the_origin_refuses_says_when_the_certificate_in_force_ends(
    sandbox, nginx: Nginx, level, ca: Authority, new_run, moments
) -> None:
    new_run(**ca.environ)
    life = IssuedLife(PROVIDERS[level]())
    life.up(**ca.given())
    sandbox.advance(81.5 * 86400)
    new_run(**ca.environ)
    with nginx.trusting(pki.make("Another CA", ca=True).pem), pytest.raises(CloudflareError) as no:
        life.up(**ca.given(), **nginx.to_try())
    assert str(no.value).startswith(f"{level} certificate {NAME} of zone 023e105f: origin ")
    assert "(HTTP 403); the certificate in force stays, it ends 20" in str(no.value)
    assert ", in 8 days. Nothing was changed." in str(no.value)
    assert len(posts(sandbox)) == 1


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"addresses": ["origin.internal:443"]}, "try_origins.addresses[0]: is not an IP address"),
        ({"addresses": ["10.0.0.5"]}, "try_origins.addresses[0]: is not an IP address and a port."),
        ({"addresses": ["10.0.0.5:70000"]}, "try_origins.addresses[0]: is not an IP address"),
        ({"unreachable": "ignore"}, "try_origins.unreachable: is not one of the possible values"),
    ],
)
def test_addresses_that_cannot_be_asked_die_in_check(wanted, wrong, told) -> None:
    life, inputs = wanted
    asked = {"addresses": ["[2001:db8::5]:443"], "hostname": SHOP, **wrong}
    (fault,) = life.faults(**inputs, try_origins=asked)
    assert fault.startswith(told)
