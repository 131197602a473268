"""Rotations that fail half way, names that change, hostnames that move: nobody loses protection."""

from __future__ import annotations

import pytest

from tests.cli.project import REAL_CLI, Project
from tests.pki import Pair
from tests.sandbox_server import SandboxProcess

pytestmark = REAL_CLI

ZONE, APP = "example.com", "app.example.com"
CERTIFICATE = 'c = HostnameCertificate("{name}", zone_id=ZONE, wait_seconds=30, **pair("{pair}"))\n'
ONE = 'HostnameBinding("app", zone_id=ZONE, hostname="app.example.com", cert_id=c.id)\n'
MANY = 'HostnameBindings("map", zone_id=ZONE, bindings={"app.example.com": c.id})\n'
OWN = """
c = ZoneCertificate("{name}", zone_id=ZONE, wait_seconds=30, **pair("{pair}"))
ZoneSetting("on", zone_id=ZONE, setting="origin_tls_client_auth", value="on", wait_seconds=30,
    opts=pulumi.ResourceOptions(depends_on=[c]))
"""
REFUSE_BINDINGS = {"method": "PUT", "path": "hostnames$", "by": "all-permissions", "times": 0}


def program(binding: str, name: str = "c", pair: str = "old") -> str:
    return CERTIFICATE.format(name=name, pair=pair) + binding


def read_presented(sandbox: SandboxProcess, at: str, hostname: str = APP) -> list[str | None]:
    """The fingerprints that the origin of the hostname was shown since then."""
    rows = sandbox.presented_log(ZONE, hostname)
    before = [row for row in rows if row["at"] <= at]
    after = [row for row in rows if row["at"] > at]
    return [row["certificate_sha256"] for row in [before[-1], *after]]


def fail_half_way(project: Project, sandbox: SandboxProcess, body: str) -> None:
    """The new certificate is uploaded, the binding is refused, the old one is left over."""
    project.write(body)
    sandbox.fault(
        "status", status=403, code=10000, message="Authentication error", **REFUSE_BINDINGS
    )
    told = project.up(code=1)
    told.line("error: CloudflareError:", "Zone > SSL and Certificates: Edit")
    sandbox.clear_faults()
    assert [item.get("delete", False) for item in project.export()].count(True) == 1


def ours(sandbox: SandboxProcess, *pairs: Pair) -> set[str]:
    """Which of the certificates Cloudflare still holds or will hold."""
    settled = sandbox.state(settled=True)[ZONE]
    held = {**settled["hostname_certificates"], **settled["zone_certificates"]}
    return {pair.sha256 for pair in pairs if pair.sha256 in held}


@pytest.mark.parametrize("binding", [ONE, MANY], ids=["HostnameBinding", "HostnameBindings"])
def test_a_rotation_that_failed_half_way_can_be_taken_back(
    binding: str, project: Project, sandbox: SandboxProcess
) -> None:
    old, new = project.pair("old"), project.pair("new")
    project.write(program(binding))
    project.up()
    at = sandbox.now()
    fail_half_way(project, sandbox, program(binding, pair="new"))
    project.write(program(binding))
    told = project.up()
    assert "kept, another resource of this program holds it now" in told.text
    assert read_presented(sandbox, at) == [old.sha256]
    assert ours(sandbox, old, new) == {old.sha256}
    project.expect_no_changes("--refresh")


@pytest.mark.parametrize(
    ("name", "binding"),
    [
        ("renamed", ONE),
        ("c", ONE.replace('"app"', '"renamed"')),
    ],
    ids=["of the certificate", "of the binding"],
)
def test_a_rotation_that_failed_half_way_can_go_on_under_another_name(
    name: str, binding: str, project: Project, sandbox: SandboxProcess
) -> None:
    old, new = project.pair("old"), project.pair("new")
    project.write(program(ONE))
    project.up()
    at = sandbox.now()
    fail_half_way(project, sandbox, program(ONE, pair="new"))
    project.write(program(binding, name=name, pair="new"))
    project.up()
    assert read_presented(sandbox, at) == [old.sha256, new.sha256]
    assert ours(sandbox, old, new) == {new.sha256}


def test_new_names_for_both_and_a_new_certificate_at_once_need_the_word_overwrite(
    project: Project, sandbox: SandboxProcess
) -> None:
    """Nothing tells the plugin that what the hostname shows is of this stack: it is refused."""
    old, new = project.pair("old"), project.pair("new")
    project.write(program(ONE))
    project.up()
    at = sandbox.now()
    renamed = ONE.replace('"app"', '"renamed"')
    project.write(program(renamed, name="renamed", pair="new"))
    project.up(code=1).line("error: CloudflareError: binding app.example.com", "overwrite=True")
    assert read_presented(sandbox, at) == [old.sha256]
    overwrite = renamed.replace("cert_id=c.id", "cert_id=c.id, overwrite=True")
    project.write(program(overwrite, name="renamed", pair="new"))
    project.up()
    assert read_presented(sandbox, at) == [old.sha256, new.sha256]
    assert ours(sandbox, old, new) == {new.sha256}


def test_a_zone_certificate_and_its_switch_are_renamed_without_a_request_that_writes(
    project: Project, sandbox: SandboxProcess
) -> None:
    own = project.pair("old")
    project.write(OWN.format(name="c", pair="old"))
    project.up()
    at, so_far = sandbox.now(), sandbox.journal()[-1]["n"]
    project.write(OWN.replace('"on", zone', '"switch", zone').format(name="own", pair="old"))
    project.up()
    assert {entry["method"] for entry in sandbox.journal(after=so_far)} == {"GET"}
    assert read_presented(sandbox, at, "*") == [own.sha256]


def test_a_hostname_moves_between_the_two_binding_resources_and_back(
    project: Project, sandbox: SandboxProcess
) -> None:
    pair = project.pair("old")
    project.write(program(ONE))
    project.up()
    at = sandbox.now()
    for binding in (MANY, ONE):
        project.write(program(binding))
        told = project.up()
        assert "1 created" in told.text
        assert "1 deleted" in told.text
    assert read_presented(sandbox, at) == [pair.sha256]


def test_a_zone_certificate_that_was_not_deployed_takes_no_other_away_and_can_be_taken_back(
    project: Project, sandbox: SandboxProcess
) -> None:
    old, new = project.pair("old"), project.pair("new")
    project.write(OWN.format(name="c", pair="old"))
    project.up()
    at = sandbox.now()
    project.write(OWN.format(name="c", pair="new"))
    sandbox.limits(certificate_outcome="deployment_timed_out")
    told = project.up(code=1)
    told.line("error: CloudflareError: zone certificate", "Its successor was not deployed")
    assert read_presented(sandbox, at, "*") == [old.sha256]
    sandbox.limits(certificate_outcome="active")
    project.write(OWN.format(name="c", pair="old"))
    project.up()
    assert read_presented(sandbox, at, "*") == [old.sha256]
    assert ours(sandbox, old, new) == {old.sha256}
