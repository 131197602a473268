"""Uploads: what is refused, and how what is accepted is described."""

from __future__ import annotations

import base64
import datetime
from collections.abc import Callable
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, rsa

from sandbox.clock import wall_clock
from sandbox.seed import issue
from tests.pki import PrivateKey
from tests.providers.values import der
from tests.sandbox.steps import HOSTNAME_CERTIFICATES, ZONE_CERTIFICATES, refusal, upload
from tests.sandbox_server import Json, SandboxThread, certificate_for


def authority() -> Json:
    certificate, private_key = issue("a CA", wall_clock(), is_ca=True)
    return {"certificate": certificate, "private_key": private_key}


def spoil(**changes: Callable[[Json], object]) -> Json:
    pair = certificate_for()
    return pair | {name: change(pair) for name, change in changes.items()}


def encrypt(pair: Json) -> str:
    key = serialization.load_pem_private_key(pair["private_key"].encode(), None)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    ).decode()


def pem(label: str, data: bytes) -> str:
    lines = base64.encodebytes(data).decode()
    return f"-----BEGIN {label}-----\n{lines}-----END {label}-----\n"


PARAMETERS = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
UPLOADS: list[tuple[str, int, Callable[[], Json]]] = [
    ("no certificate", 1408, lambda: spoil(certificate=lambda pair: None)),
    ("any text", 1408, lambda: spoil(certificate=lambda pair: "certificate")),
    (
        "one line",
        1408,
        lambda: spoil(certificate=lambda pair: pair["certificate"].replace("\n", "")),
    ),
    (
        "backslash n",
        1408,
        lambda: spoil(certificate=lambda pair: pair["certificate"].replace("\n", "\\n")),
    ),
    (
        "base64 of nothing",
        1408,
        lambda: spoil(
            certificate=lambda pair: (
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
            )
        ),
    ),
    (
        "EC parameters",
        1408,
        lambda: spoil(certificate=lambda pair: PARAMETERS + pair["certificate"]),
    ),
    (
        "a key for a certificate",
        1408,
        lambda: spoil(certificate=lambda pair: pair["private_key"]),
    ),
    ("a CA", 1412, authority),
    (
        "a chain",
        1412,
        lambda: spoil(certificate=lambda pair: pair["certificate"] + authority()["certificate"]),
    ),
    ("no key", 1490, lambda: spoil(private_key=lambda pair: None)),
    ("an encrypted key", 1490, lambda: spoil(private_key=encrypt)),
    (
        "a key that is none",
        1490,
        lambda: spoil(
            private_key=lambda pair: (
                "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
            )
        ),
    ),
    (
        "a certificate whose EC parameters are written out",
        1408,
        lambda: spoil(certificate=lambda _: pem("CERTIFICATE", der.explicit_ec_certificate())),
    ),
    (
        "a certificate for RSA-PSS only",
        1408,
        lambda: spoil(certificate=lambda _: pem("CERTIFICATE", der.rsa_pss_certificate())),
    ),
    (
        "a key whose EC parameters are written out",
        1490,
        lambda: spoil(private_key=lambda _: pem("EC PRIVATE KEY", der.explicit_ec_key())),
    ),
    (
        "a key for RSA-PSS only",
        1490,
        lambda: spoil(private_key=lambda _: pem("PRIVATE KEY", der.rsa_pss_key())),
    ),
    (
        "an expanded ML-DSA key",
        1490,
        lambda: spoil(private_key=lambda _: pem("PRIVATE KEY", der.ml_dsa_key(has_seed=True))),
    ),
    (
        "another's key",
        1491,
        lambda: spoil(private_key=lambda pair: certificate_for()["private_key"]),
    ),
]


@pytest.mark.parametrize(
    "collection",
    [
        pytest.param(ZONE_CERTIFICATES, id="zone"),
        pytest.param(HOSTNAME_CERTIFICATES, id="hostname"),
    ],
)
@pytest.mark.parametrize(
    ("code", "body"), [case[1:] for case in UPLOADS], ids=[case[0] for case in UPLOADS]
)
def test_an_upload_is_refused_for(
    sandbox: SandboxThread, collection: str, code: int, body: Callable[[], Json]
) -> None:
    before = sandbox.state(settled=True)
    assert refusal(sandbox.call("POST", collection, body())) == (400, code)
    assert sandbox.state(settled=True) == before


ML_DSA: dict[str, Any] = {
    "ML-DSA-44": mldsa.MLDSA44PrivateKey,
    "ML-DSA-65": mldsa.MLDSA65PrivateKey,
    "ML-DSA-87": mldsa.MLDSA87PrivateKey,
}


def leaf_of(
    key: PrivateKey | ed25519.Ed25519PrivateKey,
    digest: hashes.SHA256 | hashes.SHA384 | None,
) -> Json:
    name = x509.Name.from_rfc4514_string("CN=Let's test,O=Sandbox,C=US")
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(649698018354122709790786741470479045506)
        .not_valid_before(now - datetime.timedelta(days=9))
        .not_valid_after(now - datetime.timedelta(days=2))
        .sign(key, digest)
    )
    return {
        "certificate": certificate.public_bytes(serialization.Encoding.PEM).decode(),
        "private_key": key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL
            if digest
            else serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode(),
    }


@pytest.mark.parametrize(
    ("make", "signature"),
    [
        pytest.param(
            lambda: leaf_of(rsa.generate_private_key(65537, 2048), hashes.SHA256()),
            "SHA256-RSA",
            id="RSA",
        ),
        pytest.param(
            lambda: leaf_of(ec.generate_private_key(ec.SECP384R1()), hashes.SHA384()),
            "ECDSA-SHA384",
            id="P-384",
        ),
        pytest.param(
            lambda: leaf_of(ed25519.Ed25519PrivateKey.generate(), None), "Ed25519", id="Ed25519"
        ),
        *(
            pytest.param(lambda kind=kind: leaf_of(kind.generate(), None), words, id=words)
            for words, kind in ML_DSA.items()
        ),
    ],
)
def test_an_expired_leaf_of_any_key_is_accepted_and_described(
    sandbox: SandboxThread, make: Callable[[], Json], signature: str
) -> None:
    made = upload(sandbox, pair=make())
    assert made["signature"] == signature
    assert made["issuer"] == "CN=Let's test,O=Sandbox,C=US"
    assert made["serial_number"] == "649698018354122709790786741470479045506"
