"""A create that fails says in one line why and what to do; doing it, the next `up` goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from tests.cli.project import REAL_CLI, Project
from tests.sandbox_server import ZONE_IDS, SandboxProcess, certificate_for

pytestmark = REAL_CLI

ZONE = ZONE_IDS["example.com"]
CERTIFICATES = f"/zones/{ZONE}/origin_tls_client_auth/hostnames/certificates"
BIND = """
certificate = HostnameCertificate("certificate", zone_id=ZONE, wait_seconds=20, **pair("a"))
HostnameBinding("app", zone_id=ZONE, hostname="{hostname}", cert_id=certificate.id, {more})
"""
APP = BIND.format(hostname="app.example.com", more="")
LEGACY = BIND.format(hostname="legacy.example.com", more="")
SWITCH = """
ZoneSetting("switch", zone_id=ZONE, setting="tls_client_auth", value="off")
"""
READS = ["SSL and Certificates Read", "Zone Settings Read", "Zone Read"]

Act = Callable[[Project, SandboxProcess], None]


def nothing(project: Project, sandbox: SandboxProcess) -> None:
    """The environment alone heals."""


def token(*permissions: str) -> Act:
    def act(project: Project, sandbox: SandboxProcess) -> None:
        sandbox.add_token("narrow", "narrow-token-of-a-test", permissions=[*READS, *permissions])

    return act


def mode(value: str) -> Act:
    def act(project: Project, sandbox: SandboxProcess) -> None:
        sandbox.outside("PATCH", f"/zones/{ZONE}/settings/ssl", {"value": value})

    return act


def limits(**values: object) -> Act:
    def act(project: Project, sandbox: SandboxProcess) -> None:
        sandbox.limits(**values)

    return act


def program(body: str) -> Act:
    return lambda project, sandbox: project.write(body)


def fill(project: Project, sandbox: SandboxProcess) -> None:
    for _ in range(9):
        sandbox.outside("POST", CERTIFICATES, certificate_for())


def delete_one(project: Project, sandbox: SandboxProcess) -> None:
    ids = [row["id"] for row in sandbox.zone()["hostname_certificates"]]
    bound = {row["cert_id"] for row in sandbox.zone()["bindings"]}
    sandbox.outside("DELETE", f"{CERTIFICATES}/{next(i for i in ids if i not in bound)}")


def lose_key(project: Project, sandbox: SandboxProcess) -> None:
    (project.certificates / "a.key").rename(project.certificates / "a.hidden")


def find_key(project: Project, sandbox: SandboxProcess) -> None:
    (project.certificates / "a.hidden").rename(project.certificates / "a.key")


@dataclass(frozen=True)
class Failure:
    body: str
    trouble: Act
    says: list[str]
    remedy: Act = nothing
    environ: dict[str, str] = field(default_factory=dict)


NARROW = {"CLOUDFLARE_API_TOKEN": "narrow-token-of-a-test"}
FAILURES = {
    "a token that may not edit certificates": Failure(
        APP,
        token("Zone Settings Edit"),
        ["hostname certificate", "Zone > SSL and Certificates: Edit"],
        environ=NARROW,
    ),
    "a token that may not edit settings": Failure(
        SWITCH,
        token("SSL and Certificates Edit"),
        ["setting tls_client_auth of zone 023e105f", "Zone > Zone Settings: Edit"],
        environ=NARROW,
    ),
    "no token": Failure(
        SWITCH,
        nothing,
        ["CLOUDFLARE_API_TOKEN is not set", "Export an API token"],
        environ={"CLOUDFLARE_API_TOKEN": ""},
    ),
    "a mode without TLS to the origin": Failure(
        APP,
        mode("flexible"),
        ["binding app.example.com", "mode of zone 023e105f is flexible", "full or strict"],
        mode("full"),
    ),
    "a hostname that somebody else has bound": Failure(
        LEGACY,
        nothing,
        ["binding legacy.example.com", "not of this stack", "overwrite=True"],
        program(BIND.format(hostname="legacy.example.com", more="overwrite=True")),
    ),
    "a zone that is full": Failure(
        APP,
        fill,
        ["hostname certificate", "The zone holds 10 hostname certificates", "delete one"],
        delete_one,
    ),
    "a certificate that is never deployed": Failure(
        APP,
        limits(certificate_outcome="deployment_timed_out"),
        ["cannot be shown: deployment_timed_out", "pulumi up --refresh"],
        limits(certificate_outcome="active"),
    ),
    "a private key that is not there": Failure(
        APP,
        lose_key,
        ["a.key cannot be read", "nothing was uploaded"],
        find_key,
    ),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
def test_a_failed_create_names_the_way_out_and_the_next_up_takes_it(
    failure: Failure, project: Project, sandbox: SandboxProcess
) -> None:
    pair = project.pair("a")
    project.write(failure.body)
    failure.trouble(project, sandbox)
    before = sandbox.presented_all("example.com")
    told = project.up(code=1, env=failure.environ)
    line = told.line("error: CloudflareError:", *failure.says)
    assert pair.private_key not in told.text
    assert len(line) < 400
    if failure.body != SWITCH:
        assert hostname_of(before, "legacy") == hostname_of(
            sandbox.presented_all("example.com"), "legacy"
        )
    failure.remedy(project, sandbox)
    project.up("--refresh")
    if failure.body == SWITCH:
        assert sandbox.zone()["settings"]["tls_client_auth"] == "off"
        return
    hostname = "legacy.example.com" if failure.body == LEGACY else "app.example.com"
    shown = sandbox.presented("example.com", hostname)
    assert (shown["level"], shown["certificate_sha256"]) == ("hostname", pair.sha256)


def hostname_of(rows: dict[str, dict[str, object]], first: str) -> object:
    return rows[f"{first}.example.com"]["certificate_sha256"]
