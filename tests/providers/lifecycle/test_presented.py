"""Which zone certificate Cloudflare presents: asked before one goes, and before one comes."""

from __future__ import annotations

import pytest

from providers.api.errors import CloudflareError
from providers.upload_ledger import UploadLedgerProvider
from providers.zone_certificate import ZoneCertificateProvider
from tests.conftest import ZONE
from tests.pki import make
from tests.providers.certificates import inputs_for
from tests.providers.life import Life

B = f"/zones/{ZONE}/origin_tls_client_auth"

pytestmark = pytest.mark.usefixtures("new_run")


@pytest.fixture
def life() -> Life:
    return Life(ZoneCertificateProvider())


def upload_outside(sandbox, pair) -> str:
    body = {"certificate": pair.certificate, "private_key": pair.private_key}
    made = str(sandbox.outside("POST", B, body)["id"])
    sandbox.advance(60)
    return made


def switch_on(sandbox) -> None:
    sandbox.outside("PUT", f"{B}/settings", {"enabled": True})


def read_presented(sandbox) -> str:
    return str(sandbox.presented(zone=ZONE, hostname="www.example.com")["cert_id"])


def test_a_certificate_stays_when_somebody_elses_would_be_presented_without_it(
    sandbox, life, new_run
):
    """X is wanted again, F is somebody else's, Y is in force and not wanted any more."""
    first, second = make(), make()
    life.up(**inputs_for(first))
    sandbox.advance(60)
    foreign = upload_outside(sandbox, make())
    life.up(**inputs_for(second))
    sandbox.advance(60)
    ours = life.id
    switch_on(sandbox)
    new_run()
    life.pending.clear()
    life.up(**inputs_for(first))
    with pytest.raises(
        CloudflareError, match=rf"would present zone certificate \w+ \(id {foreign[:8]}\)"
    ):
        life.finish()
    assert read_presented(sandbox) == ours


def test_what_a_cut_run_has_left_stays_when_somebody_elses_would_be_presented_without_it(
    sandbox, new_run, heard
):
    first, second = make(), make()
    ledger = Life(UploadLedgerProvider())
    names = {"zone_id": ZONE, "zone_certificates": {"zone": first.certificate}}
    upload_outside(sandbox, first)
    ledger.up(**names)
    foreign = upload_outside(sandbox, make())
    ledger.up(zone_id=ZONE, zone_certificates={"zone": second.certificate})
    left = upload_outside(sandbox, second)
    switch_on(sandbox)
    new_run()
    ledger.up(**names)
    assert read_presented(sandbox) == left
    assert heard.has("warning:", left[:8], foreign[:8], "not wanted either")


def test_the_warning_names_all_certificates_that_are_newer(sandbox, life, new_run, heard):
    life.up(**inputs_for(make()))
    sandbox.advance(60)
    older, newest = upload_outside(sandbox, make()), upload_outside(sandbox, make())
    new_run()
    life.refresh()
    assert heard.has(f"presents {newest[:8]}, then {older[:8]}, until all of them are deleted")


def test_what_somebody_else_has_the_zone_present_is_not_displaced_without_overwrite(
    sandbox, life, new_run
):
    theirs, pair = make(), make()
    foreign = upload_outside(sandbox, theirs)
    switch_on(sandbox)
    before = len(sandbox.journal())
    with pytest.raises(CloudflareError) as told:
        life.up(**inputs_for(pair))
    named = f"presents zone certificate {theirs.sha256[:8]} (id {foreign[:8]}), issued by"
    assert named in str(told.value), "as previews and verbs name certificates"
    assert "overwrite=True (in a stack's file `overwrite: true`)" in str(told.value)
    assert {entry["method"] for entry in sandbox.journal()[before:]} == {"GET"}
    life.up(**inputs_for(pair, overwrite=True))
    sandbox.advance(60)
    assert read_presented(sandbox) == life.id


def test_a_certificate_that_is_not_presented_may_be_somebody_elses(sandbox, life):
    upload_outside(sandbox, make())
    life.up(**inputs_for(make()))
    assert life.id


def test_a_rotation_displaces_the_stacks_own_certificate(sandbox, life, new_run):
    life.up(**inputs_for(make()))
    sandbox.advance(60)
    switch_on(sandbox)
    new_run()
    life.up(**inputs_for(make()))
    life.finish()
    assert read_presented(sandbox) == life.id


def test_what_a_cut_run_has_uploaded_is_the_stacks_own_by_its_ledger(sandbox, life, new_run):
    """State never heard of it; the ledger knew its fingerprint before."""
    cut, right = make(), make()
    ledger = Life(UploadLedgerProvider())
    ledger.up(zone_id=ZONE, zone_certificates={"zone": cut.certificate})
    upload_outside(sandbox, cut)
    switch_on(sandbox)
    new_run()
    ledger.up(zone_id=ZONE, zone_certificates={"zone": right.certificate})
    life.up(**inputs_for(right))
    sandbox.advance(60)
    assert read_presented(sandbox) == life.id


def test_a_vanished_certificate_is_uploaded_again_though_an_older_one_is_presented_then(
    sandbox, life, new_run
):
    """This stack had displaced the older one before, so nothing is taken away."""
    upload_outside(sandbox, make())
    pair = make()
    life.up(**inputs_for(pair))
    sandbox.advance(60)
    switch_on(sandbox)
    sandbox.outside("DELETE", f"{B}/{life.id}")
    sandbox.advance(60)
    new_run()
    assert not life.refresh()
    life.up(**inputs_for(pair))
    sandbox.advance(60)
    assert read_presented(sandbox) == life.id


def test_what_somebody_has_uploaded_since_is_not_displaced_by_a_rotation(sandbox, life, new_run):
    life.up(**inputs_for(make()))
    sandbox.advance(60)
    switch_on(sandbox)
    foreign = upload_outside(sandbox, make())
    new_run()
    with pytest.raises(
        CloudflareError, match=rf"presents zone certificate \w+ \(id {foreign[:8]}\)"
    ):
        life.up(**inputs_for(make()))
    assert read_presented(sandbox) == foreign
