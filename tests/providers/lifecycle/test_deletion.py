"""A certificate is deleted once nothing needs it, and nobody's protection goes with it."""

from __future__ import annotations

import pytest

from providers.api.errors import CloudflareError
from providers.hostname_certificate import HostnameCertificateProvider
from providers.zone_certificate import ZoneCertificateProvider
from tests.conftest import ZONE
from tests.pki import make
from tests.providers.certificates import PROVIDERS, B, inputs_for, read_held
from tests.providers.life import Life

pytestmark = pytest.mark.usefixtures("new_run")


@pytest.fixture(params=["zone", "hostname"])
def level(request):
    return request.param


@pytest.fixture
def life(level) -> Life:
    return Life(PROVIDERS[level]())


def test_the_old_zone_certificate_goes_only_when_its_successor_is_active(sandbox, new_run):
    """2020 page: "Once certificate is active, then delete the old certificate"."""
    life = Life(ZoneCertificateProvider())
    life.up(**inputs_for(make()))
    sandbox.advance(60)
    sandbox.outside("PUT", f"{B}/settings", {"enabled": True})
    new_run()
    life.up(**inputs_for(make()))
    life.finish()
    shown = sandbox.presented(zone=ZONE, hostname="www.example.com")
    assert shown["cert_id"] == life.id
    log = [e for e in sandbox.presented_log() if e["hostname"] == "www.example.com"]
    assert all(entry["level"] == "zone" for entry in log[1:])


def test_the_last_zone_certificate_stays_while_its_switch_is_on(sandbox, new_run):
    life = Life(ZoneCertificateProvider())
    life.up(**inputs_for(make()))
    sandbox.advance(60)
    for other in set(read_held(sandbox, "zone")) - {life.id}:
        sandbox.outside("DELETE", f"{B}/{other}")
    sandbox.outside("PUT", f"{B}/settings", {"enabled": True})
    new_run()
    with pytest.raises(CloudflareError, match="last active certificate") as told:
        life.destroy()
    assert "on_destroy" in str(told.value)
    assert life.id in read_held(sandbox, "zone")


def test_a_certificate_that_a_hostname_shows_is_not_deleted_and_the_hostname_is_named(
    sandbox, new_run
):
    life = Life(HostnameCertificateProvider())
    life.up(**inputs_for(make(), wait_seconds=20))
    sandbox.advance(60)
    entry = {"hostname": "app.example.com", "cert_id": life.id, "enabled": True}
    sandbox.outside("PUT", f"{B}/hostnames", {"config": [entry]})
    new_run()
    with pytest.raises(CloudflareError, match=r"still shown by app\.example\.com .*1433"):
        life.destroy()


def test_deleting_twice_is_fine(sandbox, life, new_run):
    life.up(**inputs_for(make()))
    sandbox.advance(60)
    gone = life.id
    life.provider.delete(gone, life.outs)
    sandbox.advance(60)
    new_run()
    life.provider.delete(gone, life.outs)
