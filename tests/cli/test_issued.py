"""Issued certificates under the real Pulumi CLI: made, renewed, forced to a new key, taken away."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from issuers import authority
from tests.cli.project import REAL_CLI, Project
from tests.sandbox_server import SandboxProcess

pytestmark = REAL_CLI

ZONE, SHOP = "example.com", "shop.example.com"
PROGRAM = """
issued = dict(
    zone_id=ZONE, issuer_name="internal", ca=(PROJECT / FOLDER / "issuer.pem").read_text(),
    issuer_settings={"ca_key": {"certificate": f"file:{FOLDER}/issuer.pem",
                                "key": f"file:{FOLDER}/issuer.key"}},
    %s
)
uploads = UploadLedger("uploads", zone_id=ZONE, zone_certificates={"zone": "CN=aop.test.zone"},
    hostname_certificates={"shop": "CN=aop.test.shop"})
noted = pulumi.ResourceOptions(depends_on=[uploads])
zone = IssuedZoneCertificate("zone", common_name="aop.test.zone", opts=noted, **issued)
switch = ZoneSetting("switch", zone_id=ZONE, setting="origin_tls_client_auth", value="on",
    on_destroy="off", opts=pulumi.ResourceOptions(depends_on=[zone]))
shop = IssuedHostnameCertificate("shop", common_name="aop.test.shop", opts=noted, **issued)
HostnameBindings("map", zone_id=ZONE, bindings={"shop.example.com": {
    "cert_id": shop.id, "certificate_sha256": shop.certificate_sha256}},
    opts=pulumi.ResourceOptions(depends_on=[switch]))
"""


@pytest.fixture
def issuing(project: Project) -> Project:
    """A stack with a CA of its own, whose key lies beside the project."""
    ca = authority.make_ca(authority.common_name("Origin pull CA"), datetime.now(UTC))
    (project.certificates / "issuer.pem").write_text(ca.pem)
    (project.certificates / "issuer.key").write_text(ca.key_pem)
    return project


def held(sandbox: SandboxProcess) -> set[str]:
    settled = sandbox.state(settled=True)[ZONE]
    return {*settled["hostname_certificates"], *settled["zone_certificates"]}


def shown_since(sandbox: SandboxProcess, at: str, hostname: str) -> list[str | None]:
    rows = sandbox.presented_log(ZONE, hostname)
    before = [row for row in rows if row["at"] <= at]
    return [row["certificate_sha256"] for row in [before[-1], *rows[len(before) :]]]


def test_certificates_are_issued_renewed_and_taken_away(
    issuing: Project, sandbox: SandboxProcess
) -> None:
    there = held(sandbox)
    issuing.write(PROGRAM % "days=1, renew_days=0.1,")
    issuing.up()
    first = {n: issuing.resource(n)["outputs"]["certificate_sha256"] for n in ("zone", "shop")}
    issuing.expect_no_changes()
    issuing.expect_no_changes("--refresh")
    assert "PRIVATE KEY" not in issuing.run("stack", "export", "--show-secrets").text
    issuing.write(PROGRAM % "days=90, renew_days=2,")
    told = issuing.preview()
    told.line("zone certificate aop.test.zone: renewed: ends ", ", in 0 days")
    told.line("hostname certificate aop.test.shop: renewed: ends ", ", in 0 days")
    assert {issuing.steps()[name]["op"] for name in first} <= {"replace", "create-replacement"}
    at = sandbox.now()
    issuing.up()
    second = {n: issuing.resource(n)["outputs"]["certificate_sha256"] for n in first}
    assert shown_since(sandbox, at, SHOP) == [first["shop"], second["shop"]]
    assert shown_since(sandbox, at, ZONE) == [first["zone"], second["zone"]]
    assert held(sandbox) - there == set(second.values())
    issuing.expect_no_changes("--refresh")
    issuing.destroy()
    assert held(sandbox) == there


def test_a_forced_replacement_of_the_real_engine_is_a_new_key(
    issuing: Project, sandbox: SandboxProcess
) -> None:
    issuing.write(PROGRAM % "")
    issuing.up()
    old = {n: issuing.resource(n) for n in ("zone", "shop")}
    for name, resource in old.items():
        at = sandbox.now()
        issuing.up("--replace", resource["urn"])
        was = resource["outputs"]["certificate_sha256"]
        new = issuing.resource(name)["outputs"]["certificate_sha256"]
        assert new != was
        assert was not in held(sandbox)
        assert None not in shown_since(sandbox, at, SHOP if name == "shop" else ZONE)
    issuing.expect_no_changes("--refresh")
