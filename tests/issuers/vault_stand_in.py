"""A STAND-IN for the PKI engine of Vault and OpenBao, written from their documentation.

Nothing here was compared with a running Vault. It answers `sign`, `ca/pem`, and the logins by
AppRole and JWT, in the shapes of https://developer.hashicorp.com/vault/api-docs/secret/pki and
.../auth/approle, .../auth/jwt. test_vault.py runs the same against a real one with VAULT_ADDR.
"""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from tests import pki

TOKEN, ROLE_ID, SECRET_ID, JWT = "s.token-of-the-tests", "role-id", "secret-id-of-tests", "a.b.c"
LONGEST = dt.timedelta(days=90)


@dataclass
class VaultStandIn:
    """What was asked, in order, and where the stand-in answers; `sealed` answers 503."""

    url: str = ""
    sealed: bool = False
    requests: list[tuple[str, str, dict[str, Any], dict[str, str]]] = field(default_factory=list)

    def answer(
        self, method: str, path: str, body: dict[str, Any], headers: dict[str, str]
    ) -> tuple[int, Any]:
        self.requests.append((method, path, body, headers))
        if self.sealed:
            return 503, {"errors": ["Vault is sealed"]}
        if (method, path) == ("GET", "/v1/pki/ca/pem"):
            return 200, pki.ca_certificate()
        if (method, path) == ("POST", "/v1/auth/approle/login"):
            is_known = body == {"role_id": ROLE_ID, "secret_id": SECRET_ID}
            return _login(is_known, "invalid role or secret ID")
        if (method, path) == ("POST", "/v1/auth/jwt/login"):
            return _login(body == {"role": "aop", "jwt": JWT}, "error validating token")
        if headers.get("x-vault-token") != TOKEN:
            return 403, {"errors": ["permission denied"]}
        if (method, path) == ("POST", "/v1/pki/sign/aop"):
            return self._sign(body)
        return 404, {"errors": [f"no handler for route {path!r}"]}

    def _sign(self, body: dict[str, Any]) -> tuple[int, Any]:
        seconds = int(str(body.get("ttl", "2592000s")).removesuffix("s"))
        if dt.timedelta(seconds=seconds) > LONGEST:
            told = "cannot satisfy request, as TTL is beyond the expiration of the CA certificate"
            return 400, {"errors": [told]}
        csr = x509.load_pem_x509_csr(body["csr"].encode())
        now = dt.datetime.now(dt.UTC)
        key, issuer = pki.authority()
        leaf = (
            x509.CertificateBuilder()
            .subject_name(pki.name(body["common_name"]))
            .issuer_name(issuer)
            .public_key(csr.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(seconds=30))
            .not_valid_after(now + dt.timedelta(seconds=seconds))
            .add_extension(
                x509.ExtendedKeyUsage([*pki.SERVER_AUTH, *pki.CLIENT_AUTH]), critical=False
            )
            .sign(key, hashes.SHA256())
        )
        data = {
            "certificate": leaf.public_bytes(serialization.Encoding.PEM).decode().strip(),
            "issuing_ca": pki.ca_certificate().strip(),
            "ca_chain": [pki.ca_certificate().strip()],
            "expiration": int(leaf.not_valid_after_utc.timestamp()),
        }
        return 200, {"lease_id": "", "renewable": False, "data": data, "auth": None}


def _login(is_known: bool, told: str) -> tuple[int, Any]:
    if not is_known:
        return 400, {"errors": [told]}
    return 200, {"auth": {"client_token": TOKEN, "lease_duration": 1200}, "data": None}


@contextmanager
def vault_stand_in() -> Iterator[VaultStandIn]:
    """Answers on loopback while the block runs."""
    vault = VaultStandIn()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, answer = vault.answer(self.command, self.path, body, headers)
            text = answer if isinstance(answer, str) else json.dumps(answer)
            self.send_response(status)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST = _serve

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    vault.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield vault
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
