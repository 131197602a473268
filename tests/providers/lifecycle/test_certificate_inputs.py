"""What a preview says of a certificate: no change, a replacement, or a refusal on one line."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from providers.api.errors import CloudflareError
from providers.hostname_certificate import HostnameCertificateProvider
from providers.zone_certificate import ZoneCertificateProvider
from tests.pki import SERVER_AUTH, another_authority, ca_certificate, make
from tests.providers.certificates import inputs_for
from tests.providers.life import Life

pytestmark = pytest.mark.usefixtures("new_run")


@pytest.fixture(params=[ZoneCertificateProvider, HostnameCertificateProvider])
def life(request):
    return Life(request.param())


@pytest.mark.parametrize(
    "spell",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.strip(),
        lambda text: text.replace("\n", "\\n"),
        lambda text: "".join(f"    {line}\n" for line in text.splitlines()),
        lambda text: f"subject: somebody\n{text}\n\nmore",
    ],
    ids=["CRLF", "no trailing newline", "literal \\n", "indented", "text around"],
)
def test_another_spelling_of_the_same_certificate_is_no_change(life, spell):
    """2020 page: "Ensure the certificate and key are in the following format"."""
    pair = make()
    life.up(**inputs_for(pair))
    other = inputs_for(
        pair, certificate=spell(pair.certificate), private_key=spell(pair.private_key)
    )
    assert life.preview(**other) == (set(), [])


def test_a_different_certificate_replaces_and_the_preview_shows_both_fingerprints(life):
    old, new = make(), make()
    life.up(**inputs_for(old))
    assert life.inputs["certificate_sha256"] == old.sha256
    differ, replaces = life.preview(**inputs_for(new))
    assert replaces == ["certificate"]
    assert {"certificate", "certificate_sha256", "private_key"} <= differ
    assert life.check(**inputs_for(new))["certificate_sha256"] == new.sha256


def test_a_missing_key_is_a_warning_in_the_preview_and_an_error_before_any_upload(
    sandbox, life, heard
):
    pair = make()
    life.check(**inputs_for(pair, private_key="env:NOT_HERE"))
    assert heard.has("warning:", "NOT_HERE is not set", "not verified")
    with pytest.raises(CloudflareError, match=r"NOT_HERE is not set.*nothing was uploaded"):
        life.up(**inputs_for(pair, private_key="env:NOT_HERE"))
    assert {entry["method"] for entry in sandbox.journal()} == {"GET"}


@pytest.mark.parametrize(
    ("pair", "told"),
    [
        (lambda: make(days=-0.5), "expired"),
        (lambda: make(starts=1), "not yet valid|not valid"),
        (lambda: make(is_ca=True), "CA|authority"),
        (lambda: make(usages=SERVER_AUTH), "clientAuth|client"),
    ],
    ids=["expired", "not yet valid", "a CA", "no clientAuth"],
)
def test_a_new_certificate_that_cannot_work_is_refused_in_the_preview(life, pair, told):
    (fault,) = life.faults(**inputs_for(pair()))
    assert fault.startswith("certificate: ")
    assert re.search(told, fault)


def test_a_key_of_another_certificate_is_refused_in_the_preview(life):
    (fault,) = life.faults(**inputs_for(make(), private_key=make().private_key))
    assert fault.startswith("private_key: does not belong")
    assert "BEGIN" not in fault


def test_a_key_beside_the_certificate_is_refused_in_the_preview(life):
    pair = make()
    (fault,) = life.faults(**inputs_for(pair, certificate=pair.certificate + pair.private_key))
    assert fault.startswith("certificate: holds a private key beside the certificate")
    assert "BEGIN" not in fault


def test_the_chain_of_a_certificate_is_no_difference(life):
    pair = make()
    life.up(**inputs_for(pair))
    chained = inputs_for(pair, certificate=ca_certificate() + pair.certificate)
    assert life.preview(**chained) == (set(), [])


def test_a_passphrase_that_is_no_reference_is_refused_without_showing_it(life):
    (fault,) = life.faults(**inputs_for(make(), passphrase="correct horse"))
    assert fault.startswith("passphrase: is not a reference")
    assert "horse" not in fault


def test_a_large_rsa_key_is_a_warning(life, heard):
    key = rsa.generate_private_key(65537, 4104)
    life.check(**inputs_for(make(key=key)))
    assert heard.has("warning:", "RSA key of 4104 bits", "not known that Cloudflare takes more")


def test_a_terminals_codes_in_an_issuers_name_reach_no_terminal(life, heard):
    life.up(**inputs_for(make()))
    life.preview(**inputs_for(make(issuer=another_authority("\x1b[2JA CA"))))
    assert heard.has("another issuer (CN=\\u001b[2JA CA)")
    (fault,) = life.faults(**inputs_for(make("\x1b[2Jleaf"), private_key=make().private_key))
    assert fault.isprintable()


def test_warn_days_and_passphrase_change_in_place(life):
    pair = make()
    life.up(**inputs_for(pair))
    assert "warn_days" not in life.inputs
    assert "passphrase" not in life.inputs
    differ, replaces = life.preview(**inputs_for(pair, warn_days=7, passphrase="env:WORD"))
    assert (differ, replaces) == ({"warn_days", "passphrase"}, [])


def test_a_certificate_that_has_expired_since_is_no_reason_to_refuse(sandbox, life, moments):
    pair = make(days=1, now=moments.now())
    life.up(**inputs_for(pair))
    moments.sleep(dt.timedelta(days=2).total_seconds())
    assert life.preview(**inputs_for(pair)) == (set(), [])
    life.replace(**inputs_for(pair))


def test_another_issuer_is_told_in_the_preview_also_one_of_the_same_name(sandbox, life, heard):
    first, again = make(), make()
    life.up(**inputs_for(first))
    life.preview(**inputs_for(again))
    assert not heard.has("another issuer")
    life.preview(**inputs_for(make(issuer=another_authority("Test Origin Pull CA"))))
    assert heard.has("another issuer", "by another key of the same name", "must trust both")
    life.preview(**inputs_for(make(issuer=another_authority("Another CA"))))
    assert heard.has("another issuer (CN=Another CA)", "must trust both before this is applied")
