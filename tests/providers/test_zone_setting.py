"""ZoneSetting: the two switches and the SSL mode, against the sandbox."""

from __future__ import annotations

import pytest

from providers.api.errors import CloudflareError
from providers.zone_setting import ZoneSettingProvider
from tests.conftest import ZONE
from tests.pki import make
from tests.providers.life import Life
from tests.providers.settings import BASE, OWN, SHARED, set_outside, value_of

pytestmark = pytest.mark.usefixtures("new_run")


@pytest.fixture
def life() -> Life:
    return Life(ZoneSettingProvider())


def test_destroy_restores_the_value_that_create_found(sandbox, life):
    life.up(zone_id=ZONE, setting=SHARED, value="off")
    assert (value_of(sandbox, SHARED), life.outs["found"]) == ("off", "on")
    life.destroy()
    assert value_of(sandbox, SHARED) == "on"


def test_a_value_found_as_wanted_is_not_written_and_destroy_leaves_it(sandbox, life, heard):
    life.up(zone_id=ZONE, setting=SHARED, value="on")
    assert heard.has("is on already", "destroy will leave it so")
    life.destroy()
    assert value_of(sandbox, SHARED) == "on"
    assert not [e for e in sandbox.journal() if e["method"] == "PATCH"]


@pytest.mark.parametrize("spelt", [True, "on", "On", " ON "], ids=repr)
def test_every_spelling_of_on_is_the_same_input(life, spelt):
    assert life.check(zone_id=ZONE, setting=SHARED, value=spelt)["value"] == "on"


def test_naming_a_default_is_no_change(life):
    life.up(zone_id=ZONE, setting=SHARED, value="off")
    assert life.preview(
        zone_id=ZONE, setting=SHARED, value="off", require_tls=True, wait_seconds=300
    ) == (set(), [])


def test_drift_is_read_as_an_input_and_update_says_what_it_found(sandbox, life, heard):
    life.up(zone_id=ZONE, setting=SHARED, value="off")
    set_outside(sandbox, SHARED, "on")
    assert life.refresh()
    assert life.inputs["value"] == "on"
    life.up(zone_id=ZONE, setting=SHARED, value="off")
    assert value_of(sandbox, SHARED) == "off"


def test_an_update_says_when_somebody_else_was_there(sandbox, life, heard, new_run):
    life.up(zone_id=ZONE, setting="ssl", value="strict")
    set_outside(sandbox, "ssl", "flexible")
    new_run()
    life.up(zone_id=ZONE, setting="ssl", value="full")
    assert heard.has("was flexible, set by somebody else; now full")


def test_destroy_leaves_what_somebody_else_has_changed_since(sandbox, life, heard, new_run):
    life.up(zone_id=ZONE, setting="ssl", value="strict", on_destroy="restore")
    set_outside(sandbox, "ssl", "origin_pull")
    new_run()
    life.destroy()
    assert value_of(sandbox, "ssl") == "origin_pull"
    assert heard.has("left origin_pull, as somebody else set it")


@pytest.mark.parametrize(
    ("setting", "value", "on_destroy", "left"),
    [
        ("ssl", "strict", None, "strict"),
        ("ssl", "strict", "restore", "full"),
        (SHARED, "off", "keep", "off"),
        (SHARED, "off", None, "on"),
        (SHARED, "on", "off", "off"),
    ],
)
def test_on_destroy_decides_what_is_left(sandbox, life, setting, value, on_destroy, left):
    life.up(zone_id=ZONE, setting=setting, value=value, on_destroy=on_destroy)
    life.destroy()
    assert value_of(sandbox, setting) == left


def test_the_zone_switch_waits_until_the_newest_certificate_is_active(sandbox, life, moments):
    """2020 page: "Zone-Level - customer certificates", upload, then enable."""
    pair = make()
    body = {"certificate": pair.certificate, "private_key": pair.private_key}
    sandbox.advance(1)
    sandbox.call("POST", f"{BASE}/{OWN}", body)
    life.up(zone_id=ZONE, setting=OWN, value="on")
    assert moments.passed > 0
    shown = sandbox.presented(zone=ZONE, hostname="www.example.com")
    assert shown["certificate_sha256"] == pair.sha256


def test_the_zone_switch_is_refused_when_the_newest_certificate_was_not_deployed(sandbox, life):
    """An older one is active, but it is somebody else's, and the origin need not trust it."""
    pair = make()
    body = {"certificate": pair.certificate, "private_key": pair.private_key}
    sandbox.advance(1)
    sandbox.call("POST", f"{BASE}/{OWN}", body)
    newest = max(sandbox.outside("GET", f"{BASE}/{OWN}"), key=lambda item: item["uploaded_on"])
    sandbox.patch_object(newest["id"], status="deployment_timed_out")
    with pytest.raises(CloudflareError, match=r"not deployed \(deployment_timed_out\)"):
        life.up(zone_id=ZONE, setting=OWN, value="on")
    assert value_of(sandbox, OWN) == "off"


def test_the_zone_switch_is_refused_for_a_zone_without_a_certificate(sandbox, life):
    for item in sandbox.outside("GET", f"{BASE}/{OWN}"):
        sandbox.outside("DELETE", f"{BASE}/{OWN}/{item['id']}")
    with pytest.raises(CloudflareError, match="no certificate of its own") as told:
        life.up(zone_id=ZONE, setting=OWN, value="on")
    assert "Add a ZoneCertificate" in str(told.value)
    assert value_of(sandbox, OWN) == "off"


def test_a_setting_renamed_in_the_program_is_handed_over(sandbox, life, heard):
    life.up(zone_id=ZONE, setting=SHARED, value="off")
    renamed = Life(ZoneSettingProvider())
    renamed.up(zone_id=ZONE, setting=SHARED, value="off")
    life.drop()
    assert value_of(sandbox, SHARED) == "off"
    assert heard.has("kept, another resource of this program holds it now")


def test_the_next_run_without_the_other_resource_does_restore(sandbox, life, new_run):
    life.up(zone_id=ZONE, setting=SHARED, value="off")
    new_run()
    life.destroy()
    assert value_of(sandbox, SHARED) == "on"


def test_zone_and_setting_replace(life):
    life.up(zone_id=ZONE, setting=SHARED, value="on")
    other = "1b2f4c8d6e0a49537c1d8e5f90a3b647"
    assert life.preview(zone_id=other, setting=SHARED, value="on")[1] == ["zone_id"]
    assert life.preview(zone_id=ZONE, setting="ssl", value="full")[1] == ["setting"]


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({"setting": "tls_auth"}, "setting: "),
        ({"value": "maybe"}, "value: tls_client_auth takes on or off"),
        ({"setting": "ssl", "value": "on"}, "value: ssl takes off or flexible or full"),
        ({"zone_id": "example.com"}, "zone_id: "),
        ({"on_destroy": "explode"}, "on_destroy: takes restore, keep or a value"),
        ({"wait_seconds": 0}, "wait_seconds: "),
        ({"token_env": "not a name"}, "token_env: "),
        ({"vlaue": "on"}, "vlaue: "),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_bad_input_is_refused_in_the_preview_on_one_line(life, inputs, told):
    whole = {"zone_id": ZONE, "setting": SHARED, "value": "on", **inputs}
    (fault,) = life.faults(**whole)
    assert fault.startswith(told)
    assert "\n" not in fault


def test_check_and_diff_make_no_request(sandbox, life):
    life.up(zone_id=ZONE, setting=SHARED, value="off")
    before = len(sandbox.journal())
    life.preview(zone_id=ZONE, setting=SHARED, value="on")
    assert len(sandbox.journal()) == before
