"""A CA of one's own signs in the process, with the files that `operations issue` makes."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509 import ExtendedKeyUsage
from cryptography.x509.oid import ExtendedKeyUsageOID

from issuers import CertificateWish, IssuerError, References, authority
from issuers.ca_key import CaKey
from issuers.keys import KEY_KINDS
from tests.issuers.asking import NAME, ask, days_of, leaf_of

NOW = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)
SETTINGS = {"certificate": "file:ca.pem", "key": "env:CA_KEY"}


@pytest.fixture(scope="module", params=["ec", "rsa"])
def ca(request: pytest.FixtureRequest) -> authority.Identity:
    return authority.make_ca(authority.common_name("Own CA"), NOW, request.param)


@pytest.fixture
def folder(tmp_path: Path, ca: authority.Identity) -> Path:
    (tmp_path / "ca.pem").write_text(ca.pem)
    (tmp_path / "other.pem").write_text(authority.make_ca(authority.common_name("Own CA"), NOW).pem)
    return tmp_path


def asked(ca: authority.Identity, folder: Path, **more: Any) -> Any:
    now, settings = more.pop("now", NOW), SETTINGS | more.pop("settings", {})
    environ = more.pop("environ", {"CA_KEY": ca.key_pem})
    wish = more.pop("wish", CertificateWish(NAME))
    return ask("ca_key", settings, ca.pem, environ=environ, folder=folder, wish=wish, now=now)


@pytest.mark.parametrize("kind", KEY_KINDS)
def test_each_kind_of_key_is_signed_for_clients_alone(
    ca: authority.Identity, folder: Path, kind: Any
) -> None:
    leaf = leaf_of(asked(ca, folder, wish=CertificateWish(NAME, key=kind)))
    usages = leaf.extensions.get_extension_for_class(ExtendedKeyUsage).value
    assert list(usages) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert leaf.not_valid_after_utc == NOW + dt.timedelta(days=90)


def test_a_life_is_given_in_days(ca: authority.Identity, folder: Path) -> None:
    issued = asked(ca, folder, wish=CertificateWish(NAME, life=dt.timedelta(days=7)))
    assert days_of(leaf_of(issued)) == 7


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"environ": {}}, r"the environment variable CA_KEY is not set\. Export CA_KEY\."),
        ({"environ": {"CA_KEY": "junk-of-a-key"}}, r"file:ca\.pem: the key is not a private key"),
        ({"settings": {"certificate": "file:none.pem"}}, r"none\.pem cannot be read \(No such fi"),
        ({"settings": {"certificate": "file:other.pem"}}, r"the key does not belong to the cert"),
        ({"now": NOW + dt.timedelta(days=3600)}, r"the CA ends on 2036-11-22, before the cert"),
        ({"now": NOW + dt.timedelta(days=4000)}, r"the CA ended on 2036-11-22: make another"),
    ],
)
def test_a_ca_that_cannot_sign_is_told_on_one_line(
    ca: authority.Identity, folder: Path, given: dict[str, Any], told: str
) -> None:
    with pytest.raises(IssuerError, match=rf"^issuer internal: .*{told}") as refused:
        asked(ca, folder, **given)
    assert "\n" not in str(refused.value)
    assert "junk" not in str(refused.value)


def test_whether_the_ca_is_there_is_asked_without_signing(
    ca: authority.Identity, folder: Path
) -> None:
    issuer = CaKey.model_validate(SETTINGS)
    found = issuer.authorities(References({"CA_KEY": ca.key_pem}, folder))
    assert [text.strip() for text in found] == [ca.pem.strip()]
    with pytest.raises(IssuerError, match="CA_KEY is not set"):
        issuer.authorities(References({}, folder))
