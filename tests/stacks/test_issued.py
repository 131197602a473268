"""Certificates that renew themselves, from a stack's file: from given to issued and back."""

from __future__ import annotations

from datetime import UTC, datetime

from issuers import authority
from providers.values import pem
from tests.cli.conftest import Start
from tests.cli.project import REAL_CLI, Project
from tests.sandbox_server import SandboxProcess
from tests.stacks.promise import DEV, REST, Kept

pytestmark = REAL_CLI

SHOP = "shop.example.com"
FOLDER = ".local/certificates/dev"
ISSUERS = f"""  aop:issuers:
    internal:
      ca_key: {{certificate: file:{FOLDER}/issuer.pem, key: file:{FOLDER}/issuer.key}}
      ca: file:{FOLDER}/issuer.pem
"""


def with_issuer(project: Project) -> str:
    """The stack's file with one more issuer in place of both key pairs; the CA lies beside it."""
    ca = authority.make_ca(authority.common_name("Origin pull CA"), datetime.now(UTC))
    (project.certificates / "issuer.pem").write_text(ca.pem)
    (project.certificates / "issuer.key").write_text(ca.key_pem)
    text = project.config.read_text().replace("  aop:issuers:\n", ISSUERS)
    for name, indent in (("zone", " " * 8), ("shop", " " * 10)):
        pair = (
            f"{indent}certificate: file:{FOLDER}/{name}.pem\n"
            f"{indent}private_key: file:{FOLDER}/{name}.key\n"
        )
        assert pair in text
        text = text.replace(pair, f"{indent}issuer: internal\n")
    return text


def held(sandbox: SandboxProcess) -> set[str]:
    zone = sandbox.state(settled=True)["example.com"]
    return {*zone["hostname_certificates"], *zone["zone_certificates"]}


def test_both_levels_go_from_given_to_issued_and_back_without_an_instant_of_nothing(
    start: Start, sandbox: SandboxProcess
) -> None:
    kept = Kept(DEV, start, sandbox)
    project, given = kept.project, {name: kept.pairs[name].sha256 for name in ("zone", "shop")}
    before, text = project.config.read_text(), with_issuer(project)
    project.up()
    project.config.write_text(text.replace("issuer: internal", "issuer: intern", 1))
    project.preview(code=1).line(
        "error: ",
        "zone_certificate.issuer: is not one of aop:issuers, which has internal, sandbox",
    )

    at = sandbox.now()
    project.config.write_text(text)
    project.up()
    made = [project.resource(f"example.com-{name}")["outputs"] for name in given]
    issued = {name: one["certificate_sha256"] for name, one in zip(given, made, strict=True)}
    assert not set(issued.values()) & set(given.values())
    assert kept.shown_since(at) == {
        SHOP: [given["shop"], issued["shop"]],
        REST: [given["zone"], issued["zone"]],
    }
    assert [pem.read_certificate(one["certificate"]).subject for one in made] == [
        "CN=aop.dev.example.com.zone",
        "CN=aop.dev.example.com.shop",
    ]
    assert not held(sandbox) & set(given.values())
    project.expect_no_changes("--refresh")

    at = sandbox.now()
    project.config.write_text(before)
    project.up()
    assert kept.shown_since(at) == {
        SHOP: [issued["shop"], given["shop"]],
        REST: [issued["zone"], given["zone"]],
    }
    assert not held(sandbox) & set(issued.values())
    project.expect_no_changes("--refresh")
