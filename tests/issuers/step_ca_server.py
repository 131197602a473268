"""A real step-ca on loopback, with a root, an intermediate and a provisioner of its own."""

from __future__ import annotations

import datetime as dt
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwcrypto import jwa
from jwcrypto.jwe import JWE
from jwcrypto.jwk import JWK

from bootstrap import servers
from tests import pki

PROVISIONER = "aop"
START_SECONDS = 60


@dataclass(frozen=True)
class StepCaServer:
    """Where the CA answers, what origins have to trust, and the provisioner's key as JWE."""

    url: str
    folder: Path
    root: str
    intermediate: str
    jwk: str = field(repr=False)
    encrypted_jwk: str = field(repr=False)
    passphrase: str = field(repr=False)


@contextmanager
def step_ca(folder: Path, *, longest: str = "2200h") -> Iterator[StepCaServer]:
    """Started with files in the folder; ended with the block."""
    program = servers.locate("step-ca")
    if program is None:
        pytest.skip("needs server: step-ca")
    server = _write(folder, _free_port(), longest)
    log = (folder / "log").open("wb")
    process = subprocess.Popen(
        [program, folder / "ca.json"],
        stdout=log,
        stderr=log,
        env={"PATH": os.defpath, "HOME": str(folder), "STEPPATH": str(folder)},
    )
    try:
        _wait(server, process)
        yield server
    finally:
        process.terminate()
        process.wait(20)
        log.close()


def _write(folder: Path, port: int, longest: str) -> StepCaServer:
    folder.mkdir(parents=True, exist_ok=True)
    root_key, root = _authority("Step Root CA", None, 1)
    key, intermediate = _authority("Step Intermediate CA", (root_key, root), 0)
    (folder / "root.pem").write_text(_pem(root))
    (folder / "intermediate.pem").write_text(_pem(intermediate))
    (folder / "intermediate.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    jwk = JWK.generate(kty="EC", crv="P-256", use="sig", alg="ES256")
    jwk = JWK(**jwk.export(as_dict=True), kid=jwk.thumbprint())
    passphrase = os.urandom(12).hex()
    provisioner = {
        "type": "JWK",
        "name": PROVISIONER,
        "key": jwk.export_public(as_dict=True),
        "claims": {"maxTLSCertDuration": longest, "defaultTLSCertDuration": "720h"},
    }
    (folder / "ca.json").write_text(json.dumps(_configuration(folder, port, provisioner)))
    return StepCaServer(
        f"https://127.0.0.1:{port}",
        folder,
        _pem(root),
        _pem(intermediate),
        jwk.export_private(),
        _encrypt(jwk, passphrase),
        passphrase,
    )


def _configuration(folder: Path, port: int, provisioner: dict[str, Any]) -> dict[str, Any]:
    return {
        "root": str(folder / "root.pem"),
        "crt": str(folder / "intermediate.pem"),
        "key": str(folder / "intermediate.key"),
        "address": f"127.0.0.1:{port}",
        "dnsNames": ["127.0.0.1"],
        "db": {"type": "badgerv2", "dataSource": str(folder / "db")},
        "authority": {"provisioners": [provisioner]},
    }


def _encrypt(jwk: JWK, passphrase: str) -> str:
    """As `step crypto jwk create` writes a key; jwcrypto makes no such one by itself."""
    head = {"alg": "PBES2-HS256+A128KW", "enc": "A256GCM", "p2c": 100_000, "cty": "jwk+json"}
    box = JWE(jwk.export_private(), protected=json.dumps(head))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jwa, "default_max_pbkdf2_iterations", 100_000)
        box.add_recipient(JWK.from_password(passphrase))
    text: str = box.serialize(compact=True)
    return text


Signer = tuple[ec.EllipticCurvePrivateKey, x509.Certificate]


def _authority(common_name: str, above: Signer | None, length: int) -> Signer:
    key = ec.generate_private_key(ec.SECP256R1())
    now = dt.datetime.now(dt.UTC)
    name = pki.name(common_name)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(above[1].subject if above else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=True, path_length=length), critical=True)
        # Of its own kind, as Go 1.25 and newer write it.
        .add_extension(x509.SubjectKeyIdentifier(os.urandom(20)), critical=False)
    )
    return key, builder.sign(above[0] if above else key, hashes.SHA256())


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: StepCaServer, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            if httpx.get(f"{server.url}/health", verify=False).status_code == 200:  # noqa: S501
                return
        except httpx.TransportError:
            time.sleep(0.1)
    told = (server.folder / "log").read_text(errors="replace")[-2000:]
    raise AssertionError(f"step-ca did not start: {told}")
