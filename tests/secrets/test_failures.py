"""Failures of every kind, with the key and the token at hand: none of them is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from providers.api.client import Client
from providers.api.errors import CloudflareError
from providers.hostname_certificate import HostnameCertificateProvider
from providers.plugin import session
from tests.conftest import ZONE
from tests.pki import make
from tests.providers.life import Life
from tests.secrets.canary import KINDS, Canary, hits, key_canary

TOKEN = "canary-token-9d41f07be25c83a6fb1e7d0c2a95e638"
TOKEN_CANARY = Canary.of_token("token", TOKEN)


@pytest.fixture
def run(sandbox: Any, new_run: Any) -> Any:
    """A run with a token of its own, named by a variable whose name says nothing."""
    sandbox.add_token("canary", TOKEN, permissions=["SSL and Certificates Edit"])
    return new_run(CLOUDFLARE_API_TOKEN="", CF_ONE=TOKEN)


def inputs_for(kind: str, **more: Any) -> dict[str, Any]:
    pair, _ = key_canary(kind)
    return {
        "zone_id": ZONE,
        "certificate": pair.certificate,
        "private_key": pair.private_key,
        "token_env": "CF_ONE",
        "wait_seconds": 10,
        **more,
    }


def mangle(kind: str) -> dict[str, str]:
    """The key as people paste it wrongly; each holds most of the secret."""
    key = key_canary(kind)[0].private_key
    lines = key.splitlines()
    return {
        "half": "\n".join(lines[: len(lines) // 2 + 1]),
        "without its BEGIN line": "\n".join(lines[1:]),
        "two keys": key + key,
        "as a file": f"file:{key}",
        "as a variable": f"env:{key}",
        "a character changed": key.replace(lines[2][:4], "!!!!"),
        "as the certificate": key.replace("PRIVATE KEY", "CERTIFICATE"),
        "encrypted, it says": key.replace(lines[0], f"{lines[0]}\nProc-Type: 4,ENCRYPTED"),
    }


@pytest.mark.parametrize("kind", KINDS)
def test_no_failing_check_shows_the_key(run: Any, kind: str, tmp_path: Path, heard: Any) -> None:
    canary = key_canary(kind)[1]
    life = Life(HostnameCertificateProvider())
    inputs = [inputs_for(kind, private_key=text) for text in mangle(kind).values()]
    inputs += [inputs_for(kind, certificate=text) for text in mangle(kind).values()]
    key = key_canary(kind)[0].private_key
    inputs += [inputs_for(kind, certificate=make("other").certificate)]
    inputs += [inputs_for(kind, **{name: key}) for name in ("zone_id", "token_env", "wait_seconds")]
    for one in inputs:
        told = life.faults(**one)
        assert not hits([canary], tmp_path, *told, *heard)


ANSWERS: dict[str, dict[str, Any]] = {
    "refused": {"action": "status", "status": 400, "code": 1408, "message": "Unable to parse"},
    "HTML": {"action": "html", "status": 403},
    "redirect": {"action": "redirect"},
    "truncated": {"action": "truncated"},
    "lost reply": {"action": "lost_reply"},
    "no permission": {"action": "status", "status": 403, "code": 10000, "message": "no"},
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_no_failing_request_shows_the_key_or_the_token(
    sandbox: Any, run: Any, heard: Any, answer: str, tmp_path: Path
) -> None:
    sandbox.fault(**ANSWERS[answer], method="POST", times=0)
    sandbox.fault("missing_fields", method="GET", fields=["result.certificate"], times=0)
    with pytest.raises(CloudflareError) as told:
        Life(HostnameCertificateProvider()).up(**inputs_for("RSA 2048"))
    birds = [key_canary("RSA 2048")[1], TOKEN_CANARY]
    assert not hits(birds, tmp_path, str(told.value), repr(told.value), *heard)


def test_an_echo_of_the_key_by_the_server_is_not_repeated(
    sandbox: Any, run: Any, tmp_path: Path
) -> None:
    """Whoever answers may quote what was sent to him."""
    key = key_canary("P-256")[0].private_key
    sandbox.fault("status", status=400, code=1408, message=f"bad: {key} {TOKEN}", method="POST")
    with pytest.raises(CloudflareError) as told:
        Life(HostnameCertificateProvider()).up(**inputs_for("P-256"))
    assert not hits([key_canary("P-256")[1], TOKEN_CANARY], tmp_path, str(told.value))


@pytest.mark.parametrize("kind", KINDS)
def test_a_defect_of_our_own_shows_neither_in_its_traceback(
    run: Any, kind: str, tmp_path: Path, monkeypatch: Any, capfd: Any
) -> None:
    def once(self: Client, method: str, path: str, query: Any, body: Any) -> Any:
        if body is None:
            return plain(self, method, path, query, body)
        raise ValueError(f"{body!r} {body['private_key']} {TOKEN}")

    plain = Client._once
    monkeypatch.setattr(Client, "_once", once)
    with pytest.raises(CloudflareError, match="unexpected failure in create") as told:
        Life(HostnameCertificateProvider()).up(**inputs_for(kind))
    printed = capfd.readouterr()
    assert "ValueError" in printed.err
    birds = [key_canary(kind)[1], TOKEN_CANARY]
    assert not hits(birds, tmp_path, str(told.value), printed.out, printed.err)
    assert TOKEN in session.current().secrets()


def test_nothing_that_an_object_shows_of_itself_holds_the_key(run: Any, tmp_path: Path) -> None:
    pair, canary = key_canary("P-384")
    life = Life(HostnameCertificateProvider())
    life.up(**inputs_for("P-384", private_key=pair.private_key))
    others = {name: value for name, value in life.outs.items() if name != "private_key"}
    shown = [repr(others), repr(life.provider), repr(vars(session.current())), life.id]
    assert not hits([canary, TOKEN_CANARY], tmp_path, *shown[:2], shown[3])
