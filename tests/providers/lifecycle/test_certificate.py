"""ZoneCertificate and HostnameCertificate: the whole life of each, against the sandbox."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from providers.zone_certificate import ZoneCertificateProvider
from tests.conftest import ZONE
from tests.pki import make
from tests.providers.certificates import PATHS, PROVIDERS, inputs_for, read_held
from tests.providers.life import Life

pytestmark = pytest.mark.usefixtures("new_run")


@pytest.fixture(params=["zone", "hostname"])
def level(request):
    return request.param


@pytest.fixture
def life(level) -> Life:
    return Life(PROVIDERS[level]())


def test_create_returns_as_soon_as_cloudflare_has_taken_the_certificate(sandbox, life, moments):
    """2020 page: "Upload the client certificate and private key via the Cloudflare API"."""
    pair = make()
    life.up(**inputs_for(pair))
    assert moments.passed == 0
    assert life.outs["certificate_sha256"] == pair.sha256
    assert life.outs["issuer"] == "CN=Test Origin Pull CA"
    assert life.outs["signature"] == "ECDSA-SHA256"
    assert life.outs["serial_number"].isdigit()
    assert "status" not in life.outs


def test_up_says_of_each_certificate_whether_it_was_uploaded_or_adopted(
    life, level, heard, new_run
):
    pair = make()
    life.up(**inputs_for(pair))
    name = f"{level} certificate {pair.sha256[:8]} of zone {ZONE[:8]}: "
    assert heard.has(f"{name}uploaded.")
    new_run()
    Life(PROVIDERS[level]()).up(**inputs_for(pair))
    assert heard.has(f"{name}was at Cloudflare already: adopted, not uploaded.")


def test_a_vanished_certificate_reads_as_gone_and_is_made_again(sandbox, level, life, new_run):
    pair = make()
    life.up(**inputs_for(pair))
    sandbox.advance(60)
    sandbox.outside("DELETE", f"{PATHS[level]}/{life.id}")
    new_run()
    assert not life.refresh()
    life.up(**inputs_for(pair))
    assert life.id in read_held(sandbox, level)


def test_refresh_of_an_untouched_certificate_changes_nothing(life, new_run):
    life.up(**inputs_for(make()))
    before = (dict(life.inputs), dict(life.outs))
    new_run()
    assert life.refresh()
    assert (life.inputs, life.outs) == before


@pytest.mark.parametrize("newer", [0, 1])
def test_refresh_says_when_cloudflare_presents_a_newer_certificate_of_the_zone(
    sandbox, new_run, heard, newer
):
    """A run that died after its upload leaves one that state never heard of."""
    life = Life(ZoneCertificateProvider())
    life.up(**inputs_for(make()))
    for _ in range(newer):
        pair = make()
        body = {"certificate": pair.certificate, "private_key": pair.private_key}
        sandbox.outside("POST", PATHS["zone"], body)
    sandbox.advance(60)
    new_run()
    assert life.refresh()
    assert heard.has("warning:", "is not the newest: Cloudflare presents") is bool(newer)


def test_replacing_keeps_the_old_one_until_the_new_one_is_there(sandbox, level, life, new_run):
    """2020 page: "To replace a client cert without downtime"."""
    life.up(**inputs_for(make()))
    sandbox.advance(60)
    old = life.id
    new_run()
    life.up(**inputs_for(make()))
    assert {old, life.id} <= set(read_held(sandbox, level))
    life.finish()
    assert old not in read_held(sandbox, level)
    assert life.outs["predecessors"] == [old]


def test_refresh_of_a_certificate_without_its_key_in_state_fills_in_the_rest(life, new_run):
    """Imported by hand."""
    life.up(**inputs_for(make()))
    outs = dict(life.outs)
    life.outs = {name: outs[name] for name in ("zone_id", "certificate")}
    new_run()
    assert life.refresh()
    assert life.outs == {name: value for name, value in outs.items() if name != "private_key"}
    assert "private_key" not in life.inputs
    life.destroy()


def test_a_forced_replacement_of_an_unchanged_certificate_keeps_it(sandbox, level, life, heard):
    pair = make()
    life.up(**inputs_for(pair))
    first = life.id
    life.replace(**inputs_for(pair))
    life.finish()
    assert life.id == first
    assert first in read_held(sandbox, level)
    assert heard.has("kept, another resource of this program holds it now")


def test_a_reverted_rotation_keeps_the_first_certificate(sandbox, level, life, new_run):
    first, second = make(), make()
    life.up(**inputs_for(first))
    sandbox.advance(60)
    kept = life.id
    new_run()
    life.up(**inputs_for(second))  # and the run fails before the old one is deleted
    new_run()
    life.up(**inputs_for(first))
    life.finish()
    assert life.id == kept
    assert kept in read_held(sandbox, level)
    assert len(read_held(sandbox, level)) == 2  # the foreign one, and the first


def test_a_key_by_another_reference_changes_in_place_without_a_request(
    sandbox, life, new_run, tmp_path
):
    pair = make()
    life.up(**inputs_for(pair))
    key = tmp_path / "client.key"
    key.write_text(pair.private_key)
    new_run(CLIENT_KEY=pair.private_key)
    for reference in ("env:CLIENT_KEY", f"file:{key}"):
        before = len(sandbox.journal())
        differ, replaces = life.preview(**inputs_for(pair, private_key=reference))
        assert (differ, replaces) == ({"private_key"}, [])
        life.up(**inputs_for(pair, private_key=reference))
        assert life.outs["private_key"] == reference
        assert len(sandbox.journal()) == before


def test_no_output_but_the_key_itself_holds_the_key(life):
    key = ec.generate_private_key(ec.SECP384R1())
    pair = make(key=key)
    life.up(**inputs_for(pair))
    body = "".join(pair.private_key.splitlines()[1:-1])
    others = {name: value for name, value in life.outs.items() if name != "private_key"}
    assert body[:40] not in repr(others)
