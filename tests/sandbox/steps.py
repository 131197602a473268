"""Short words for what the tests do to a sandbox."""

from __future__ import annotations

from typing import Any

import httpx

from tests.sandbox_server import TOKEN, ZONE_IDS, Json, Sandbox, certificate_for

ZONE = ZONE_IDS["example.com"]
BASE = f"/zones/{ZONE}/origin_tls_client_auth"
ZONE_CERTIFICATES = BASE
HOSTNAME_CERTIFICATES = f"{BASE}/hostnames/certificates"
HOSTNAMES = f"{BASE}/hostnames"
DEPLOY = 5


def result(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


def refusal(answer: httpx.Response) -> tuple[int, int]:
    """(HTTP status, code of the first error)."""
    body = answer.json()
    assert body["success"] is False, answer.text
    return answer.status_code, body["errors"][0]["code"]


def upload(
    sandbox: Sandbox,
    collection: str = HOSTNAME_CERTIFICATES,
    pair: Json | None = None,
    token: str = TOKEN,
) -> Json:
    made: Json = result(sandbox.call("POST", collection, pair or certificate_for(), token=token))
    return made


def active(
    sandbox: Sandbox, collection: str = HOSTNAME_CERTIFICATES, pair: Json | None = None
) -> str:
    """The id of a new certificate, once it is deployed."""
    made = upload(sandbox, collection, pair)
    sandbox.advance(DEPLOY)
    return str(made["id"])


def entry(hostname: str, cert_id: str, enabled: bool | None = True) -> Json:
    return {"hostname": hostname, "cert_id": cert_id, "enabled": enabled}


def put(sandbox: Sandbox, *entries: Json) -> httpx.Response:
    return sandbox.call("PUT", HOSTNAMES, {"config": list(entries)})


def bind(sandbox: Sandbox, hostname: str, cert_id: str, enabled: bool | None = True) -> None:
    """A binding, once it is deployed."""
    result(put(sandbox, entry(hostname, cert_id, enabled)))
    sandbox.advance(DEPLOY)


def status_of(sandbox: Sandbox, path: str) -> str:
    """The status read by id, or the code of the refusal."""
    answer = sandbox.call("GET", path)
    if answer.status_code != 200:
        return str(refusal(answer)[1])
    return str(answer.json()["result"]["status"])


def legacy(sandbox: Sandbox) -> str:
    """The id of the hostname certificate that is there at first."""
    return str(result(sandbox.call("GET", f"{HOSTNAMES}/legacy.example.com"))["cert_id"])
