"""Where the token goes: to the API over verified TLS, through a proxy if there is one, and
nowhere else."""

from __future__ import annotations

import datetime as dt
import http.server
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from providers.api.errors import CloudflareError, Unanswered
from tests.conftest import TOKEN, ZONE
from tests.pki import name
from tests.secrets.canary import Canary

CANARY = Canary.of_token("token", TOKEN)
FAR_AWAY = "https://api.cloudflare.invalid/client/v4"


class Listener(http.server.BaseHTTPRequestHandler):
    """Writes down everything that it is sent, and refuses it."""

    heard: list[str]

    def _refuse(self) -> None:
        self.heard.append(f"{self.requestline}\n{self.headers}")
        self.send_response(502)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_CONNECT = _refuse

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def listening(tls: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[str]]]:
    """The port of a server on loopback, and what it has heard."""
    heard: list[str] = []
    handler = type("Handler", (Listener,), {"heard": heard})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        # A client that does not trust the certificate ends the handshake: no reason for a report.
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port, heard
        server.shutdown()


@pytest.fixture
def self_signed(tmp_path: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    now = dt.datetime.now(dt.UTC)
    names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name("localhost"))
        .issuer_name(name("localhost"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    both = tmp_path / "server.pem"
    both.touch(mode=0o600)
    both.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_server_whose_certificate_nobody_vouches_for_hears_nothing(
    new_run: Any, moments: Any, self_signed: ssl.SSLContext, host: str
) -> None:
    with listening(self_signed) as (port, heard):
        zone = new_run(CLOUDFLARE_BASE_URL=f"https://{host}:{port}/client/v4").zone(ZONE, None)
        with pytest.raises(CloudflareError, match="is not trusted, so nothing was sent") as told:
            zone.setting("ssl")
    assert not heard
    assert moments.passed == 0
    assert "CLOUDFLARE_BASE_URL" in str(told.value)


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What a proxy hears that the environment names, in each way."""
    with listening() as (port, heard):
        for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            for spelling in (variable, variable.lower()):
                monkeypatch.setenv(spelling, f"http://user:proxy-pass-word@127.0.0.1:{port}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        yield heard


def test_a_proxy_of_the_environment_carries_requests_to_the_api_and_sees_no_token(
    new_run: Any, proxied: list[str]
) -> None:
    with pytest.raises(Unanswered, match="proxy error") as told:
        new_run(CLOUDFLARE_BASE_URL=FAR_AWAY).zone(ZONE, None).setting("ssl")
    assert proxied
    assert all(line.startswith("CONNECT api.cloudflare.invalid:443 ") for line in proxied)
    assert not CANARY.is_found_in("".join(proxied).encode())
    assert "proxy-pass-word" not in str(told.value)


def test_a_proxy_of_the_environment_never_sees_what_goes_to_loopback(
    new_run: Any, proxied: list[str]
) -> None:
    assert new_run().zone(ZONE, None).setting("ssl") == "full"
    assert not proxied


@pytest.mark.parametrize(
    "url",
    [
        "http://api.cloudflare.com/client/v4",
        "http://127.0.0.1.example.com/client/v4",
        "http://[::ffff:10.0.0.1]/client/v4",
        "https://token@api.cloudflare.com",
        "file:///etc/passwd",
    ],
)
def test_a_base_url_that_would_show_the_token_is_refused_before_anything_is_sent(
    new_run: Any, proxied: list[str], url: str
) -> None:
    with pytest.raises(CloudflareError, match="not an https address") as told:
        new_run(CLOUDFLARE_BASE_URL=url).zone(ZONE, None)
    assert url not in str(told.value)
    assert not proxied


def test_two_tokens_for_one_zone_are_each_used_for_their_own_resources(
    sandbox: Any, new_run: Any
) -> None:
    """None of them stands in for the other, and certificate changes still take turns."""
    tokens = {
        "CERTIFICATES_TOKEN": ("certificates", ["SSL and Certificates Edit"]),
        "SETTINGS_TOKEN": ("settings", ["Zone Settings Edit"]),
    }
    environ = {}
    for variable, (owner, permissions) in tokens.items():
        environ[variable] = f"token-of-the-{owner}-of-forty-characters-or-so"
        sandbox.add_token(owner, environ[variable], permissions=permissions)
    run = new_run(**environ)
    certificates, settings = (run.zone(ZONE, variable) for variable in tokens)
    certificates.certificates("hostname")
    settings.set_setting("ssl", "strict")
    assert [e["by"] for e in sandbox.journal()] == ["certificates", "settings"]
    assert certificates.changes is settings.changes
    with pytest.raises(CloudflareError, match="UNSET_TOKEN is not set"):
        run.zone(ZONE, "UNSET_TOKEN")
