"""How many requests the life of a certificate costs, and of which kind."""

from __future__ import annotations

import pytest

from providers.zone_certificate import ZoneCertificateProvider
from tests.conftest import ZONE
from tests.pki import make
from tests.providers.bindings import B
from tests.providers.certificates import inputs_for
from tests.providers.life import Life


def gets(sandbox, mark=0):
    return [e["path"] for e in sandbox.journal()[mark:] if e["method"] == "GET"]


def test_a_certificate_that_no_binding_of_the_program_needs_is_deleted_without_a_read(
    sandbox, new_run, certificate
):
    mine = certificate()
    new_run()
    mark = len(sandbox.journal())
    mine.destroy()
    assert [e["method"] for e in sandbox.journal()[mark:]] == ["DELETE"]


def test_waiting_for_the_successor_of_a_zone_certificate_polls_the_lists_only(sandbox, new_run):
    life = Life(ZoneCertificateProvider())
    life.up(**inputs_for(make()))
    sandbox.advance(60)
    sandbox.outside("PUT", f"{B}/settings", {"enabled": True})
    sandbox.limits(deploy_seconds=60)
    new_run()
    life.up(**inputs_for(make()))
    mark = len(sandbox.journal())
    life.finish()
    by_id = [path for path in gets(sandbox, mark) if not path.endswith(("client_auth", "settings"))]
    assert len(by_id) <= 2
    assert sandbox.presented(zone=ZONE, hostname="www.example.com")["cert_id"] == life.id


@pytest.mark.parametrize("foreign", [0, 1])
def test_an_upload_of_a_zone_certificate_costs_one_look_and_one_post(sandbox, new_run, foreign):
    """Beside a certificate of somebody else's one more look tells whether it is presented."""
    path = f"/zones/{ZONE}/origin_tls_client_auth"
    for record in sandbox.outside("GET", path)[foreign:]:
        sandbox.outside("DELETE", f"{path}/{record['id']}")
    sandbox.advance(60)
    new_run()
    life = Life(ZoneCertificateProvider())
    mark = len(sandbox.journal())
    life.up(**inputs_for(make()))
    assert [e["method"] for e in sandbox.journal()[mark:]] == [*["GET"] * (1 + foreign), "POST"]
