"""`import` takes over what is there: the preview afterwards is empty, and nothing was touched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from cloudflare import Cloudflare

from operations.command import operations
from operations.plan.import_file import Imported
from operations.verbs.import_zone import next_steps
from stacks.config import PROJECT
from tests.operations.conftest import NAME, ZONE, Stack
from tests.operations.folder import Folder
from tests.pki import make
from tests.sandbox_server import TOKEN, Sandbox, SandboxProcess


def imported(stack: Stack, *arguments: str) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """Zone configuration, resources by name, notes."""
    out = stack.folder / "out"
    told = json.loads(run(stack, NAME, "--out", str(out), "--json", *arguments).stdout)
    config = yaml.safe_load((out / "Pulumi.imported.yaml").read_text())
    resources = json.loads((out / "import.json").read_text())["resources"]
    zone = config["config"]["aop:zones"][NAME]
    return zone, {item["name"]: item for item in resources}, told["notes"]


def run(stack: Stack, *arguments: str, code: int = 0) -> Any:
    done = CliRunner().invoke(operations, ["import", *arguments], env=stack.environ)
    assert done.exit_code == code, done.output
    assert "PRIVATE KEY" not in done.output
    return done


def test_settings_certificates_and_bindings_are_all_there(stack: Stack) -> None:
    own, app = make("own"), make("app")
    stack.uploads(own)
    stack.switches(True)
    cert_id = stack.uploads(app, "hostname")
    stack.shows("app.example.com", cert_id)
    stack.shows("off.example.com", cert_id, False)
    zone, resources, _ = imported(stack)
    assert (zone["zone_id"], zone["ssl"], zone["shared_certificate"]) == (ZONE, "full", "on")
    assert zone["hostname_certificates"]["app"]["hostnames"] == {
        "app.example.com": "on",
        "off.example.com": "off",
    }
    assert zone["zone_certificate"]["private_key"] == "env:AOP_KEY_EXAMPLE_COM_ZONE"
    assert resources["example.com-app"]["id"] == cert_id
    assert resources["example.com-app"]["inputs"]["certificate_sha256"] == app.sha256
    assert {r["parent"] for r in resources.values() if "inputs" in r} == {NAME}
    assert (stack.folder / "out/certificates/app.pem").read_text() == app.certificate


def test_what_a_stack_cannot_want_is_left_out_and_said(stack: Stack) -> None:
    stack.sets("ssl", "flexible")
    zone, resources, notes = imported(stack)
    assert "ssl" not in zone
    assert "zone_certificate" not in zone
    assert "example.com-ssl" not in resources
    assert any("flexible" in note for note in notes)
    assert any("the zone's switch is off" in note for note in notes)


def test_nothing_is_changed_at_cloudflare(stack: Stack) -> None:
    stack.sandbox.clear_journal()
    imported(stack)
    assert {entry["method"] for entry in stack.sandbox.journal()} == {"GET"}


def test_files_that_are_there_are_not_overwritten(stack: Stack) -> None:
    imported(stack)
    done = run(stack, NAME, "--out", str(stack.folder / "out"), code=1)
    assert "is there already" in done.stderr
    imported(stack, "--force")


def test_the_zone_can_be_given_by_its_id(stack: Stack) -> None:
    run(stack, ZONE, "--out", str(stack.folder / "by-id"))
    text = (stack.folder / "by-id" / "Pulumi.imported.yaml").read_text()
    assert NAME in yaml.safe_load(text)["config"]["aop:zones"]


def test_a_zone_that_the_token_does_not_see_is_one_line(stack: Stack) -> None:
    done = run(stack, "example.edu", code=1)
    assert done.stderr == (
        "Error: this token sees no zone example.edu. Correct it, or the zones of the token.\n"
    )


@pytest.mark.parametrize("name", ["../x", "X", "", "a b"])
def test_a_stack_name_that_is_no_module_is_refused(stack: Stack, name: str) -> None:
    run(stack, NAME, "--stack", name, code=2)


def test_a_label_is_a_name_of_its_own(stack: Stack) -> None:
    for hostname in ("zone.example.com", "app.example.com", "app.other.example.com"):
        stack.shows(hostname, stack.uploads(make(hostname), "hostname"))
    zone, resources, _ = imported(stack)
    labels = list(zone["hostname_certificates"])
    assert len(labels) == len(set(labels)) == 4
    assert "zone" not in labels
    assert len(resources) == 4 + 1 + 2 + 1 + 1


def set_up_with_the_sdk(sandbox: Sandbox) -> None:
    """All three levels, as a script with the official SDK sets them up."""
    client = Cloudflare(api_token=TOKEN, base_url=sandbox.api)
    own, app, pay = (make(name) for name in ("own", "app", "pay"))
    aop = client.origin_tls_client_auth
    aop.zone_certificates.create(
        zone_id=ZONE, certificate=own.certificate, private_key=own.private_key
    )
    aop.settings.update(zone_id=ZONE, enabled=True)
    for pair, hostnames in ((app, ("app", "www")), (pay, ("pay",))):
        made = aop.hostname_certificates.create(
            zone_id=ZONE, certificate=pair.certificate, private_key=pair.private_key
        )
        assert made is not None
        config: list[Any] = [
            {"hostname": f"{name}.{NAME}", "cert_id": made.id, "enabled": name != "www"}
            for name in hostnames
        ]
        aop.hostnames.update(zone_id=ZONE, config=config)
    client.zones.settings.edit("ssl", zone_id=ZONE, value="strict")
    client.close()


@pytest.mark.cli
@pytest.mark.slow
@pytest.mark.timeout(240)
def test_after_the_import_of_a_zone_that_the_sdk_set_up_the_preview_is_empty(
    tmp_path: Path,
) -> None:
    with SandboxProcess("--deploy-seconds", "0.1") as sandbox:
        set_up_with_the_sdk(sandbox)
        folder = Folder(tmp_path, sandbox, "live")
        before = sandbox.state(settled=True)
        folder.verb("import", NAME, "--stack", "live")
        found = folder.folder / "imported" / "live"
        (folder.folder / "stacks" / "live.py").write_text((found / "live.py").read_text())
        folder.config.write_text((found / "Pulumi.live.yaml").read_text())
        flags = ("--generate-code=false", "--protect=false", "--yes")
        folder.run("import", "--file", str(found / "import.json"), *flags)
        folder.expect_no_changes()
        folder.expect_no_changes("--refresh")
        folder.up("--expect-no-changes")
        assert sandbox.state(settled=True) == before
        folder.edit("app.example.com: 'on'", "app.example.com: 'off'")
        assert set(folder.steps()) == {"example.com-hostnames"}
        folder.close()


def test_the_next_steps_are_those_that_the_test_above_runs() -> None:
    steps = next_steps("live", PROJECT / "imported" / "live", Imported(NAME))
    assert steps == [
        "cp imported/live/Pulumi.live.yaml imported/live/live.py stacks/",
        "pulumi stack init live",
        "pulumi import --file imported/live/import.json --generate-code=false --protect=false"
        " --yes",
        "pulumi preview --expect-no-changes",
    ]
