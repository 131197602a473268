"""kill -9 of the CLI or of the plugin in the middle of a create; then the next `up` goes on."""

from __future__ import annotations

import os
import signal

import pytest

from tests.cli.project import REAL_CLI, Project
from tests.processes import seconds_until_ended
from tests.sandbox_server import SandboxProcess

pytestmark = REAL_CLI

APP = "app.example.com"
PROGRAM = f"""
first = ZoneSetting("shared", zone_id=ZONE, setting="tls_client_auth", value="off", on_destroy="on")
c = HostnameCertificate("c", zone_id=ZONE, wait_seconds=30, **pair("a"),
    opts=pulumi.ResourceOptions(depends_on=[first]))
HostnameBinding("app", zone_id=ZONE, hostname="{APP}", cert_id=c.id, wait_seconds=30)
"""
MOMENTS = {
    "before the upload": ("hold_before", "POST", "hostnames/certificates$"),
    "between the upload and its answer": ("hold_after", "POST", "hostnames/certificates$"),
    "between the binding and its answer": ("hold_after", "PUT", "/hostnames$"),
}


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS.keys())
def test_a_killed_cli_leaves_a_plugin_that_writes_nothing_more_and_ends(
    moment: tuple[str, str, str], project: Project, sandbox: SandboxProcess
) -> None:
    plugins, cli = begin(project, sandbox, moment)
    os.kill(cli, signal.SIGKILL)
    sandbox.release()
    assert seconds_until_ended(plugins, most=20) < 15
    written = [entry for entry in sandbox.journal() if entry["method"] != "GET"]
    last = written[-1]
    assert (last["method"], last["fault"]) == (moment[1], moment[0])
    locked = project.up(code=1)
    assert "the stack is currently locked" in locked.text
    project.run("cancel", "--yes")
    finish(project, sandbox)


def test_a_killed_plugin_costs_one_run_and_no_object(
    project: Project, sandbox: SandboxProcess
) -> None:
    (plugin,), _ = begin(project, sandbox, MOMENTS["between the upload and its answer"])
    os.kill(plugin, signal.SIGKILL)
    sandbox.release()
    told = "".join(project.running[-1].communicate(timeout=60))
    assert project.running[-1].returncode == 1
    assert "Traceback" not in told
    finish(project, sandbox)


def begin(
    project: Project, sandbox: SandboxProcess, moment: tuple[str, str, str]
) -> tuple[list[int], int]:
    """An `up` that is held at the moment; the plugins' process ids and the CLI's."""
    project.pair("a")
    project.write(PROGRAM)
    action, method, path = moment
    sandbox.fault(action, method=method, path=path, by="all-permissions")
    cli = project.start("up", "--yes", "--skip-preview")
    sandbox.wait_held(seconds=60)
    plugins = project.plugins(cli)
    assert len(plugins) == 1
    return plugins, cli.pid


def finish(project: Project, sandbox: SandboxProcess) -> None:
    """The next `up` brings exactly what the program wants; destroy takes exactly that away."""
    project.up()
    settled = sandbox.state(settled=True)["example.com"]
    sha256 = project.resource("c")["outputs"]["certificate_sha256"]
    assert len(settled["hostname_certificates"]) == 2
    assert settled["hostname_certificates"][sha256] == "active"
    assert settled["bindings"][APP] == {
        "enabled": True,
        "status": "active",
        "certificate_sha256": sha256,
    }
    assert settled["settings"]["tls_client_auth"] == "off"
    project.destroy()
    left = sandbox.state(settled=True)["example.com"]
    assert set(left["bindings"]) == {"legacy.example.com"}
    assert len(left["hostname_certificates"]) == 1
    assert left["settings"]["tls_client_auth"] == "on"
