"""Open origins that a probe could take for closed ones, because of how it asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from issuers import authority
from origins import ClientCertificate, ProbeReport
from origins.report import REFUSES_OTHERS

from . import servers
from .pki import Folder
from .servers import Application

Probed = Callable[..., ProbeReport]
TLS = (
    "listen 127.0.0.1:{port} ssl; server_name shop.example.com; ssl_certificate {certificate};"
    " ssl_certificate_key {certificate}.key; ssl_client_certificate {ca};"
    " location / {{ proxy_pass http://127.0.0.1:{application}; }}"
)


@pytest.fixture
def asked(
    folder: Folder, application: Application, tmp_path: Path, probed: Probed
) -> Callable[..., ProbeReport]:
    """What a probe says of an NGINX with these lines."""

    def run(
        lines: str, ca: str = "", clients: dict[str, ClientCertificate] | None = None
    ) -> ProbeReport:
        port = servers.free_port()
        text = ("server {{ " + TLS + " " + lines + " }}").format(
            port=port,
            certificate=folder.file("server.pem"),
            ca=ca or folder.file("ca.pem"),
            application=application.port,
        )
        with servers.running("nginx", tmp_path / "nginx", text, port):
            return probed(port, given=clients)

    return run


def test_an_application_that_answers_plain_http_on_the_port_of_tls_is_open(
    asked: Callable[..., ProbeReport],
) -> None:
    page = "location @page {{ proxy_pass http://127.0.0.1:{application}; }}"
    report = asked(f"ssl_verify_client on; error_page 497 =200 @page; {page}")
    assert [(f.code, f.means) for f in report.findings if f.means == "open"] == [
        ("plain_http", "open")
    ]


@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_a_certificate_that_was_not_sent_is_no_evidence(
    kind: str, asked: Callable[..., ProbeReport], folder: Folder, tmp_path: Path
) -> None:
    # Takes only RSA, and whoever has any certificate: a stranger's of ECDSA is never sent.
    now = datetime.now(UTC)
    ca = authority.make_ca(authority.common_name("CA"), now)
    name, ends = authority.common_name("cloudflare"), now + timedelta(hours=1)
    right = authority.make_leaf(ca, name, ends, kind="rsa")
    other = authority.make_ca(authority.common_name("CA"), now)
    made = {"right": right, "same_ca": authority.make_leaf(ca, name, ends, kind="rsa")}
    made["other_ca"] = authority.make_leaf(other, name, ends, kind=kind)
    made["self_signed"] = authority.make_self_signed(name, ends, kind)
    (tmp_path / "ca.pem").write_text(ca.pem)
    clients = {}
    for case, identity in made.items():
        folder.write(f"spot_{case}.pem", identity.pem)
        folder.write(f"spot_{case}.key", identity.key_pem)
        clients[case] = ClientCertificate(
            folder.file(f"spot_{case}.pem"), folder.file(f"spot_{case}.key")
        )
    report = asked(
        "ssl_verify_client optional_no_ca;"
        " ssl_conf_command ClientSignatureAlgorithms RSA-PSS+SHA256:RSA+SHA256;"
        " if ($ssl_client_verify = NONE) {{ return 496; }}",
        str(tmp_path / "ca.pem"),
        clients,
    )
    assert report.verdict == ("open" if kind == "rsa" else "unproven"), report.table()
    assert report.verdict != REFUSES_OTHERS


def test_a_copy_has_a_key_of_the_same_kind() -> None:
    now = datetime.now(UTC)
    ca = authority.make_ca(authority.common_name("CA"), now)
    for kind in ("rsa", "ec"):
        right = authority.make_leaf(ca, authority.common_name("x"), now + timedelta(1), kind=kind)
        assert authority.kind_of(authority.make_copy(right.certificate).certificate) == kind
