"""What else than Cloudflare answers, and what surrounds the plugin, as people see it: one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.project import REAL_CLI, Done, Project
from tests.sandbox_server import SandboxProcess

pytestmark = REAL_CLI

APP = "app.example.com"
PROGRAM = f"""
c = HostnameCertificate("c", zone_id=ZONE, wait_seconds=30, **pair("a"))
HostnameBinding("app", zone_id=ZONE, hostname="{APP}", cert_id=c.id, wait_seconds=30)
"""
SWITCH = 'ZoneSetting("shared", zone_id=ZONE, setting="tls_client_auth", value="off")'


def says_one_line(done: Done, *parts: str) -> None:
    """The line that names the resource holds everything; nobody meets a traceback or a defect."""
    line = done.line(*parts)
    assert len(line) < 600
    assert "defect of this project" not in done.text


ANSWERS: dict[str, dict[str, Any]] = {
    "the 404 of a gateway": {"text": '{"message": "no Route matched with those values"}'},
    "nested beyond reason": {"status": 200, "text": "[" * 200_000},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_of_somebody_else_takes_nothing_out_of_the_state(
    name: str, project: Project, sandbox: SandboxProcess
) -> None:
    project.pair("a")
    project.write(PROGRAM)
    project.up()
    held = {item["urn"]: item.get("id") for item in project.export()}
    sandbox.fault("foreign", path="origin_tls_client_auth", times=0, **ANSWERS[name])
    for verb in ("refresh", "destroy"):
        done = project.run(verb, "--yes", "--skip-preview", code=1)
        says_one_line(done, "is not Cloudflare's")
    assert {item["urn"]: item.get("id") for item in project.export()} == held
    sandbox.clear_faults()
    project.expect_no_changes("--refresh")
    project.destroy()


@pytest.mark.slow
@pytest.mark.parametrize("is_head", [False, True], ids=["body", "head"])
def test_an_answer_that_drips_costs_a_minute_and_no_more(
    is_head: bool, project: Project, sandbox: SandboxProcess
) -> None:
    project.write(SWITCH)
    sandbox.fault("drip", seconds=2, head=is_head, method="GET")
    done = project.up()
    assert "waiting for Cloudflare to recover" in done.text or "created" in done.text
    assert sandbox.zone("example.com")["settings"]["tls_client_auth"] == "off"


# What the environment says, and what the line has to name.
SURROUNDINGS = {
    "an authority file that is not there": (
        {
            "CLOUDFLARE_BASE_URL": "https://api.cloudflare.example/client/v4",
            "SSL_CERT_FILE": "/nowhere.pem",
        },
        "SSL_CERT_FILE",
    ),
    "a SOCKS proxy": (
        {
            "CLOUDFLARE_BASE_URL": "https://api.cloudflare.example/client/v4",
            "HTTPS_PROXY": "socks5://127.0.0.1:9",
        },
        "SOCKS proxy, which is not supported",
    ),
    "a base URL that is no address": (
        {"CLOUDFLARE_BASE_URL": "https://[::1"},
        "CLOUDFLARE_BASE_URL",
    ),
}


@pytest.mark.parametrize("name", SURROUNDINGS)
def test_surroundings_that_cannot_work_are_one_line_with_the_next_step(
    name: str, tmp_path: Path
) -> None:
    environ, told = SURROUNDINGS[name]
    project = Project(tmp_path, None, "test")
    project.write(SWITCH)
    says_one_line(project.up(code=1, env=environ), told)


def test_state_that_lacks_fields_is_refreshed_and_taken_down(
    project: Project, sandbox: SandboxProcess
) -> None:
    project.pair("a")
    project.write(PROGRAM)
    project.up()
    exported = json.loads(project.run("stack", "export").out)
    for item in exported["deployment"]["resources"]:
        for side in ("inputs", "outputs"):
            for field in ("private_key", "cert_id", "enabled"):
                item.get(side, {}).pop(field, None)
    file = project.folder / "state.json"
    file.write_text(json.dumps(exported))
    project.run("stack", "import", "--file", str(file))
    project.run("refresh", "--yes", "--skip-preview")
    assert project.resource("app")["outputs"]["cert_id"] == project.resource("c")["id"]
    project.run("stack", "import", "--file", str(file))
    says_one_line(project.destroy(code=1), "not voided", "Run `pulumi up --refresh`")
    project.run("refresh", "--yes", "--skip-preview")
    project.destroy()
    left = sandbox.state(settled=True)["example.com"]
    assert set(left["bindings"]) == {"legacy.example.com"}
    assert len(left["hostname_certificates"]) == 1
