"""What Cloudflare presents for a hostname: of three levels the first that exists."""

from __future__ import annotations

from dataclasses import replace

import pytest

from operations.plan.presented import (
    BindingFacts,
    CertificateFacts,
    Presented,
    ZoneFacts,
    present,
)

APP = "app.example.com"
OWN, ZONES = CertificateFacts("a" * 64, issuer="CN=A"), CertificateFacts("b" * 64, issuer="CN=B")
ZONE = ZoneFacts(
    "023e105f",
    ssl="strict",
    shared="on",
    own="on",
    certificates=[OWN, ZONES],
    hostnames={APP: BindingFacts(OWN)},
)


@pytest.mark.parametrize(
    ("zone", "level", "certificate"),
    [
        (ZONE, "hostname", OWN),
        (replace(ZONE, hostnames={}), "zone", ZONES),
        (replace(ZONE, hostnames={}, certificates=[]), "zone", None),
        (replace(ZONE, hostnames={}, own="off"), "global", None),
        (replace(ZONE, hostnames={}, own="off", shared="off"), "nothing", None),
        (replace(ZONE, hostnames={}, own="off", shared=None), "unknown", None),
        (replace(ZONE, hostnames={APP: BindingFacts(OWN, enabled=False)}), "nothing", None),
        (replace(ZONE, ssl="off"), "nothing", None),
        (replace(ZONE, ssl="flexible"), "nothing", None),
    ],
)
def test_the_first_level_that_exists_wins(
    zone: ZoneFacts, level: str, certificate: CertificateFacts | None
) -> None:
    shown = present(zone, APP)
    assert (shown.level, shown.certificate) == (level, certificate)
    assert shown.is_protected is (level in ("hostname", "zone", "global"))


def test_a_binding_that_is_being_deployed_is_told_so() -> None:
    deploying = replace(ZONE, hostnames={APP: BindingFacts(OWN, is_active=False)})
    assert "still being deployed" in present(deploying, APP).why


def test_certificates_come_from_one_ca_unless_something_known_differs() -> None:
    assert not OWN.has_issuer_of(ZONES)
    assert OWN.has_issuer_of(CertificateFacts())
    same_name = replace(ZONES, issuer="CN=A", issuer_key="k")
    assert OWN.has_issuer_of(same_name)
    assert not replace(OWN, issuer_key="other").has_issuer_of(same_name)


def test_the_shared_certificate_has_a_ca_of_its_own() -> None:
    own, shared = Presented("hostname", OWN, ""), Presented("global", None, "")
    assert not own.has_issuer_of(shared)
    assert shared.has_issuer_of(shared)
