"""Which certificates of a zone become ones that an issuer signs, and why others stay given ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from issuers.ca_key import CaKey
from operations.plan.import_issued import IssuedMatch, IssuedMatches, KnownIssuer
from operations.plan.live import LiveZone
from operations.plan.presented import ZoneFacts
from operations.text import plain
from providers.api.answers import UploadedCertificate
from stacks.config import ZoneConfig
from stacks.issuer_config import IssuerConfig
from tests.pki import SERVER_AUTH, Authority, Pair, another_authority, ca_certificate, make

# A CA is made when it is needed, and not valid before.
NOW = datetime.now(UTC).replace(microsecond=0)
ZONE, NAME = "023e105f4ecef8ad9ca31a8372d0c353", "example.com"
OURS, THEIRS = another_authority("Origin pull CA"), another_authority("Another CA")


def issuer(name: str = "own", authority: Authority = OURS) -> KnownIssuer:
    files = {"certificate": "file:ca.pem", "key": "file:ca.key"}
    config = IssuerConfig(name, "file:ca.pem", CaKey(**files), {"ca_key": files})
    section = {"ca": "file:ca.pem", "ca_key": files}
    return KnownIssuer(config, ca_certificate(authority), section)


def leaf(common_name: str = "shop", **properties: Any) -> Pair:
    return make(common_name, **{"issuer": OURS, "now": NOW, **properties})


def record(pair: Pair) -> UploadedCertificate:
    found = UploadedCertificate.read({"id": pair.sha256[:32], "certificate": pair.certificate})
    assert found is not None
    return found


def matches(
    *pairs: Pair, zone: tuple[Pair, ...] = (), issuers: tuple[KnownIssuer, ...] | None = None
) -> tuple[list[IssuedMatch | None], list[str]]:
    """What becomes of hostname certificates, and the notes."""
    config, facts = ZoneConfig(zone_id=ZONE), ZoneFacts(ZONE, NAME)
    records = [record(pair) for pair in pairs]
    held = {"zone": [record(pair) for pair in zone], "hostname": records}
    given = issuers or (issuer(),)
    found = IssuedMatches(LiveZone(NAME, config, facts, held), given, NOW)  # type: ignore[arg-type]
    return [found.match("hostname", one) for one in records], [plain(n) for n in found.notes]


KEYS: dict[str, Any] = {
    "ecdsa-p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ecdsa-p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "rsa-2048": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
}


@pytest.mark.parametrize("kind", KEYS)
def test_a_certificate_of_the_issuers_ca_is_one_that_it_would_be_asked_for(kind: str) -> None:
    ([found], notes) = matches(leaf(key=KEYS[kind]()))
    assert found is not None
    key = {} if kind == "ecdsa-p256" else {"key": kind}
    assert found.configuration() == {"issuer": "own", "common_name": "shop", **key}
    inputs = found.inputs({"zone_id": ZONE})
    assert inputs == {
        "zone_id": ZONE,
        "issuer_name": "own",
        "issuer_settings": {"ca_key": {"certificate": "file:ca.pem", "key": "file:ca.key"}},
        "ca": ca_certificate(OURS),
        "common_name": "shop",
        **key,
    }
    assert notes == []


def test_another_ca_is_nothing_to_be_told() -> None:
    assert matches(leaf(issuer=THEIRS)) == ([None], [])
    lookalike = another_authority("Origin pull CA")
    assert matches(leaf(issuer=lookalike)) == ([None], [])


def test_of_two_issuers_the_first_whose_ca_signed_is_taken() -> None:
    known = (issuer("other", THEIRS), issuer("first"), issuer("second"))
    ([found], _) = matches(leaf(), issuers=known)
    assert found is not None
    assert found.issuer.config.name == "first"


@pytest.mark.parametrize("level", ["zone", "hostname"])
def test_a_name_that_stands_twice_in_the_zone_stays_given(level: str) -> None:
    twin, shop, pay = leaf(issuer=THEIRS), leaf(), leaf("pay")
    if level == "zone":
        found, notes = matches(shop, pay, zone=(twin,))
    else:
        found, notes = matches(shop, pay, twin)
    assert [one.wish.common_name if one else None for one in found][:2] == [None, "pay"]
    assert notes == [
        f"hostname certificate {shop.sha256[:8]} stays a given one, though issuer own has its CA:"
        " 2 certificates of the zone have the common name shop"
    ]


REASONS: dict[str, tuple[dict[str, Any], str]] = {
    "key": (
        {"key": ec.generate_private_key(ec.SECP521R1())},
        "an issuer is asked for a key of ecdsa-p256, ecdsa-p384, rsa-2048, ml-dsa-44 that signs;"
        " its key is ECDSA P-521",
    ),
    "name": (
        {"common_name": "Shop & Pay"},
        "it has no common name of 1 to 64 letters, digits and . _ @ : / -",
    ),
    "ended": (
        {"starts": -90, "days": -1},
        f"it expired on {NOW - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}. Give one that is valid.",
    ),
    "server": (
        {"usages": SERVER_AUTH},
        "it has an extended key usage without clientAuth, so origins refuse it. Add clientAuth.",
    ),
}


@pytest.mark.parametrize("what", REASONS)
def test_what_an_issuer_would_not_be_asked_for_stays_given_and_one_note_says_why(what: str) -> None:
    properties, why = REASONS[what]
    pair = leaf(**properties)
    found, notes = matches(pair)
    assert found == [None]
    assert notes == [
        f"hostname certificate {pair.sha256[:8]} stays a given one, though issuer own has its CA:"
        f" {why}"
    ]


def test_one_that_is_due_is_taken_and_a_note_says_what_comes() -> None:
    pair = leaf(starts=-70, days=20)
    ([found], notes) = matches(pair)
    assert found is not None
    ends = NOW + timedelta(days=20)
    assert notes == [
        f"hostname certificate {pair.sha256[:8]} ends {ends:%Y-%m-%d}, in 20 days, and is due: the"
        " first `pulumi up` renews it"
    ]
