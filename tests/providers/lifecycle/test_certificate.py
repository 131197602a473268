"""ZoneCertificate and HostnameCertificate: upload, adopt, replace, delete, against the sandbox."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, mldsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from providers.api.errors import CloudflareError
from providers.hostname_certificate import HostnameCertificateProvider
from providers.zone_certificate import ZoneCertificateProvider
from tests.conftest import ZONE
from tests.pki import make
from tests.providers.certificates import given
from tests.providers.life import Life

B = f"/zones/{ZONE}/origin_tls_client_auth"
PATHS = {"zone": B, "hostname": f"{B}/hostnames/certificates"}
PROVIDERS = {"zone": ZoneCertificateProvider, "hostname": HostnameCertificateProvider}

pytestmark = pytest.mark.usefixtures("new_run")


@pytest.fixture(params=["zone", "hostname"])
def level(request):
    return request.param


@pytest.fixture
def life(level) -> Life:
    return Life(PROVIDERS[level]())


def held(sandbox, level):
    """What the zone holds at a level, by fingerprint, without what is on its way out."""
    state = sandbox.outside("GET", PATHS[level]) or []
    return {item["id"]: item["status"] for item in state if item["status"] != "pending_deletion"}


def posts(sandbox):
    return [e for e in sandbox.journal() if e["method"] == "POST"]


def test_create_returns_as_soon_as_cloudflare_has_taken_the_certificate(sandbox, life, moments):
    """2020 page: "Upload the client certificate and private key via the Cloudflare API"."""
    pair = make()
    life.up(**given(pair))
    assert moments.passed == 0
    assert life.outs["certificate_sha256"] == pair.sha256
    assert life.outs["issuer"] == "CN=Test Origin Pull CA"
    assert life.outs["signature"] == "ECDSA-SHA256"
    assert life.outs["serial_number"].isdigit()
    assert "status" not in life.outs


def test_the_same_certificate_is_adopted_and_counts_as_ones_own(sandbox, level, life, new_run):
    pair = make()
    body = {"certificate": pair.certificate, "private_key": pair.private_key}
    there = sandbox.outside("POST", PATHS[level], body)["id"]
    new_run()
    life.up(**given(pair))
    assert life.id == there
    assert not [e for e in posts(sandbox) if e["by"] != "dashboard"]
    new_run()
    life.destroy()
    assert there not in held(sandbox, level)


@pytest.mark.parametrize("key", ["env:NOT_HERE", "file:not-here.key"])
def test_the_same_certificate_is_adopted_without_its_key(sandbox, level, life, new_run, key):
    pair = make()
    body = {"certificate": pair.certificate, "private_key": pair.private_key}
    there = sandbox.outside("POST", PATHS[level], body)["id"]
    new_run()
    life.up(**given(pair, private_key=key))
    assert life.id == there


@pytest.mark.parametrize("kind", [mldsa.MLDSA44PrivateKey, mldsa.MLDSA87PrivateKey])
def test_an_ml_dsa_certificate_is_uploaded_and_named_in_cloudflares_words(sandbox, life, kind):
    life.up(**given(make(key=kind.generate())))
    assert life.outs["signature"] == "ECDSA-SHA256"
    assert len(posts(sandbox)) == 1


def test_an_encrypted_key_is_uploaded_plain_and_kept_as_it_came(sandbox, life, tmp_path):
    pair = make()
    plain = load_pem_private_key(pair.private_key.encode(), None)
    secret = BestAvailableEncryption(b"a pass phrase")
    encrypted = plain.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret).decode()
    word = tmp_path / "word"
    word.write_text("a pass phrase\n")
    life.up(**given(pair, private_key=encrypted, passphrase=f"file:{word}"))
    assert life.outs["private_key"] == encrypted
    assert life.outs["passphrase"] == f"file:{word}"
    assert "a pass phrase" not in str(life.outs)
    assert len(posts(sandbox)) == 1


def test_a_certificate_that_timed_out_is_uploaded_again(sandbox, level, life, new_run):
    pair = make()
    life.up(**given(pair))
    sandbox.patch_object(life.id, status="deployment_timed_out")
    new_run()
    assert not life.refresh()
    life.up(**given(pair))
    sandbox.advance(60)
    assert held(sandbox, level)[life.id] == "active"


def test_a_certificate_still_being_deleted_is_waited_for_and_uploaded(sandbox, life, new_run):
    pair = make()
    life.up(**given(pair))
    sandbox.advance(60)
    first = life.id
    new_run()
    life.destroy()
    new_run()
    life.up(**given(pair))
    assert life.id == first


@pytest.mark.parametrize("when", ["lost_reply", "reset_before"])
def test_a_post_without_an_answer_leaves_exactly_one_certificate(sandbox, level, life, when):
    before = len(held(sandbox, level))
    sandbox.fault(when, method="POST", times=1)
    pair = make()
    life.up(**given(pair))
    assert len(held(sandbox, level)) == before + 1


def test_a_vanished_certificate_reads_as_gone_and_is_made_again(sandbox, level, life, new_run):
    pair = make()
    life.up(**given(pair))
    sandbox.advance(60)
    sandbox.outside("DELETE", f"{PATHS[level]}/{life.id}")
    new_run()
    assert not life.refresh()
    life.up(**given(pair))
    assert life.id in held(sandbox, level)


def test_refresh_of_an_untouched_certificate_changes_nothing(life, new_run):
    life.up(**given(make()))
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
    life.up(**given(make()))
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
    life.up(**given(make()))
    sandbox.advance(60)
    old = life.id
    new_run()
    life.up(**given(make()))
    assert {old, life.id} <= set(held(sandbox, level))
    life.finish()
    assert old not in held(sandbox, level)
    assert life.outs["predecessors"] == [old]


def test_the_old_zone_certificate_goes_only_when_its_successor_is_active(sandbox, new_run):
    """2020 page: "Once certificate is active, then delete the old certificate"."""
    life = Life(ZoneCertificateProvider())
    life.up(**given(make()))
    sandbox.advance(60)
    sandbox.outside("PUT", f"{B}/settings", {"enabled": True})
    new_run()
    life.up(**given(make()))
    life.finish()
    shown = sandbox.presented(zone=ZONE, hostname="www.example.com")
    assert shown["cert_id"] == life.id
    log = [e for e in sandbox.presented_log() if e["hostname"] == "www.example.com"]
    assert all(entry["level"] == "zone" for entry in log[1:])


def test_the_last_zone_certificate_stays_while_its_switch_is_on(sandbox, new_run):
    life = Life(ZoneCertificateProvider())
    life.up(**given(make()))
    sandbox.advance(60)
    for other in set(held(sandbox, "zone")) - {life.id}:
        sandbox.outside("DELETE", f"{B}/{other}")
    sandbox.outside("PUT", f"{B}/settings", {"enabled": True})
    new_run()
    with pytest.raises(CloudflareError, match="last active certificate") as told:
        life.destroy()
    assert "on_destroy" in str(told.value)
    assert life.id in held(sandbox, "zone")


def test_a_certificate_that_a_hostname_shows_is_not_deleted_and_the_hostname_is_named(
    sandbox, new_run
):
    life = Life(HostnameCertificateProvider())
    life.up(**given(make(), wait_seconds=20))
    sandbox.advance(60)
    entry = {"hostname": "app.example.com", "cert_id": life.id, "enabled": True}
    sandbox.outside("PUT", f"{B}/hostnames", {"config": [entry]})
    new_run()
    with pytest.raises(CloudflareError, match=r"still shown by app\.example\.com .*1433"):
        life.destroy()


def test_deleting_twice_is_fine(sandbox, life, new_run):
    life.up(**given(make()))
    sandbox.advance(60)
    gone = life.id
    life.provider.delete(gone, life.outs)
    sandbox.advance(60)
    new_run()
    life.provider.delete(gone, life.outs)


def test_a_certificate_that_somebody_uploads_again_after_our_deletion_is_adopted(
    sandbox, level, life
):
    """It has its old id back, which the same process has deleted."""
    pair = make()
    life.up(**given(pair))
    sandbox.advance(60)
    life.destroy()
    sandbox.advance(60)
    body = {"certificate": pair.certificate, "private_key": pair.private_key}
    again = sandbox.outside("POST", PATHS[level], body)["id"]
    before = len(posts(sandbox))
    life.up(**given(pair))
    assert life.id == again
    assert len(posts(sandbox)) == before


def test_refresh_of_a_certificate_without_its_key_in_state_fills_in_the_rest(life, new_run):
    """Imported by hand."""
    life.up(**given(make()))
    outs = dict(life.outs)
    life.outs = {name: outs[name] for name in ("zone_id", "certificate")}
    new_run()
    assert life.refresh()
    assert life.outs == {name: value for name, value in outs.items() if name != "private_key"}
    assert "private_key" not in life.inputs
    life.destroy()


def test_a_forced_replacement_of_an_unchanged_certificate_keeps_it(sandbox, level, life, heard):
    pair = make()
    life.up(**given(pair))
    first = life.id
    life.replace(**given(pair))
    life.finish()
    assert life.id == first
    assert first in held(sandbox, level)
    assert heard.has("kept, another resource of this program holds it now")


def test_a_reverted_rotation_keeps_the_first_certificate(sandbox, level, life, new_run):
    first, second = make(), make()
    life.up(**given(first))
    sandbox.advance(60)
    kept = life.id
    new_run()
    life.up(**given(second))  # and the run fails before the old one is deleted
    new_run()
    life.up(**given(first))
    life.finish()
    assert life.id == kept
    assert kept in held(sandbox, level)
    assert len(held(sandbox, level)) == 2  # the foreign one, and the first


def test_the_eleventh_hostname_certificate_is_refused_with_the_way_out(sandbox):
    for _ in range(9):
        pair = make()
        body = {"certificate": pair.certificate, "private_key": pair.private_key}
        sandbox.outside("POST", PATHS["hostname"], body)
    with pytest.raises(CloudflareError, match="Cloudflare allows 10"):
        Life(HostnameCertificateProvider()).up(**given(make()))


def test_a_key_by_another_reference_changes_in_place_without_a_request(
    sandbox, life, new_run, tmp_path
):
    pair = make()
    life.up(**given(pair))
    key = tmp_path / "client.key"
    key.write_text(pair.private_key)
    new_run(CLIENT_KEY=pair.private_key)
    for reference in ("env:CLIENT_KEY", f"file:{key}"):
        before = len(sandbox.journal())
        differ, replaces = life.preview(**given(pair, private_key=reference))
        assert (differ, replaces) == ({"private_key"}, [])
        life.up(**given(pair, private_key=reference))
        assert life.outs["private_key"] == reference
        assert len(sandbox.journal()) == before


def test_a_deletion_that_never_comes_ends_the_wait_with_a_next_step(sandbox, life, new_run):
    pair = make()
    life.up(**given(pair, wait_seconds=30))
    sandbox.patch_object(life.id, status="pending_deletion")
    new_run()
    with pytest.raises(CloudflareError, match=r"in vain.*pulumi up --refresh"):
        Life(life.provider).up(**given(pair, wait_seconds=30))


def test_no_output_but_the_key_itself_holds_the_key(life):
    key = ec.generate_private_key(ec.SECP384R1())
    pair = make(key=key)
    life.up(**given(pair))
    body = "".join(pair.private_key.splitlines()[1:-1])
    others = {name: value for name, value in life.outs.items() if name != "private_key"}
    assert body[:40] not in repr(others)
