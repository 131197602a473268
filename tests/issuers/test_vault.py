"""Vault and OpenBao: against a stand-in written from the documentation, and a real one if given."""

from __future__ import annotations

import datetime as dt
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from issuers import ISSUERS, CertificateWish, IssuerError, References
from issuers.vault import Vault
from tests import pki
from tests.issuers.asking import NAME, ask, days_of, leaf_of
from tests.issuers.vault_stand_in import (
    JWT,
    ROLE_ID,
    SECRET_ID,
    TOKEN,
    VaultStandIn,
    vault_stand_in,
)

ENVIRON = {"TOKEN": TOKEN, "ROLE_ID": ROLE_ID, "SECRET_ID": SECRET_ID, "OIDC": JWT}
LOGINS: dict[str, dict[str, Any]] = {
    "token": {"token": "env:TOKEN"},
    "approle": {"approle": {"role_id": "env:ROLE_ID", "secret_id": "env:SECRET_ID"}},
    "jwt": {"jwt": {"role": "aop", "jwt": "env:OIDC"}},
}


@pytest.fixture(scope="module")
def running() -> Iterator[VaultStandIn]:
    with vault_stand_in() as vault:
        yield vault


@pytest.fixture
def vault(running: VaultStandIn) -> Iterator[VaultStandIn]:
    yield running
    running.requests.clear()
    running.sealed = False


@pytest.mark.parametrize("login", LOGINS)
def test_a_certificate_comes_by_each_login(vault: VaultStandIn, login: str) -> None:
    wish = CertificateWish(NAME, life=dt.timedelta(days=60))
    settings = {"url": vault.url, "role": "aop", **LOGINS[login]}
    leaf = leaf_of(ask("vault", settings, pki.ca_certificate(), environ=ENVIRON, wish=wish))
    assert days_of(leaf) == 60
    _, path, body, headers = vault.requests[-1]
    assert (path, headers["x-vault-token"]) == ("/v1/pki/sign/aop", TOKEN)
    assert body["exclude_cn_from_sans"] is True


def test_a_namespace_is_sent_with_the_login_too(vault: VaultStandIn) -> None:
    settings = {"url": vault.url, "role": "aop", "namespace": "team/edge", **LOGINS["approle"]}
    ask("vault", settings, pki.ca_certificate(), environ=ENVIRON)
    assert [headers["x-vault-namespace"] for *_, headers in vault.requests] == ["team/edge"] * 2


def test_without_a_life_the_role_decides(vault: VaultStandIn) -> None:
    settings = {"url": vault.url, "role": "aop", **LOGINS["token"]}
    leaf = leaf_of(ask("vault", settings, pki.ca_certificate(), environ=ENVIRON))
    assert "ttl" not in vault.requests[-1][2]
    assert days_of(leaf) == 30


@pytest.mark.parametrize(
    ("change", "environ", "told"),
    [
        (
            {},
            {**ENVIRON, "TOKEN": "s.another-token"},
            r"403 \(permission denied\)\. The token",
        ),
        ({"role": "other"}, ENVIRON, r"answers 404 \(.*\)\. Correct mount, role or namespace\."),
        ({}, {}, r"the environment variable TOKEN is not set\. Export TOKEN\."),
    ],
)
def test_a_refusal_is_one_line_with_the_next_step(
    vault: VaultStandIn, change: dict[str, str], environ: dict[str, str], told: str
) -> None:
    settings = {"url": vault.url, "role": "aop", **LOGINS["token"], **change}
    with pytest.raises(IssuerError, match=rf"^issuer internal: .*{told}") as refused:
        ask("vault", settings, pki.ca_certificate(), environ=environ)
    assert "\n" not in str(refused.value)
    assert "s.another-token" not in str(refused.value)


def test_a_life_that_the_role_does_not_allow_is_told(vault: VaultStandIn) -> None:
    wish = CertificateWish(NAME, life=dt.timedelta(days=365))
    settings = {"url": vault.url, "role": "aop", **LOGINS["token"]}
    with pytest.raises(IssuerError, match=r"TTL is beyond.*the kind of key and the days"):
        ask("vault", settings, pki.ca_certificate(), environ=ENVIRON, wish=wish)


def test_a_sealed_vault_is_told(vault: VaultStandIn) -> None:
    vault.sealed = True
    settings = {"url": vault.url, "role": "aop", **LOGINS["token"]}
    with pytest.raises(IssuerError, match=r"503 \(Vault is sealed\)\. Unseal it"):
        ask("vault", settings, pki.ca_certificate(), environ=ENVIRON)


def test_whether_vault_is_there_is_asked_without_a_certificate(vault: VaultStandIn) -> None:
    issuer = Vault.model_validate({"url": vault.url, "role": "aop", **LOGINS["jwt"]})
    assert issuer.authorities(References(ENVIRON, Path("/nonexistent"))) == (pki.ca_certificate(),)
    assert [path for _, path, _, _ in vault.requests] == ["/v1/auth/jwt/login", "/v1/pki/ca/pem"]


@pytest.mark.parametrize("logins", [{}, {**LOGINS["token"], **LOGINS["jwt"]}])
def test_exactly_one_login_is_configured(logins: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="needs one of token, approle and jwt"):
        ISSUERS["vault"].model_validate({"url": "https://vault", "role": "aop", **logins})


def test_a_token_in_clear_is_no_reference_and_is_not_shown() -> None:
    with pytest.raises(ValueError, match=r"env:NAME or file:PATH") as refused:
        Vault.model_validate({"url": "https://vault", "role": "aop", "token": TOKEN})
    assert TOKEN not in str(refused.value)


def test_plain_http_is_for_loopback_only() -> None:
    with pytest.raises(ValueError, match="is not an https address"):
        Vault.model_validate({"url": "http://vault.internal", "role": "aop", "token": "env:T"})


@pytest.mark.skipif(
    not {"VAULT_ADDR", "VAULT_TOKEN"} <= set(os.environ),
    reason="a real Vault or OpenBao is given by VAULT_ADDR and VAULT_TOKEN",
)
def test_a_real_vault_signs_from_a_mount_that_the_test_makes() -> None:
    url, mount = os.environ["VAULT_ADDR"].rstrip("/"), f"aop-test-{uuid.uuid4().hex[:8]}"
    head = {"X-Vault-Token": os.environ["VAULT_TOKEN"]}
    with httpx.Client(base_url=f"{url}/v1/", headers=head) as admin:
        admin.post(f"sys/mounts/{mount}", json={"type": "pki"}).raise_for_status()
        try:
            made = admin.post(f"{mount}/root/generate/internal", json={"common_name": "AOP test"})
            role = {"allow_any_name": True, "key_type": "any", "server_flag": False}
            admin.post(f"{mount}/roles/aop", json=role).raise_for_status()
            ca = made.raise_for_status().json()["data"]["certificate"]
            settings = {"url": url, "mount": mount, "role": "aop", "token": "env:VAULT_TOKEN"}
            wish = CertificateWish(NAME, life=dt.timedelta(days=10))
            leaf = leaf_of(ask("vault", settings, ca, environ=os.environ, wish=wish))
            assert days_of(leaf) == 10
        finally:
            admin.delete(f"sys/mounts/{mount}")
