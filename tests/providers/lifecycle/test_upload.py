"""A certificate is uploaded once, whatever an earlier run or a lost answer has left."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import mldsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from providers.api.errors import CloudflareError
from providers.hostname_certificate import HostnameCertificateProvider
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


def posts(sandbox):
    return [e for e in sandbox.journal() if e["method"] == "POST"]


def test_the_same_certificate_is_adopted_and_counts_as_ones_own(sandbox, level, life, new_run):
    pair = make()
    body = {"certificate": pair.certificate, "private_key": pair.private_key}
    there = sandbox.outside("POST", PATHS[level], body)["id"]
    new_run()
    life.up(**inputs_for(pair))
    assert life.id == there
    assert not [e for e in posts(sandbox) if e["by"] != "dashboard"]
    new_run()
    life.destroy()
    assert there not in read_held(sandbox, level)


@pytest.mark.parametrize("key", ["env:NOT_HERE", "file:not-here.key"])
def test_the_same_certificate_is_adopted_without_its_key(sandbox, level, life, new_run, key):
    pair = make()
    body = {"certificate": pair.certificate, "private_key": pair.private_key}
    there = sandbox.outside("POST", PATHS[level], body)["id"]
    new_run()
    life.up(**inputs_for(pair, private_key=key))
    assert life.id == there


@pytest.mark.parametrize("kind", [mldsa.MLDSA44PrivateKey, mldsa.MLDSA87PrivateKey])
def test_an_ml_dsa_certificate_is_uploaded_and_named_in_cloudflares_words(sandbox, life, kind):
    life.up(**inputs_for(make(key=kind.generate())))
    assert life.outs["signature"] == "ECDSA-SHA256"
    assert len(posts(sandbox)) == 1


def test_an_encrypted_key_is_uploaded_plain_and_kept_as_it_came(sandbox, life, tmp_path):
    pair = make()
    plain = load_pem_private_key(pair.private_key.encode(), None)
    secret = BestAvailableEncryption(b"a pass phrase")
    encrypted = plain.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret).decode()
    word = tmp_path / "word"
    word.write_text("a pass phrase\n")
    life.up(**inputs_for(pair, private_key=encrypted, passphrase=f"file:{word}"))
    assert life.outs["private_key"] == encrypted
    assert life.outs["passphrase"] == f"file:{word}"
    assert "a pass phrase" not in str(life.outs)
    assert len(posts(sandbox)) == 1


def test_a_certificate_that_timed_out_is_uploaded_again(sandbox, level, life, new_run):
    pair = make()
    life.up(**inputs_for(pair))
    sandbox.patch_object(life.id, status="deployment_timed_out")
    new_run()
    assert not life.refresh()
    life.up(**inputs_for(pair))
    sandbox.advance(60)
    assert read_held(sandbox, level)[life.id] == "active"


def test_a_certificate_still_being_deleted_is_waited_for_and_uploaded(sandbox, life, new_run):
    pair = make()
    life.up(**inputs_for(pair))
    sandbox.advance(60)
    first = life.id
    new_run()
    life.destroy()
    new_run()
    life.up(**inputs_for(pair))
    assert life.id == first


@pytest.mark.parametrize("when", ["lost_reply", "reset_before"])
def test_a_post_without_an_answer_leaves_exactly_one_certificate(sandbox, level, life, when):
    before = len(read_held(sandbox, level))
    sandbox.fault(when, method="POST", times=1)
    pair = make()
    life.up(**inputs_for(pair))
    assert len(read_held(sandbox, level)) == before + 1


def test_a_certificate_that_somebody_uploads_again_after_our_deletion_is_adopted(
    sandbox, level, life
):
    """It has its old id back, which the same process has deleted."""
    pair = make()
    life.up(**inputs_for(pair))
    sandbox.advance(60)
    life.destroy()
    sandbox.advance(60)
    body = {"certificate": pair.certificate, "private_key": pair.private_key}
    again = sandbox.outside("POST", PATHS[level], body)["id"]
    before = len(posts(sandbox))
    life.up(**inputs_for(pair))
    assert life.id == again
    assert len(posts(sandbox)) == before


def test_the_eleventh_hostname_certificate_is_refused_with_the_way_out(sandbox):
    for _ in range(9):
        pair = make()
        body = {"certificate": pair.certificate, "private_key": pair.private_key}
        sandbox.outside("POST", PATHS["hostname"], body)
    with pytest.raises(CloudflareError, match="Cloudflare allows 10"):
        Life(HostnameCertificateProvider()).up(**inputs_for(make()))


def test_a_deletion_that_never_comes_ends_the_wait_with_a_next_step(sandbox, life, new_run):
    pair = make()
    life.up(**inputs_for(pair, wait_seconds=30))
    sandbox.patch_object(life.id, status="pending_deletion")
    new_run()
    with pytest.raises(CloudflareError, match=r"in vain.*pulumi up --refresh"):
        Life(life.provider).up(**inputs_for(pair, wait_seconds=30))
