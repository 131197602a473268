"""The edge: what an origin is shown and sent, at each instant."""

from __future__ import annotations

import contextlib
import json
import ssl
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox import edge_tls
from tests.origins.pki import HOSTNAME, Folder, Signer, make
from tests.sandbox.edge_origin import BROKEN, LARGE, LARGE_BODY, SILENT, origin
from tests.sandbox.steps import (
    BASE,
    DEPLOY,
    HOSTNAMES,
    ZONE,
    ZONE_CERTIFICATES,
    active,
    bind,
    entry,
    put,
    result,
    upload,
)
from tests.sandbox_server import Json, SandboxThread, certificate_for

SETTINGS = f"/zones/{ZONE}/settings"
Visit = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def visitor() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=20) as client:
        yield client


@pytest.fixture
def visit(sandbox: SandboxThread, visitor: httpx.Client) -> Visit:
    """A request to the edge; a GET of / at shop.example.com unless something else is said."""

    def ask(
        path: str = "/", *, host: str = HOSTNAME, method: str = "GET", **more: Any
    ) -> httpx.Response:
        headers = [("Host", host), *more.pop("headers", [])]
        return visitor.request(method, sandbox.edge + path, headers=headers, **more)

    return ask


@pytest.fixture
def trusting(folder: Folder, sandbox: SandboxThread) -> Iterator[str]:
    """The origin of all hostnames: it trusts the shared CA and ours, and lets everybody in."""
    with origin(folder.path, sandbox.shared()["ca"], folder.root.pem) as address:
        sandbox.origins(**{"*": address})
        yield address


def pair(signer: Signer) -> Json:
    return {"certificate": signer.pem, "private_key": signer.key_pem}


def setting(sandbox: SandboxThread, name: str, value: str) -> None:
    result(sandbox.call("PATCH", f"{SETTINGS}/{name}", {"value": value}))


def test_the_origin_is_shown_what_is_presented_at_that_instant(
    sandbox: SandboxThread, visit: Visit, trusting: str, folder: Folder
) -> None:
    seen = []

    def look() -> None:
        answer = visit()
        shown = sandbox.presented("example.com", HOSTNAME)
        told = f"{shown['level']} {shown['certificate_sha256'] or 'no certificate'}"
        assert answer.json()["certificate"] == shown["certificate_sha256"]
        assert answer.headers["sandbox-presented"] == told
        seen.append((shown["level"], shown["certificate_sha256"] is not None))

    look()
    zone_level = active(sandbox, ZONE_CERTIFICATES, pair(make("zone", folder.root)))
    result(sandbox.call("PUT", f"{BASE}/settings", {"enabled": True}))
    look()
    made = upload(sandbox, pair=pair(make("one", folder.root)))
    result(put(sandbox, entry(HOSTNAME, made["id"])))
    look()
    sandbox.advance(DEPLOY)
    look()
    sandbox.outside("PUT", HOSTNAMES, {"config": [entry(HOSTNAME, made["id"], None)]})
    look()
    result(sandbox.call("DELETE", f"{ZONE_CERTIFICATES}/{zone_level}"))
    result(sandbox.call("PUT", f"{BASE}/settings", {"enabled": False}))
    look()
    setting(sandbox, "tls_client_auth", "off")
    look()
    assert seen == [
        ("global", True),
        ("zone", True),
        ("zone", True),
        ("hostname", True),
        ("zone", True),
        ("global", True),
        ("none", False),
    ]


def test_a_replaced_certificate_is_shown_until_its_successor_is_active_and_not_once_more(
    sandbox: SandboxThread, visit: Visit, trusting: str, folder: Folder
) -> None:
    bind(sandbox, HOSTNAME, active(sandbox, pair=pair(make("old", folder.root))))
    before = visit().json()
    new = active(sandbox, pair=pair(make("new", folder.root)))
    result(put(sandbox, entry(HOSTNAME, new)))
    meanwhile = visit().json()
    sandbox.advance(DEPLOY)
    after = visit().json()
    assert before["certificate"] == meanwhile["certificate"] != after["certificate"]
    assert len({answer["port"] for answer in (before, meanwhile, after)}) == 3


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=str)
def test_the_certificate_is_shown_over_tls_12_and_13_with_the_hostname_as_sni(
    version: ssl.TLSVersion, sandbox: SandboxThread, visit: Visit, folder: Folder
) -> None:
    shared = sandbox.shared()
    with origin(folder.path, shared["ca"], require=True, version=version) as address:
        sandbox.origins(**{HOSTNAME: address})
        seen = visit(host="SHOP.example.com:80").json()
    assert seen["certificate"] == shared["sha256"]
    assert seen["sni"] == HOSTNAME
    assert seen["tls"] == version.name.replace("_", ".")


def test_request_and_answer_are_passed_on_without_what_is_for_one_connection(
    visit: Visit, trusting: str
) -> None:
    answer = visit(
        "/a%2Fb?c=d%20e",
        method="POST",
        content=b"some text",
        headers=[("X-Two", "1"), ("X-Two", "2"), ("CF-Connecting-IP", "198.51.100.7"), ("TE", "x")],
    )
    seen = answer.json()
    headers = [tuple(header) for header in seen["headers"]]
    assert (seen["method"], seen["path"], seen["body"]) == ("POST", "/a%2Fb?c=d%20e", "some text")
    assert {("host", HOSTNAME), ("x-two", "1"), ("x-two", "2")} <= set(headers)
    assert [value for name, value in headers if name == "cf-connecting-ip"] == ["127.0.0.1"]
    assert not {"te", "transfer-encoding"} & {name for name, _ in headers}
    assert answer.status_code == 203
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert "keep-alive" not in answer.headers
    assert len(answer.headers.get_list("date")) == 1


def test_a_large_answer_arrives_whole_and_a_broken_one_is_no_answer(
    visit: Visit, trusting: str
) -> None:
    assert visit(LARGE).content == LARGE_BODY
    with pytest.raises(httpx.TransportError):
        visit(BROKEN)
    assert visit().status_code == 203


@pytest.mark.parametrize("mode", ["off", "flexible"])
def test_without_tls_in_the_mode_the_origin_is_asked_in_plain_http(
    mode: str, sandbox: SandboxThread, visit: Visit, folder: Folder
) -> None:
    setting(sandbox, "ssl", mode)
    with origin(folder.path, plain=True) as address:
        sandbox.origins(**{"*": address})
        assert visit().json()["tls"] is None


@pytest.mark.parametrize("mode", ["strict", "origin_pull"])
def test_strict_modes_verify_the_origin_against_the_ca_that_was_given(
    mode: str, sandbox: SandboxThread, visit: Visit, folder: Folder, trusting: str
) -> None:
    setting(sandbox, "ssl", mode)
    unknown = visit()
    sandbox.origins(**{"*": {"address": trusting, "ca": folder.other_root.pem}})
    assert visit().status_code == 203
    another_name = visit(host="www.example.com")
    assert (unknown.status_code, another_name.status_code) == (526, 526)
    assert "the ca of /sandbox/origins does not verify" in unknown.text
    assert "Hostname mismatch" in another_name.text


@contextlib.contextmanager
def refusing(folder: Folder, sandbox: SandboxThread, version: str) -> Iterator[str]:
    """An origin that insists on a certificate of our CA; Cloudflare presents its shared one."""
    with origin(
        folder.path, folder.root.pem, require=True, version=ssl.TLSVersion[version]
    ) as address:
        sandbox.origins(**{"*": address})
        yield address


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
@pytest.mark.parametrize("switch", ["on", "off"])
def test_a_refusing_origin_is_a_5xx_that_says_what_was_presented(
    switch: str, version: str, sandbox: SandboxThread, visit: Visit, folder: Folder
) -> None:
    setting(sandbox, "tls_client_auth", switch)
    with refusing(folder, sandbox, version) as address:
        refused = visit()
    # Under TLS 1.3 the alert follows the request, and a reset of the connection can overtake it.
    assert refused.status_code in ((525,) if version == "TLSv1_2" else (525, 502))
    assert f"the origin {address}" in refused.text
    presented = sandbox.shared()["sha256"] if switch == "on" else "no certificate"
    assert f"presented: {presented}" in refused.text
    assert refused.text.count("\n") == 1


def test_each_other_failure_has_its_status_and_its_reason(
    sandbox: SandboxThread, visit: Visit, trusting: str
) -> None:
    silent = visit(SILENT)
    sandbox.origins(**{HOSTNAME: "127.0.0.1:9"})
    found = {
        "no answer": silent,
        "nobody listens": visit(),
        "no origin": visit(host="other.example.com"),
        "no zone": visit(host="example.invalid"),
    }
    assert {name: (answer.status_code, answer.text) for name, answer in found.items()} == {
        "no answer": (502, silent.text),
        "nobody listens": (521, found["nobody listens"].text),
        "no origin": (530, "530 other.example.com: no origin: PUT /sandbox/origins\n"),
        "no zone": (530, "530 example.invalid: no zone holds it\n"),
    }
    assert "ended the connection" in silent.text
    assert "127.0.0.1:9 refuses connections" in found["nobody listens"].text


def test_a_hostname_outside_the_zones_belongs_to_the_zone_that_binds_it(
    sandbox: SandboxThread, visit: Visit, trusting: str, folder: Folder
) -> None:
    bind(sandbox, "shop.customer.example", active(sandbox, pair=pair(make("own", folder.root))))
    assert visit(host="shop.customer.example").headers["sandbox-presented"].startswith("hostname")


@pytest.mark.parametrize("in_memory", [True, False], ids=["in memory", "as a file"])
def test_a_key_leaves_no_trace_on_disk(
    in_memory: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not in_memory:
        monkeypatch.delattr("os.memfd_create", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    given = certificate_for()
    edge_tls.context(given["certificate"] + given["private_key"], None, False)
    with pytest.raises(ssl.SSLError):
        edge_tls.context(given["certificate"] + certificate_for()["private_key"], None, False)
    assert list(tmp_path.iterdir()) == []


WRONG = {
    "another machine": ({"*": "192.0.2.1:443"}, "stays on loopback"),
    "no port": ({"*": "127.0.0.1"}, "127.0.0.1:PORT"),
    "port 0": ({"*": "127.0.0.1:0"}, "127.0.0.1:PORT"),
    "a number": ({"*": 443}, "127.0.0.1:PORT"),
    "another field": ({"*": {"adress": "127.0.0.1:1"}}, '"address"'),
    "no certificate": ({"*": {"address": "127.0.0.1:1", "ca": "x"}}, "no PEM"),
}


@pytest.mark.parametrize(("body", "complaint"), WRONG.values(), ids=WRONG.keys())
def test_an_origin_that_cannot_be_is_refused_and_the_others_stay(
    body: Json, complaint: str, hostile: SandboxThread
) -> None:
    hostile.origins(**{"*": "127.0.0.1:1"})
    answer = httpx.put(f"{hostile.url}/sandbox/origins", content=json.dumps(body))
    assert answer.status_code == 400
    assert complaint in answer.json()["error"]
    assert hostile.manage("GET", "/origins") == {"*": {"address": "127.0.0.1:1", "ca": None}}
