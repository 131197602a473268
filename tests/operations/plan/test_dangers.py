"""A certificate of another issuer is a danger that the report names."""

from __future__ import annotations

import pytest

from operations.plan.report import as_json
from tests.operations.plans import FAR, ZONE, Props, bindings, report, step
from tests.pki import Authority, another_authority, make

APP = "app.example.com"


def issued(issuer: Authority) -> Props:
    pair = make("app", issuer=issuer)
    return {
        "zone_id": ZONE,
        "certificate": pair.certificate,
        "certificate_sha256": pair.sha256,
        "expires_on": FAR,
    }


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("A CA", "another issuer (CN=A CA, by another key of the same name) than"),
        ("Another CA", "another issuer (CN=Another CA) than"),
        ("", ""),
    ],
)
def test_another_issuer_is_a_danger_also_under_the_same_name(name: str, told: str) -> None:
    first = another_authority("A CA")
    old, new = issued(first), issued(another_authority(name) if name else first)
    shown = bindings({APP: old["certificate_sha256"]}, {APP: new["certificate_sha256"]})
    made = report(step("replace", "HostnameCertificate", "app", old, new), shown)
    dangers = " ".join(danger["text"] for danger in as_json(made)["dangers"])
    assert told in dangers
    assert ("another issuer" in dangers) is bool(told)
