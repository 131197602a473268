"""Another CA and an ending certificate are dangers that the gate closes for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import mldsa

from operations.plan.report import PlanReport, as_json, change_lines
from operations.text import plain
from providers.values.pem import read_certificate
from tests.operations.plans import (
    FAR,
    NEAR,
    NEW,
    NOW,
    OLD,
    PAST,
    ZONE,
    Props,
    bindings,
    certificate,
    report,
    step,
)
from tests.pki import Authority, another_authority, ca_certificate, make

APP = "app.example.com"


def issued(issuer: Authority, key: Any = None) -> Props:
    pair = make("app", issuer=issuer, key=key)
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


def change_of_ca(bundle: str = "") -> PlanReport:
    """A hostname's certificate becomes one of another CA; the stack has exported `bundle`."""
    old, new = issued(OLD_CA), issued(NEW_CA)
    shown = bindings({APP: old["certificate_sha256"]}, {APP: new["certificate_sha256"]})
    exported = {"origins": {APP: {"level": "hostname", "bundle": bundle}}} if bundle else {}
    stack = {
        "op": "same",
        "urn": "urn:pulumi:dev::aop::pulumi:pulumi:Stack::aop-dev",
        "oldState": {"type": "pulumi:pulumi:Stack", "outputs": exported},
    }
    return report(stack, step("replace", "HostnameCertificate", "app", old, new), shown)


OLD_CA, NEW_CA = another_authority("A CA"), another_authority("Another CA")


def test_another_ca_closes_the_default_gate_names_hostnames_and_promises_nothing() -> None:
    made = change_of_ca()
    assert made.closes(["danger"]) == ["issuer"]
    assert made.closes(["danger"], accepted=["issuer"]) == []
    assert made.closes(["loss"]) == []
    assert made.risk.startswith("another CA; 1 hostname changes certificate")
    (danger,) = made.dangers
    assert plain(danger.words).startswith(f"{APP}: certificate ")
    assert "the origin must trust both before this is applied" in plain(danger.words)
    (line,) = [plain(line) for line in change_lines(made.changes) if APP in plain(line)]
    assert line.endswith(", without downtime only if the origin trusts both CAs")


def test_an_exported_bundle_with_both_cas_leaves_the_gate_open() -> None:
    old_alone = change_of_ca(ca_certificate(OLD_CA))
    assert old_alone.closes(["danger"]) == ["issuer"]
    made = change_of_ca(ca_certificate(OLD_CA) + ca_certificate(NEW_CA))
    assert made.closes(["danger"]) == []
    assert made.verdict == "caution"
    assert "the exported bundle has both CAs" in plain(made.dangers[0].words)
    assert change_of_ca("not a bundle").closes(["danger"]) == ["issuer"]


@pytest.mark.parametrize(("ends", "headline"), [(NEAR, "ends soon"), (PAST, "HAS ENDED")])
def test_an_ending_certificate_closes_the_default_gate_and_stands_in_the_headline(
    ends: str, headline: str
) -> None:
    made = report(
        certificate("HostnameCertificate", OLD, NEW, ends), bindings({APP: OLD}, {APP: NEW})
    )
    assert made.closes(["danger"]) == ["expiry"]
    assert made.risk.startswith(f"a certificate {headline}; ")


def test_a_failed_preview_passes_no_gate_even_where_failure_is_accepted() -> None:
    made = report(diagnostics=[{"severity": "error", "message": "error: no"}])
    assert made.closes(["danger"], accepted=["failure"]) == ["failure"]


def test_an_ml_dsa_certificate_in_place_of_a_classical_one_is_a_danger() -> None:
    ca = another_authority("A CA")
    old, new = issued(ca), issued(ca, mldsa.MLDSA65PrivateKey.generate())
    shown = bindings({APP: old["certificate_sha256"]}, {APP: new["certificate_sha256"]})
    made = as_json(report(step("replace", "HostnameCertificate", "app", old, new), shown))
    (told,) = [danger["text"] for danger in made["dangers"] if danger["class"] == "algorithm"]
    assert "ML-DSA-65. An origin needs TLS 1.3" in told
    assert "unless it refuses classical client certificates" in told


@pytest.mark.parametrize(
    ("since", "warn_days", "is_told"),
    [(10, None, False), (335, None, True), (335, 14, False), (10, 21, True)],
)
def test_the_end_is_a_danger_by_the_rule_of_the_preview(
    since: float, warn_days: float | None, is_told: bool
) -> None:
    pair = make("app", starts=-since, days=20.5, now=NOW)
    new = {**issued(another_authority("A CA")), "certificate": pair.certificate}
    new |= {
        "certificate_sha256": pair.sha256,
        "expires_on": read_certificate(pair.certificate).expires_on,
    }
    shown = bindings({}, {APP: pair.sha256})
    zone = {"zone_id": ZONE, **({"warn_days": warn_days} if warn_days else {})}
    config = {"aop:zones": json.dumps({"example.com": zone})}
    up = step("create", "HostnameCertificate", "app", None, new)
    made = as_json(report(up, shown, config=config))
    told = [danger["text"] for danger in made["dangers"] if danger["class"] == "expiry"]
    assert [("in 20 days" in text) for text in told] == ([True] if is_told else [])
