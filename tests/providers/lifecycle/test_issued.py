"""IssuedZoneCertificate and IssuedHostnameCertificate: asked for, renewed, adopted, deleted."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from issuers import ISSUERS
from providers.api.errors import CloudflareError
from providers.hostname_bindings import HostnameBindingsProvider
from providers.hostname_certificate import HostnameCertificateProvider
from providers.upload_ledger import UploadLedgerProvider
from providers.zone_certificate import ZoneCertificateProvider
from providers.zone_setting import ZoneSettingProvider
from tests.conftest import ZONE
from tests.pki import make
from tests.providers.certificates import inputs_for
from tests.providers.issued import NAME, PROVIDERS, Authority, IssuedLife, Stingy
from tests.providers.life import Life

B = f"/zones/{ZONE}/origin_tls_client_auth"
PATHS = {"zone": B, "hostname": f"{B}/hostnames/certificates"}
GIVEN = {"zone": ZoneCertificateProvider, "hostname": HostnameCertificateProvider}


@pytest.fixture(params=["zone", "hostname"])
def level(request):
    return request.param


@pytest.fixture
def ca(moments) -> Authority:
    return Authority.make(moments.now())


@pytest.fixture
def run(new_run, ca):
    """Begins a further run, in whose environment the CA's key is."""

    def begin(**environ):
        return new_run(**{**ca.environ, **environ})

    begin()
    return begin


@pytest.fixture
def life(run, level) -> IssuedLife:
    return IssuedLife(PROVIDERS[level]())


def held(sandbox, level):
    """The fingerprints by id that the zone holds, without what is on its way out."""
    listed = sandbox.outside("GET", PATHS[level]) or []
    return {i["id"] for i in listed if i["status"] not in ("pending_deletion", "deleted")}


def posts(sandbox):
    return [e for e in sandbox.journal() if e["method"] == "POST" and e["by"] != "dashboard"]


@pytest.fixture
def in_force(sandbox, level):
    """What `up` does next: the certificate is bound, or the zone's switch is on."""
    bindings, switch = Life(HostnameBindingsProvider()), Life(ZoneSettingProvider())
    setting = {"setting": "origin_tls_client_auth", "value": "on", "require_tls": False}

    def bring(life):
        if level == "hostname":
            bindings.up(zone_id=ZONE, bindings={"shop.example.com": life.id})
        else:
            switch.up(zone_id=ZONE, **setting)
        sandbox.advance(60)

    return bring


def upload(sandbox, level, ca, now, **more):
    """What a run leaves that dies before Pulumi hears of its upload."""
    leaf = ca.leaf(now, **more)
    body = {"certificate": leaf.pem, "private_key": leaf.key_pem}
    made = sandbox.outside("POST", PATHS[level], body)["id"]
    sandbox.advance(60)
    return made


def test_a_certificate_is_asked_for_and_uploaded_and_its_key_is_nowhere(sandbox, level, life, ca):
    before = held(sandbox, level)
    life.up(**ca.given())
    assert held(sandbox, level) - before == {life.id}
    assert life.outs["issuer"] == "CN=Origin pull CA"
    assert life.outs["expires_on"] > "2"
    assert "certificate" not in life.inputs
    assert "PRIVATE" not in json.dumps([life.outs, life.inputs])
    assert life.preview(**ca.given()) == (set(), [])
    assert life.refresh()
    assert life.preview(**ca.given()) == (set(), [])


@pytest.mark.parametrize("kind", ["ecdsa-p256", "ecdsa-p384", "rsa-2048", "ml-dsa-44"])
def test_every_kind_of_key_is_taken(sandbox, life, ca, kind):
    life.up(**ca.given(key=kind))
    assert len(posts(sandbox)) == 1


def test_a_certificate_is_renewed_in_the_last_third_of_its_life(
    sandbox, level, life, ca, run, heard, in_force
):
    life.up(**ca.given())
    in_force(life)
    first = life.id
    sandbox.advance(59 * 86400)
    run()
    assert life.reasons(**ca.given()) == []
    sandbox.advance(2 * 86400)
    run()
    assert life.reasons(**ca.given()) == ["certificate_sha256"]
    assert heard.has(f"{level} certificate {NAME}: renewed: ends 20", ", in 28 days.")
    life.up(**ca.given())
    assert life.id != first
    assert life.outs["predecessors"] == [first]
    in_force(life)
    life.finish()
    assert first not in held(sandbox, level)
    assert life.id in held(sandbox, level)
    run()
    assert life.reasons(**ca.given()) == []


def test_renew_days_moves_the_day(sandbox, life, ca, run):
    life.up(**ca.given(renew_days=10))
    sandbox.advance(79 * 86400)
    run()
    assert life.reasons(**ca.given(renew_days=10)) == []
    assert life.reasons(**ca.given(renew_days=12)) == ["certificate_sha256"]


def test_a_renewal_without_time_in_between_is_told_before_anything_is_uploaded(
    sandbox, life, ca, monkeypatch
):
    (fault,) = life.faults(**ca.given(renew_days=90))
    assert fault.startswith("renew_days: 90 days before its end a certificate of 90 days has not")
    monkeypatch.setitem(ISSUERS, "ca_key", Stingy)
    with pytest.raises(CloudflareError, match=r"gives 90 days, and renew_days is 90.*at once"):
        life.up(**ca.given(days=120, renew_days=90))
    assert posts(sandbox) == []


def test_an_issuer_that_does_not_sign_leaves_the_old_certificate_and_names_its_days(
    sandbox, level, life, ca, new_run
):
    life.up(**ca.given())
    sandbox.advance(81.5 * 86400)
    new_run()
    before = held(sandbox, level)
    with pytest.raises(CloudflareError) as refused:
        life.up(**ca.given())
    assert str(refused.value).startswith(
        f"{level} certificate {NAME} of zone 023e105f: issuer internal: the environment variable"
        " TEST_CA_PEM is not set; the certificate in force stays, it ends 20"
    )
    assert ", in 8 days. Export TEST_CA_PEM." in str(refused.value)
    assert held(sandbox, level) == before


def test_another_ca_than_the_origins_trust_is_refused_before_the_upload(sandbox, life, ca, moments):
    other = Authority.make(moments.now(), "Another CA")
    with pytest.raises(CloudflareError, match=r"signed by CN=Origin pull CA, which is not among"):
        life.up(**ca.given(ca=other.pem))
    assert posts(sandbox) == []


def test_a_certificate_whose_ca_is_not_trusted_any_more_is_renewed(
    sandbox, level, life, ca, run, heard, moments
):
    life.up(**ca.given())
    next_ca = Authority.make(moments.now(), "Next CA")
    environ = {"TEST_CA_PEM": next_ca.pem, "TEST_CA_KEY": next_ca.identity.key_pem}
    run(**environ)
    both = ca.pem + next_ca.pem
    assert life.reasons(**ca.given(ca=both)) == []
    life.up(**ca.given(ca=both))
    assert life.reasons(**ca.given(ca=next_ca.pem)) == ["certificate_sha256"]
    assert heard.has("renewed: the certificate was signed by CN=Origin pull CA")
    life.up(**ca.given(ca=next_ca.pem))
    assert life.outs["issuer"] == "CN=Next CA"


def test_what_a_run_that_was_cut_off_had_uploaded_is_adopted_without_the_issuer(
    sandbox, level, life, ca, new_run, heard, moments
):
    left = upload(sandbox, level, ca, moments.now())
    new_run()
    life.up(**ca.given())
    assert life.id == left
    assert posts(sandbox) == []
    assert heard.has("adopted, an earlier run had it signed")


def test_a_renewal_that_was_cut_off_is_adopted(
    sandbox, level, life, ca, run, new_run, moments, in_force
):
    life.up(**ca.given())
    in_force(life)
    first = life.id
    sandbox.advance(61 * 86400)
    left = upload(sandbox, level, ca, moments.now())
    new_run()
    life.up(**ca.given())
    assert life.id == left
    in_force(life)
    life.finish()
    assert first not in held(sandbox, level)


@pytest.mark.parametrize(
    ("what", "more"),
    [
        ("of another subject", {"common_name": "aop.test.example.com.other"}),
        ("that is due", {"days": 0.001}),
    ],
)
def test_a_certificate_that_was_not_asked_for_is_not_adopted(
    sandbox, level, life, ca, run, moments, what, more
):
    left = upload(sandbox, level, ca, moments.now(), **more)
    run()
    life.up(**ca.given())
    assert life.id != left


def test_a_certificate_of_another_ca_or_kind_of_key_is_not_adopted(
    sandbox, level, life, ca, run, moments
):
    other = upload(sandbox, level, Authority.make(moments.now()), moments.now())
    mine = upload(sandbox, level, ca, moments.now())
    run()
    life.up(**ca.given(key="rsa-2048"))
    assert life.id not in (other, mine)


def test_a_forced_replacement_means_a_new_key(sandbox, level, life, ca, run, in_force):
    life.up(**ca.given())
    in_force(life)
    first = life.id
    run()
    life.force(**ca.given())
    assert life.id != first
    assert len(posts(sandbox)) == 2
    in_force(life)
    life.finish()
    assert first not in held(sandbox, level)


def test_a_forced_replacement_that_was_cut_off_goes_on_with_the_new_key(
    sandbox, level, life, ca, run, moments, in_force
):
    life.up(**ca.given())
    in_force(life)
    first = life.id
    left = upload(sandbox, level, ca, moments.now())
    run()
    life.force(**ca.given())
    assert life.id == left
    in_force(life)
    life.finish()
    assert first not in held(sandbox, level)


def test_a_certificate_that_timed_out_is_not_adopted_but_deleted(
    sandbox, level, life, ca, run, moments
):
    left = upload(sandbox, level, ca, moments.now())
    sandbox.patch_object(left, status="deployment_timed_out")
    run()
    life.up(**ca.given())
    assert life.id != left
    assert left not in held(sandbox, level)


def test_a_certificate_that_is_gone_is_asked_for_again(sandbox, level, life, ca, run):
    life.up(**ca.given())
    sandbox.advance(60)
    sandbox.outside("DELETE", f"{PATHS[level]}/{life.id}")
    sandbox.advance(60)
    run()
    assert not life.refresh()
    life.up(**ca.given())
    assert life.id in held(sandbox, level)


def test_a_new_subject_or_kind_of_key_replaces_and_the_rest_changes_in_place(sandbox, life, ca):
    life.up(**ca.given())
    assert life.preview(**ca.given(common_name="another.name"))[1] == ["common_name"]
    assert life.preview(**ca.given(key="rsa-2048"))[1] == ["key"]
    differ, replaces = life.preview(**ca.given(days=30, issuer_name="other"))
    assert (differ, replaces) == ({"days", "issuer_name"}, [])
    first = dict(life.outs)
    life.up(**ca.given(days=30, issuer_name="other"))
    assert life.outs["certificate_sha256"] == first["certificate_sha256"]
    assert len(posts(sandbox)) == 1


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"common_name": "a" * 65}, "common_name: has 65 characters, and 64 may be"),
        ({"common_name": "two words"}, "common_name: is not a common name"),
        ({"key": "dsa"}, "key: is not one of the possible values"),
        ({"issuer_settings": {"acme": {}}}, "issuer_settings: is not one of ca_key, step_ca"),
        (
            {"issuer_settings": {"ca_key": {"certificate": "file:ca.pem"}}},
            "issuer_settings.ca_key.key: is missing",
        ),
        ({"renew_days": 0}, "renew_days: is not a number of days"),
    ],
)
def test_bad_input_dies_in_check(life, ca, wrong, told):
    (fault,) = life.faults(**ca.given(**wrong))
    assert fault.startswith(told)


def test_a_zone_certificate_of_somebody_else_is_not_displaced(sandbox, ca, run):
    life = IssuedLife(PROVIDERS["zone"]())
    pair = make()
    body = {"certificate": pair.certificate, "private_key": pair.private_key}
    sandbox.outside("POST", B, body)
    sandbox.outside("PUT", f"{B}/settings", {"enabled": True})
    sandbox.advance(60)
    run()
    with pytest.raises(CloudflareError, match=r"which is not of this stack.*overwrite=True"):
        life.up(**ca.given())
    life.up(**ca.given(overwrite=True))


def test_from_given_to_issued_and_back_the_old_one_waits_for_the_new_one(
    sandbox, level, life, ca, run, in_force
):
    """What `ProtectedZone` does: the ledger first, then the certificate, the deletions last."""
    ledger = Life(UploadLedgerProvider())
    key = f"{level}_certificates"
    pair = make()
    ledger.up(zone_id=ZONE, **{key: {"it": pair.certificate}})
    old = Life(GIVEN[level]())
    old.up(**inputs_for(pair))
    in_force(old)
    run()
    ledger.up(zone_id=ZONE, **{key: {"it": f"CN={NAME}"}})
    life.up(**ca.given())
    in_force(life)
    old.drop()
    assert held(sandbox, level) & {old.id, life.id} == {life.id}
    run()
    ledger.up(zone_id=ZONE, **{key: {"it": pair.certificate}})
    again = Life(GIVEN[level]())
    again.up(**inputs_for(pair))
    in_force(again)
    left = life.id
    life.drop()
    assert left not in held(sandbox, level)


def test_a_change_to_issued_that_was_cut_off_is_finished_by_adoption(
    sandbox, level, life, ca, run, moments, in_force
):
    ledger = Life(UploadLedgerProvider())
    key, pair = f"{level}_certificates", make()
    ledger.up(zone_id=ZONE, **{key: {"it": pair.certificate}})
    old = Life(GIVEN[level]())
    old.up(**inputs_for(pair))
    in_force(old)
    run()
    ledger.up(zone_id=ZONE, **{key: {"it": f"CN={NAME}"}})
    left = upload(sandbox, level, ca, moments.now())
    run()
    assert ledger.preview(zone_id=ZONE, **{key: {"it": f"CN={NAME}"}}) == (set(), [])
    life.up(**ca.given())
    assert life.id == left
    assert posts(sandbox)[1:] == []


def test_a_change_to_issued_that_was_cut_off_and_taken_back_leaves_nothing(
    sandbox, level, life, ca, run, moments, in_force
):
    ledger = Life(UploadLedgerProvider())
    key, pair = f"{level}_certificates", make()
    ledger.up(zone_id=ZONE, **{key: {"it": pair.certificate}})
    old = Life(GIVEN[level]())
    old.up(**inputs_for(pair))
    in_force(old)
    run()
    ledger.up(zone_id=ZONE, **{key: {"it": f"CN={NAME}"}})
    left = upload(sandbox, level, ca, moments.now() + timedelta(seconds=1))
    run()
    ledger.up(zone_id=ZONE, **{key: {"it": pair.certificate}})
    sandbox.advance(60)
    assert left not in held(sandbox, level)
    assert old.id in held(sandbox, level)
