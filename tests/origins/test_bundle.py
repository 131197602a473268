"""What the origin must trust, read from certificates."""

from __future__ import annotations

import hashlib
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import mldsa

from origins import anchors, bundle, chain_depth, cloudflare_ca, pin

from .pki import Folder, make


def test_a_bundle_has_each_authority_once_in_the_order_given(folder: Folder) -> None:
    text = bundle(folder.next_root.pem + folder.root.pem, folder.root.pem)
    assert text == folder.next_root.pem + folder.root.pem


def test_openssl_reads_a_bundle_made_from_text_without_line_breaks() -> None:
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    body = cloudflare_ca.read().replace(begin, "").replace(end, "").replace("\n", "")
    text = bundle(f"{begin}{body}{end}")
    ssl.create_default_context(cadata=text)
    assert text == cloudflare_ca.read()


def test_a_leaf_is_no_authority_and_the_error_names_its_issuer(folder: Folder) -> None:
    with pytest.raises(ValueError, match=r"CN=cloudflare is no CA: .*CN=Origin Pull Root\."):
        bundle(folder.right.pem)


def test_a_leaf_and_its_authority_may_both_be_ml_dsa() -> None:
    """The servers of today's Debian do not speak it: that a chain is read is all that is shown."""
    root = make("Quantum Root", key=mldsa.MLDSA65PrivateKey.generate(), ca=True)
    leaf = make("cloudflare", root, key=mldsa.MLDSA44PrivateKey.generate())
    assert chain_depth(leaf.pem, bundle(root.pem)) == 1


def test_an_intermediate_needs_its_issuer_in_the_bundle(folder: Folder) -> None:
    with pytest.raises(ValueError, match="Intermediate is an intermediate: add its issuer"):
        bundle(folder.intermediate.pem)
    assert bundle(folder.intermediate.pem, folder.root.pem)


@pytest.mark.parametrize("text", ["", "hello", "-----BEGIN CERTIFICATE-----"], ids=repr)
def test_text_without_certificates_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="No PEM certificate found"):
        bundle(text)
    with pytest.raises(ValueError, match="A bundle needs at least one CA"):
        bundle()


def test_the_depth_counts_every_authority_above_the_certificate(folder: Folder) -> None:
    trusted = bundle(folder.root.pem, folder.next_root.pem)
    assert chain_depth(folder.right.pem, trusted) == 1
    assert chain_depth(folder.below.pem + folder.intermediate.pem, trusted) == 2
    assert chain_depth(folder.below.pem, trusted + folder.intermediate.pem) == 2


def test_a_chain_that_the_origin_would_refuse_has_no_depth(folder: Folder) -> None:
    trusted = bundle(folder.root.pem)
    with pytest.raises(ValueError, match=r"signed by CN=Origin Pull Intermediate.*would refuse"):
        chain_depth(folder.below.pem, trusted)
    with pytest.raises(ValueError, match="CN=Origin Pull Root, which is neither"):
        chain_depth(folder.clients["other_ca"].pem, trusted)
    with pytest.raises(ValueError, match="Root 2 is not in the bundle"):
        chain_depth(folder.successor.pem + folder.next_root.pem, trusted)


def test_a_certificate_that_names_another_key_of_its_issuer_has_no_depth() -> None:
    """OpenSSL compares the identifiers before it looks at a signature."""
    root = make("Root", ca=True, more=(x509.SubjectKeyIdentifier(b"a" * 20),))
    chains = {
        digest: make("client", root, more=(x509.AuthorityKeyIdentifier(digest, None, None),)).pem
        for digest in (b"a" * 20, b"b" * 20)
    }
    assert chain_depth(chains[b"a" * 20], bundle(root.pem)) == 1
    with pytest.raises(ValueError, match="signed by CN=Root, which is neither"):
        chain_depth(chains[b"b" * 20], bundle(root.pem))


def test_a_certificate_that_signed_itself_is_its_own_anchor(folder: Folder) -> None:
    text = bundle(folder.own_anchor.pem, folder.root.pem)
    assert anchors(text) == ("CN=cloudflare",)
    assert anchors(folder.root.pem) == ()
    assert chain_depth(folder.own_anchor.pem, text) == 1


def test_a_pin_names_the_first_certificate_in_three_ways(folder: Folder) -> None:
    made = pin(folder.below.pem + folder.intermediate.pem)
    der = ssl.PEM_cert_to_DER_cert(folder.below.pem)
    assert made.sha256 == hashlib.sha256(der).hexdigest()
    assert made.sha1 == hashlib.sha1(der, usedforsecurity=False).hexdigest()
    pem_sha1 = hashlib.sha1(folder.below.pem.encode(), usedforsecurity=False)
    assert made.pem_sha1 == pem_sha1.hexdigest()


def test_the_shared_authority_of_cloudflare_is_the_documented_one() -> None:
    der = ssl.PEM_cert_to_DER_cert(cloudflare_ca.read())
    colons = (
        "9A:1A:C2:B4:BE:15:F9:F2:7E:EE:20:A7:34:CB:A4:E9:89:8F:61:00:1B:3B:D7:C8:4B:69:B5:6A:3E"
    )
    assert hashlib.sha256(der).hexdigest() == f"{colons}:25:A2:B9".replace(":", "").lower()
    assert max(map(len, cloudflare_ca.read().split("\n"))) == 64


def test_another_certificate_in_its_place_is_refused(folder: Folder, tmp_path: Path) -> None:
    for content in (folder.root.pem, "", cloudflare_ca.read()[:500]):
        (tmp_path / "ca.pem").write_text(content)
        with pytest.raises(ValueError, match=r"is not Cloudflare's shared CA .* Restore it"):
            cloudflare_ca.read(tmp_path / "ca.pem")
    with pytest.raises(ValueError, match="is not Cloudflare's shared CA"):
        cloudflare_ca.read(tmp_path / "missing.pem")


YEARS = {
    "more than a year": (timedelta(days=366), None),
    "less than a year": (timedelta(days=364), "ends in 364 days, on 2029-11-01"),
    "the last hour": (timedelta(hours=1), "ends in 0 days, on 2029-11-01"),
    "over": (timedelta(days=-1), "ended on 2029-11-01"),
}


@pytest.mark.parametrize(("left", "says"), YEARS.values(), ids=YEARS.keys())
def test_the_shared_authority_warns_from_a_year_before_it_ends(
    left: timedelta, says: str | None
) -> None:
    ends = datetime(2029, 11, 1, 17, tzinfo=UTC)
    warning = cloudflare_ca.warning(ends - left)
    assert (warning is None) if says is None else (says in str(warning))
