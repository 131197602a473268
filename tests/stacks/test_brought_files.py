"""Certificates and keys as people bring them, from the configuration to Cloudflare."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import mldsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from tests.cli.conftest import Start
from tests.cli.project import REAL_CLI, Project
from tests.conftest import ZONE
from tests.pki import Pair, ca_certificate, make
from tests.sandbox_server import SandboxProcess

pytestmark = REAL_CLI

FOLDER = ".local/certificates/dev"
PASSPHRASE = "correct-horse-battery"


def encrypt(pair: Pair) -> str:
    key = load_pem_private_key(pair.private_key.encode(), None)
    secret = BestAvailableEncryption(PASSPHRASE.encode())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret).decode()


def test_a_whole_chain_with_its_encrypted_key_and_an_ml_dsa_pair_in_base64_are_uploaded(
    start: Start, sandbox: SandboxProcess
) -> None:
    project = start("dev")
    zone, shop = project.pair("zone"), project.pair("shop")
    (project.certificates / "zone.pem").write_text(
        ca_certificate() + encrypt(zone) + zone.certificate
    )
    project.edit(
        f"private_key: file:{FOLDER}/zone.key",
        f"private_key: file:{FOLDER}/zone.pem\n        passphrase: env:ZONE_WORD",
    )
    post_quantum = project.pair("shop", make("shop", key=mldsa.MLDSA44PrivateKey.generate()))
    for suffix, text in (("pem", post_quantum.certificate), ("key", post_quantum.private_key)):
        coded = base64.b64encode(text.encode()).decode()
        (project.certificates / f"shop.{suffix}").write_text(coded)
    env = {"ZONE_WORD": PASSPHRASE}
    project.up(env=env)
    shown = sandbox.presented("example.com", "shop.example.com")["certificate_sha256"]
    assert (shown, shop.sha256 == shown) == (post_quantum.sha256, False)
    rest = sandbox.presented("example.com", "www.example.com")["certificate_sha256"]
    assert rest == zone.sha256
    # Neither key nor passphrase is needed where nothing changes.
    project.expect_no_changes()
    assert project.resource("example.com-zone")["inputs"]["passphrase"] == "env:ZONE_WORD"
    assert PASSPHRASE not in json.dumps(project.export())


def test_the_key_in_a_certificates_file_reaches_no_debug_output(start: Start) -> None:
    project = start("dev")
    zone = project.pair("zone")
    project.pair("shop")
    (project.certificates / "zone.key").write_text(zone.private_key + zone.certificate)
    project.edit(f"certificate: file:{FOLDER}/zone.pem", f"certificate: file:{FOLDER}/zone.key")
    told = project.preview("--debug", "--logtostderr", "-v=11")
    assert zone.certificate.splitlines()[1] in told.text
    assert not any(line in told.text for line in zone.private_key.splitlines()[1:-1])


def test_a_certificate_that_cloudflare_holds_is_adopted_without_its_key(
    start: Start, sandbox: SandboxProcess
) -> None:
    project = start("dev")
    zone = project.pair("zone")
    project.pair("shop")
    body = {"certificate": zone.certificate, "private_key": zone.private_key}
    there = sandbox.outside("POST", f"/zones/{ZONE}/origin_tls_client_auth", body)
    (project.certificates / "zone.key").unlink()
    told = project.up()
    told.line("zone.key cannot be read", "it was not verified that it belongs to certificate")
    assert project.resource("example.com-zone")["id"] == there["id"]


def test_a_fifo_and_a_key_without_a_value_are_one_line(tmp_path: Path) -> None:
    project = Project(tmp_path, None, "dev")
    project.pair("zone")
    project.pair("shop")
    (project.certificates / "shop.pem").unlink()
    os.mkfifo(project.certificates / "shop.pem")
    project.preview(code=1).line(
        "error: stacks/Pulumi.dev.yaml: ", "shop.pem cannot be read (it is not a regular file)"
    )
    project.edit("ssl: full", "ssl:")
    project.preview(code=1).line(
        'zones["example.com"].ssl: has no value. Give it one, or remove the line to take it away.'
    )
