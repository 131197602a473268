"""Certificates in a stack's file: given with their keys, or signed by an issuer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
import pytest

from stacks.certificate_config import KeyPair
from stacks.config import ABSENT, ZoneConfig, parse
from stacks.section import read_authorities
from tests.pki import ca_certificate, make

FILE = "stacks/Pulumi.dev.yaml"
ZONE_ID = "023e105f4ecef8ad9ca31a8372d0c353"
ISSUERS = {
    "own": {"ca": "file:ca.pem", "ca_key": {"certificate": "file:ca.pem", "key": "env:CA_KEY"}},
    "internal": {"ca": "file:ca.pem", "command": {"run": ["sign"]}},
}


def zone_with(issuers: Any = ISSUERS, label: str = "shop", **entry: Any) -> ZoneConfig:
    """A zone whose own certificate `own` signs, and the one that `entry` describes."""
    shop = {label: {"hostnames": ["shop.example.com"], **entry}}
    zone = {"zone_id": ZONE_ID, "hostname_certificates": shop}
    if issuers is not ABSENT:
        zone["zone_certificate"] = {"issuer": "own"}
    parsed = parse({"example.com": zone}, FILE, issuers=issuers, owner="aop.dev")
    return parsed.zones["example.com"]


def test_the_configuration_hands_over_the_leaf_alone(tmp_path: Path) -> None:
    """What is given to a resource as its certificate is shown in the engine's debug output."""
    pair = make()
    file = tmp_path / "all.pem"
    file.write_text(ca_certificate() + pair.private_key + pair.certificate)
    keys = KeyPair(certificate=f"file:{file}", private_key=f"file:{file}", ca=f"file:{file}")
    assert keys.pem() == pair.certificate
    assert "PRIVATE" not in read_authorities(str(keys.ca))


def test_a_key_in_place_of_a_certificate_is_not_handed_over(tmp_path: Path) -> None:
    pair = make()
    file = tmp_path / "a.pem"
    file.write_text(pair.private_key)
    handed = KeyPair(certificate=f"file:{file}", private_key="env:A").pem()
    assert pair.private_key.splitlines()[1] not in handed


def test_a_key_of_another_certificate_is_told_with_its_key_and_its_file(tmp_path: Path) -> None:
    ours, other = make(), make()
    (tmp_path / "a.pem").write_text(ours.certificate)
    (tmp_path / "b.key").write_text(other.private_key)
    pair = KeyPair(certificate=f"file:{tmp_path}/a.pem", private_key=f"file:{tmp_path}/b.key")
    with pytest.raises(pulumi.RunError) as raised:
        pair.require_key(f'{FILE}: zones["example.com"].zone_certificate.', FILE)
    (line,) = str(raised.value).splitlines()
    told = f'zones["example.com"].zone_certificate.private_key (file:{tmp_path}/b.key): does not'
    assert line.startswith(f"{FILE}: {told} belong to certificate")


def test_a_ca_in_place_of_a_certificate_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_text(ca_certificate())
    pair = KeyPair(certificate=f"file:{tmp_path}/a.pem", private_key=f"file:{tmp_path}/a.key")
    with pytest.raises(pulumi.RunError, match=r"^certificate \(file:.*a.pem\): is a CA"):
        pair.require_key()


def test_a_key_that_is_not_at_hand_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_text(make().certificate)
    KeyPair(certificate=f"file:{tmp_path}/a.pem", private_key="env:AOP_NOT_SET").require_key()


def test_the_default_common_name_says_project_stack_zone_and_label() -> None:
    found = zone_with(issuer="internal").issued()
    assert {key: one.common_name for key, one in found.items()} == {
        "zone_certificate": "aop.dev.example.com.zone",
        "shop": "aop.dev.example.com.shop",
    }
    given = zone_with(issuer="internal", common_name="pulls@example.com").issued()
    assert given["shop"].common_name == "pulls@example.com"


def test_given_and_issued_certificates_stand_side_by_side() -> None:
    zone = zone_with(certificate="file:a.pem", private_key="env:A_KEY")
    assert list(zone.pairs()) == ["shop"]
    assert list(zone.issued()) == ["zone_certificate"]
    assert list(zone.certificates()) == ["zone_certificate", "shop"]


SHOP = 'zones["example.com"].hostname_certificates.shop'
MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown issuer": (
        {"issuer": "intern"},
        f"{SHOP}.issuer: is not one of aop:issuers, which has own, internal. Correct it,",
    ),
    "no issuers": (
        {"issuer": "own", "issuers": ABSENT},
        f"{SHOP}.issuer: has to stand under aop:issuers, which is missing here.",
    ),
    "an issuer without a value": ({"issuer": None}, f"{SHOP}.issuer: has no value."),
    "a key pair too": (
        {"issuer": "own", "private_key": "env:A_KEY"},
        f"{SHOP}: private_key: stands beside issuer. Keep one of both",
    ),
    "a CA of its own": (
        {"issuer": "own", "ca": "file:ca.pem"},
        f"{SHOP}: ca: stands at the issuer, for all of its certificates. Remove it.",
    ),
    "an unknown key": (
        {"issuer": "own", "renewdays": 9},
        f"{SHOP}.renewdays: is not known here. Did you mean renew_days?",
    ),
    "another kind of key": ({"issuer": "own", "key": "rsa"}, f"{SHOP}.key: is not one of the"),
    "days without a value": ({"issuer": "own", "days": None}, f"{SHOP}.days: has no value."),
    "days of a word": ({"issuer": "own", "days": "many"}, f"{SHOP}.days: is not a number of"),
    "a renewal before the beginning": (
        {"issuer": "internal", "days": 30, "renew_days": 30},
        f"{SHOP}: renew_days: 30 days before its end a certificate of 30 days has not begun.",
    ),
    "a renewal before what the issuer gives begins": (
        {"issuer": "own", "renew_days": 120},
        f"{SHOP}: renew_days: 120 days before its end a certificate of 90 days has not begun.",
    ),
    "a name with a space": (
        {"issuer": "own", "common_name": "a shop"},
        f"{SHOP}.common_name: is not a common name.",
    ),
    "one name twice": (
        {"issuer": "own", "common_name": "aop.dev.example.com.zone"},
        "zones: example.com: zone_certificate and hostname_certificates.shop have the common_name",
    ),
    "a label that is no name": (
        {"issuer": "own", "label": "the shop"},
        "zones: example.com, hostname_certificates.the shop: aop.dev.example.com.the shop can be"
        " no common name",
    ),
    "a label that is too long": (
        {"issuer": "own", "label": "s" * 45},
        f"zones: example.com, hostname_certificates.{'s' * 45}: aop.dev.example.com.",
    ),
}


@pytest.mark.parametrize(("given", "told"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_in_an_issued_certificate_is_one_line(given: dict[str, Any], told: str) -> None:
    with pytest.raises(pulumi.RunError) as raised:
        zone_with(**given)
    (line,) = str(raised.value).splitlines()
    assert line.startswith(f"{FILE}: {told}")
    assert line.endswith((".", "?"))


def test_the_longest_label_that_fits_is_taken() -> None:
    assert len(zone_with(issuer="own", label="s" * 44).issued()["s" * 44].common_name) == 64


@pytest.mark.parametrize(
    ("beside", "told"),
    [
        ({"ca": "file:ca.pem"}, "ca: stands at the issuer, for all of its certificates. Remove"),
        ({"certificate": "file:a.pem"}, "certificate: stands beside issuer. Keep one of both"),
    ],
)
def test_what_stands_beside_an_issuer_is_told_with_the_reason(
    beside: dict[str, str], told: str
) -> None:
    with pytest.raises(pulumi.RunError, match=told):
        zone_with(issuer="own", **beside)
