"""A real step-ca signs, refuses, and says what it signs with."""

from __future__ import annotations

import datetime as dt
import hashlib
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from issuers import CertificateWish, IssuerError, References
from issuers.step_ca import StepCa
from tests import pki
from tests.issuers.asking import NAME, ask, days_of, leaf_of
from tests.issuers.step_ca_server import PROVISIONER, StepCaServer, step_ca


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StepCaServer]:
    with step_ca(tmp_path_factory.mktemp("step-ca")) as running:
        yield running


def settings(server: StepCaServer, **changed: Any) -> dict[str, Any]:
    given = {
        "url": server.url,
        "provisioner": PROVISIONER,
        "root": "file:root.pem",
        "key": "env:KEY",
        "passphrase": "env:PASSPHRASE",
    }
    return {name: value for name, value in (given | changed).items() if value is not None}


def environ(server: StepCaServer) -> dict[str, str]:
    return {"KEY": server.encrypted_jwk, "PLAIN": server.jwk, "PASSPHRASE": server.passphrase}


def asked(server: StepCaServer, wish: CertificateWish | None = None, **changed: Any) -> Any:
    ca = changed.pop("ca", server.root + server.intermediate)
    given, around = settings(server, **changed), environ(server)
    return ask("step_ca", given, ca, environ=around, folder=server.folder, wish=wish)


def test_the_encrypted_key_of_a_provisioner_opens_the_ca(server: StepCaServer) -> None:
    leaf = leaf_of(asked(server))
    assert leaf.subject.rfc4514_string() == f"CN={NAME}"
    assert days_of(leaf) == 30


def test_a_plain_key_and_a_fingerprint_of_the_root_do_too(server: StepCaServer) -> None:
    fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(server.root)).hexdigest().upper()
    colons = ":".join(fingerprint[i : i + 2] for i in range(0, 64, 2))
    wish = CertificateWish(NAME, life=dt.timedelta(days=60))
    issued = asked(server, wish, key="env:PLAIN", passphrase=None, root=None, fingerprint=colons)
    assert days_of(leaf_of(issued)) == 60


@pytest.mark.parametrize("kind", ["ecdsa-p256", "ecdsa-p384", "rsa-2048"])
def test_each_kind_of_key_that_the_ca_knows_is_signed(server: StepCaServer, kind: Any) -> None:
    leaf = leaf_of(asked(server, CertificateWish(NAME, key=kind)))
    assert isinstance(leaf, x509.Certificate)


def test_the_intermediate_that_ca_lacks_is_told_before_anything_is_uploaded(
    server: StepCaServer,
) -> None:
    told = r"signed by CN=Step Intermediate CA, which is not among the CAs of ca\. Nothing was up"
    with pytest.raises(IssuerError, match=told):
        asked(server, ca=server.root)


def test_the_root_that_ca_lacks_is_told_too(server: StepCaServer) -> None:
    with pytest.raises(IssuerError, match=r"the CA CN=Step Intermediate CA was signed by"):
        asked(server, ca=server.intermediate)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"provisioner": "other"}, r"answers 401.*\. The CA's log says why"),
        ({"passphrase": "env:KEY"}, r"the provisioner's key cannot be read\. Give the prov"),
        ({"key": "env:NOTHING"}, r"the environment variable NOTHING is not set"),
        ({"root": "file:other.pem"}, r"cannot be reached.*Give its root certificate as root\."),
        ({"root": None, "fingerprint": "00" * 32}, r"has no root with the fingerprint 00000000"),
        ({"url": "https://127.0.0.1:1"}, r"cannot be reached.*Look whether it runs\."),
    ],
)
def test_a_refusal_is_one_line_that_names_issuer_fact_and_next_step(
    server: StepCaServer, changed: dict[str, Any], told: str
) -> None:
    (server.folder / "other.pem").write_text(pki.ca_certificate())
    with pytest.raises(IssuerError, match=rf"^issuer internal: .*{told}") as refused:
        asked(server, **changed)
    text = str(refused.value)
    assert "\n" not in text
    assert not any(secret in text for secret in environ(server).values())


def test_more_days_than_the_provisioner_allows_are_told(server: StepCaServer) -> None:
    wish = CertificateWish(NAME, life=dt.timedelta(days=365))
    with pytest.raises(IssuerError, match=r"Ask for fewer days, or raise maxTLSCertDuration"):
        asked(server, wish)


def test_a_token_opens_the_ca_once_and_each_request_makes_another(server: StepCaServer) -> None:
    first, second = leaf_of(asked(server)), leaf_of(asked(server))
    assert first.serial_number != second.serial_number


def test_the_ca_says_what_it_signs_with_without_a_certificate(server: StepCaServer) -> None:
    issuer = StepCa.model_validate(settings(server))
    found = issuer.authorities(References(environ(server), Path(server.folder)))
    assert [text.strip() for text in found] == [server.intermediate.strip(), server.root.strip()]


@pytest.mark.parametrize("pins", [{}, {"root": "file:a", "fingerprint": "00"}])
def test_the_ca_is_known_by_a_root_or_a_fingerprint(pins: dict[str, str]) -> None:
    given = {"url": "https://ca.internal", "provisioner": "aop", "key": "env:KEY", **pins}
    with pytest.raises(ValueError, match="needs root or fingerprint, not both"):
        StepCa.model_validate(given)
