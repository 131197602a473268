"""UploadLedger: what a run that was cut off has left, and nothing else, is deleted."""

from __future__ import annotations

import pytest

from providers.plugin import session
from providers.upload_ledger import UploadLedgerProvider
from providers.values.inputs import UNKNOWN
from providers.zone_setting import ZoneSettingProvider
from tests.conftest import ZONE
from tests.pki import make
from tests.providers.life import Life

AOP = f"/zones/{ZONE}/origin_tls_client_auth"
PATHS = {"zone": AOP, "hostname": f"{AOP}/hostnames/certificates"}

pytestmark = pytest.mark.usefixtures("new_run")


@pytest.fixture(params=["zone", "hostname"])
def level(request):
    return request.param


@pytest.fixture
def life() -> Life:
    return Life(UploadLedgerProvider())


def inputs_for(level, *pairs):
    return {
        "zone_id": ZONE,
        f"{level}_certificates": {f"c{i}": pair.certificate for i, pair in enumerate(pairs)},
    }


def upload(sandbox, level, pair, seconds=60):
    """As a run does that dies before Pulumi hears of it."""
    body = {"certificate": pair.certificate, "private_key": pair.private_key}
    made = sandbox.call("POST", PATHS[level], body).json()["result"]["id"]
    sandbox.advance(seconds)
    return made


def cut_rotation(sandbox, level, life, old, new, seconds=60):
    """The ids: the old one is in force, the new one is known to Cloudflare alone."""
    in_force = upload(sandbox, level, old)
    life.up(**inputs_for(level, old))
    life.up(**inputs_for(level, new))
    return in_force, upload(sandbox, level, new, seconds)


def bind(sandbox, hostname, cert_id):
    config = [{"hostname": hostname, "cert_id": cert_id, "enabled": True}]
    sandbox.outside("PUT", f"{AOP}/hostnames", {"config": config})
    sandbox.advance(60)


def switch(value):
    Life(ZoneSettingProvider()).up(
        zone_id=ZONE, setting="origin_tls_client_auth", value=value, require_tls=False
    )


def read_held(sandbox, level):
    listed = sandbox.outside("GET", PATHS[level]) or []
    return {item["id"] for item in listed if item["status"] not in ("pending_deletion", "deleted")}


def test_to_take_note_asks_nothing_and_keeps_only_fingerprints(sandbox, level, life):
    pair = make()
    before = len(sandbox.journal())
    life.up(**inputs_for(level, pair))
    assert len(sandbox.journal()) == before
    assert life.id == ZONE
    assert life.inputs == {"zone_id": ZONE, f"{level}_certificates": {"c0": pair.sha256}}
    assert set(life.outs["entries"][level]) == {pair.sha256}


def test_what_a_cut_run_uploaded_goes_when_the_program_is_changed_back(
    sandbox, level, life, new_run, heard
):
    old, new = make(), make()
    stays, left = cut_rotation(sandbox, level, life, old, new)
    new_run()
    life.up(**inputs_for(level, old))
    assert stays in read_held(sandbox, level)
    assert left not in read_held(sandbox, level)
    assert heard.has(new.sha256[:8], "deleted, not wanted any more")
    assert set(life.outs["entries"][level]) == {old.sha256}


def test_a_rotation_leaves_the_old_one_to_its_own_resource(sandbox, level, life, new_run):
    old, new = make(), make()
    life.up(**inputs_for(level, old))
    cert_id = upload(sandbox, level, old)
    new_run()
    before = len(sandbox.journal())
    life.up(**inputs_for(level, new))
    assert [entry["method"] for entry in sandbox.journal()[before:]] == ["GET"]
    assert cert_id in read_held(sandbox, level)
    assert set(life.outs["entries"][level]) == {old.sha256, new.sha256}


def test_what_a_cut_run_left_before_another_rotation_is_told_by_refresh_and_goes_then(
    sandbox, level, life, new_run
):
    first, wrong, right = make(), make(), make()
    _, left = cut_rotation(sandbox, level, life, first, wrong)
    new_run()
    life.up(**inputs_for(level, right))
    assert left in read_held(sandbox, level)
    upload(sandbox, level, right)
    new_run()
    life.refresh()
    assert wrong.sha256 in life.inputs[f"{level}_certificates"].values()
    life.up(**inputs_for(level, right))
    assert left not in read_held(sandbox, level)


def test_nothing_goes_before_what_is_wanted_is_active(sandbox, level, life, new_run):
    old, new = make(), make()
    life.up(**inputs_for(level, old))
    life.up(**inputs_for(level, new))
    left = upload(sandbox, level, new)
    upload(sandbox, level, old, seconds=0)
    life.outs["entries"][level][old.sha256] = life.outs["entries"][level][new.sha256]
    new_run()
    life.up(**inputs_for(level, old))
    assert left in read_held(sandbox, level)


def test_one_that_cloudflare_still_deploys_is_waited_for(sandbox, level, life, new_run, moments):
    old, new = make(), make()
    _, left = cut_rotation(sandbox, level, life, old, new, seconds=0)
    new_run()
    before = moments.passed
    life.up(**inputs_for(level, old))
    assert moments.passed > before
    assert left not in read_held(sandbox, level)


def test_one_that_stays_pending_ends_no_run(sandbox, level, life, new_run, heard):
    old, new = make(), make()
    upload(sandbox, level, old)
    life.up(**inputs_for(level, old), wait_seconds=20)
    life.up(**inputs_for(level, new), wait_seconds=20)
    sandbox.limits(certificate_outcome="never")
    left = upload(sandbox, level, new)
    new_run()
    life.up(**inputs_for(level, old), wait_seconds=20)
    assert heard.has("warning: waited", new.sha256[:8], "not wanted any more")
    assert left in read_held(sandbox, level)
    assert new.sha256 in life.outs["entries"][level]


def test_a_certificate_that_was_there_before_the_note_stays(sandbox, level, life, new_run):
    old, theirs = make(), make()
    upload(sandbox, level, old)
    cert_id = upload(sandbox, level, theirs, seconds=600)
    life.up(**inputs_for(level, old))
    life.up(**inputs_for(level, theirs))
    new_run()
    life.up(**inputs_for(level, old))
    assert cert_id in read_held(sandbox, level)


def test_a_certificate_that_somebody_uploads_after_the_change_back_stays(
    sandbox, level, life, new_run
):
    old, new = make(), make()
    upload(sandbox, level, old)
    life.up(**inputs_for(level, old))
    life.up(**inputs_for(level, new))
    life.up(**inputs_for(level, old))
    sandbox.advance(1800)
    theirs = upload(sandbox, level, new)
    new_run()
    life.refresh()
    life.up(**inputs_for(level, old))
    assert theirs in read_held(sandbox, level)


def test_what_a_list_that_lags_does_not_show_is_found_later(sandbox, level, life, new_run):
    old, new = make(), make()
    upload(sandbox, level, old)
    life.up(**inputs_for(level, old))
    life.up(**inputs_for(level, new))
    sandbox.limits(list_lag=30)
    left = upload(sandbox, level, new, seconds=10)
    new_run()
    life.up(**inputs_for(level, old))
    sandbox.advance(60)
    assert left in read_held(sandbox, level)
    new_run()
    life.refresh()
    life.up(**inputs_for(level, old))
    sandbox.advance(60)
    assert left not in read_held(sandbox, level)


def test_nothing_goes_for_the_sake_of_one_that_has_expired(sandbox, level, life, new_run):
    old, new = make(days=1), make()
    _, left = cut_rotation(sandbox, level, life, old, new)
    sandbox.advance(2 * 86400)
    new_run()
    life.up(**inputs_for(level, old))
    assert left in read_held(sandbox, level)


def test_the_old_one_stays_when_the_new_one_is_there_already(sandbox, level, life, new_run):
    """It is in state, and a run that is cut off here can still be changed back."""
    old, new = make(), make()
    life.up(**inputs_for(level, old))
    stays = upload(sandbox, level, old)
    upload(sandbox, level, new)
    new_run()
    life.up(**inputs_for(level, new))
    assert stays in read_held(sandbox, level)


def test_what_a_hostname_shows_stays(sandbox, life, new_run):
    old, new = make(), make()
    _, left = cut_rotation(sandbox, "hostname", life, old, new)
    bind(sandbox, "app.example.com", left)
    new_run()
    before = len(sandbox.journal())
    life.up(**inputs_for("hostname", old))
    assert {entry["method"] for entry in sandbox.journal()[before:]} == {"GET"}
    assert left in read_held(sandbox, "hostname")
    assert new.sha256 in life.outs["entries"]["hostname"]


def test_destroy_takes_what_a_cut_create_uploaded(sandbox, level, life):
    pair = make()
    life.up(**inputs_for(level, pair))
    left = upload(sandbox, level, pair)
    life.destroy()
    assert left not in read_held(sandbox, level)


def test_destroy_leaves_a_zone_certificate_whose_switch_is_on_and_says_so(sandbox, life, heard):
    pair = make()
    life.up(**inputs_for("zone", pair))
    left = upload(sandbox, "zone", pair)
    switch("on")
    life.destroy()
    assert left in read_held(sandbox, "zone")
    assert heard.has("warning", pair.sha256[:8], "stays: it is in use")


def test_what_another_resource_of_the_program_wants_stays(sandbox, level, life, new_run):
    pair = make()
    life.up(**inputs_for(level, pair))
    cert_id = upload(sandbox, level, pair)
    new_run()
    session.current().zone_run(ZONE, None).notes.want("certificate", level, pair.sha256)
    life.drop()
    assert cert_id in read_held(sandbox, level)


def test_a_refresh_shows_what_is_left_over_and_else_asks_nothing(sandbox, level, life, new_run):
    old, new = make(), make()
    upload(sandbox, level, old)
    life.up(**inputs_for(level, old))
    as_made = dict(life.inputs)
    before = len(sandbox.journal())
    assert life.refresh()
    assert life.inputs == as_made
    assert len(sandbox.journal()) == before
    life.up(**inputs_for(level, new))
    new_run()
    life.refresh()
    shown = life.inputs[f"{level}_certificates"]
    assert shown == {"c0": new.sha256, f"left-over-{old.sha256[:8]}": old.sha256}


def test_a_second_refresh_keeps_the_time_when_a_certificate_stopped_being_wanted(
    sandbox, level, life, new_run
):
    old, new = make(), make()
    cut_rotation(sandbox, level, life, old, new)
    ended = life.outs["entries"][level][old.sha256]
    for _ in range(2):
        sandbox.advance(600)
        new_run()
        life.refresh()
    assert life.outs["entries"][level][old.sha256] == ended
    assert set(ended) == {"wanted_from", "wanted_until"}


def test_another_zone_replaces_and_another_certificate_does_not(life):
    life.up(**inputs_for("zone", make()))
    assert life.preview(**inputs_for("zone", make())) == ({"zone_certificates"}, [])
    moved = {**life.inputs, "zone_id": "1b2f4c8d6e0a49537c1d8e5f90a3b647"}
    assert life.preview(**moved) == ({"zone_id"}, ["zone_id"])


def test_what_is_no_certificate_is_named_by_its_name_in_the_program(life):
    (fault,) = life.faults(zone_id=ZONE, hostname_certificates={"pay": "nonsense"})
    assert fault.startswith("hostname_certificates.pay: ")
    (fault,) = life.faults(zone_id=ZONE, zone_certificates={"zone": True})
    assert fault == "zone_certificates.zone: is not text. Give the certificate in PEM."


def test_a_certificate_that_a_preview_does_not_know_yet_is_accepted():
    provider = UploadLedgerProvider()
    result = provider.check({}, {"zone_id": ZONE, "zone_certificates": {"zone": UNKNOWN}})
    assert not result.failures
