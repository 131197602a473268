"""What an answer has to be, and a fifth issuer: a class and a line of the table."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from issuers import (
    ISSUERS,
    CertificateWish,
    Issuer,
    IssuerError,
    References,
    Signed,
    SigningRequest,
    authority_fault,
)
from issuers.keys import KEY_KINDS, kind_of
from tests import pki
from tests.issuers.asking import NAME, ask, leaf_of

NOW = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)


class Toy(Issuer):
    """Signs with the CA of the tests, whatever is wanted; `wrong` says how the answer is bad."""

    wrong: str = ""

    def sign(self, request: SigningRequest, references: References) -> Signed:
        key, issuer = pki.authority() if self.wrong != "ca" else pki.another_authority("Another CA")
        csr = x509.load_pem_x509_csr(request.csr.encode())
        public_key = csr.public_key()
        if self.wrong == "key":
            public_key = ec.generate_private_key(ec.SECP256R1()).public_key()
        starts = request.now + dt.timedelta(hours=1 if self.wrong == "early" else -1)
        ends = request.now + dt.timedelta(days=-0.01 if self.wrong == "late" else 30)
        purpose = pki.SERVER_AUTH if self.wrong == "purpose" else pki.CLIENT_AUTH
        leaf = (
            x509.CertificateBuilder()
            .subject_name(pki.name("other" if self.wrong == "name" else request.common_name))
            .issuer_name(issuer)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(starts)
            .not_valid_after(ends)
            .add_extension(x509.BasicConstraints(self.wrong == "is a ca", None), critical=True)
            .add_extension(x509.ExtendedKeyUsage(purpose), critical=False)
            .sign(key, hashes.SHA256())
        )
        return Signed(leaf.public_bytes(Encoding.PEM).decode())

    def authorities(self, references: References) -> tuple[str, ...]:
        return (pki.ca_certificate(),)


@pytest.fixture(autouse=True)
def fifth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ISSUERS, "toy", Toy)


@pytest.mark.parametrize("kind", KEY_KINDS)
def test_a_fifth_issuer_is_a_class_and_a_line(kind: Any) -> None:
    issued = ask("toy", {}, pki.ca_certificate(), wish=CertificateWish(NAME, key=kind))
    key = load_pem_private_key(issued.private_key.encode(), None)
    assert kind_of(leaf_of(issued).public_key()) == kind_of(key.public_key()) == kind
    assert "PRIVATE" not in repr(issued)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("key", "has another key than the request"),
        ("name", "is for CN=other, not for CN=zone"),
        ("is a ca", "is a CA"),
        ("purpose", "has an extended key usage without clientAuth"),
        ("early", "is not valid before 20"),
        ("late", "ended on 20"),
        (
            "ca",
            "was signed by CN=Another CA, which is not among the CAs of ca. Nothing was uploaded",
        ),
    ],
)
def test_an_answer_that_origins_would_refuse_is_refused(wrong: str, told: str) -> None:
    with pytest.raises(IssuerError) as refused:
        ask("toy", {"wrong": wrong}, pki.ca_certificate(), now=dt.datetime.now(dt.UTC))
    assert str(refused.value).startswith("issuer internal: the certificate ")
    assert told in str(refused.value)
    assert "Nothing was uploaded" in str(refused.value)


def test_a_ca_that_has_ended_signs_nothing_that_origins_accept() -> None:
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=4000)
    with pytest.raises(IssuerError, match="which is not among the CAs of ca"):
        ask("toy", {}, pki.ca_certificate(), now=later)


def test_a_common_name_is_at_most_64_characters() -> None:
    with pytest.raises(IssuerError, match=r"has 65 characters.*Give common_name"):
        ask("toy", {}, pki.ca_certificate(), wish=CertificateWish("a" * 65))


def test_a_ca_that_is_no_certificate_is_told() -> None:
    with pytest.raises(IssuerError, match="issuer internal: the text holds no readable"):
        ask("toy", {}, "nothing")


def test_a_ca_that_signs_and_is_not_in_ca_is_told_with_the_next_steps() -> None:
    mine, other = pki.ca_certificate(), pki.ca_certificate(pki.another_authority("Another CA"))
    now = dt.datetime.now(dt.UTC)
    assert authority_fault((mine,), mine, now) == ""
    assert authority_fault((other, mine), mine, now) == ""
    assert authority_fault((), mine, now) == ""
    told = authority_fault((other,), mine, now)
    assert told.startswith("CN=Another CA signs there, which is not among the CAs of ca. (1) Let")
    assert "Nothing was uploaded" not in told
    later = now + dt.timedelta(days=4000)
    assert "which is not among the CAs of ca. (1)" in authority_fault((mine,), mine, later)
