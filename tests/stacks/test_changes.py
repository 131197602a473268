"""What people change in a stack's configuration: the preview's JSON and text, and what happens."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Start
from tests.cli.project import REAL_CLI, Project
from tests.pki import make
from tests.sandbox_server import SandboxProcess
from tests.stacks.promise import DEV, PROD, REST, STAGING, Kept

pytestmark = REAL_CLI

SHOP = "shop.example.com"
PARTNERS = "partners.example.org"


def test_dev_hostnames_and_levels_change_without_an_instant_of_nothing(
    start: Start, sandbox: SandboxProcess
) -> None:
    kept = Kept(DEV, start, sandbox)
    project = kept.project
    project.up()
    at, pairs = sandbox.now(), kept.pairs
    project.edit("- shop.example.com", "- www.example.com")
    project.edit("shared_certificate: on", "shared_certificate: off")
    steps = project.steps()
    diff = steps[kept.part("hostnames")]["detailedDiff"]
    assert {name: change["kind"] for name, change in diff.items()} == {
        'bindings["shop.example.com"]': "delete",
        'bindings["www.example.com"]': "add",
    }
    assert set(steps[kept.part("tls_client_auth")]["detailedDiff"]) == {"value"}
    told = project.up("--diff")
    told.line("value", '"on" => "off"')
    told.line("+ ", "www.example.com")
    told.line("- ", "shop.example.com")
    shown = sandbox.presented("example.com", "www.example.com")
    assert shown["certificate_sha256"] == pairs["shop"].sha256
    assert kept.shown_since(at)[SHOP] == [pairs["shop"].sha256, pairs["zone"].sha256]

    # The zone's own level and the hostnames' go, the shared one comes back.
    text = project.config.read_text()
    text = text[: text.index("      zone_certificate:\n        certificate: file:")]
    project.config.write_text(text.replace("shared_certificate: off", "shared_certificate: on"))
    project.up()
    shared = sandbox.shared()["sha256"]
    assert kept.shown_since(at) == {
        SHOP: [pairs["shop"].sha256, pairs["zone"].sha256, shared],
        REST: [pairs["zone"].sha256, shared],
    }


def test_staging_changes_its_mode_in_place_and_insists_on_its_own_certificate(
    start: Start, sandbox: SandboxProcess
) -> None:
    kept = Kept(STAGING, start, sandbox)
    project = kept.project
    project.up()
    project.edit("ssl: strict", "ssl: full")
    steps = project.steps()
    assert {name: step["op"] for name, step in steps.items()} == {kept.part("ssl"): "update"}
    told = project.up("--diff")
    told.line("value", '"strict" => "full"')
    assert sandbox.zone("example.net")["settings"]["ssl"] == "full"
    project.edit("shared_certificate: off", "shared_certificate: on")
    refused = project.preview(code=1)
    refused.line("stacks/Pulumi.staging.yaml", "zones.example.net", "shared_certificate: off")


def test_prod_lets_no_hostname_go_unless_allow_removal_lists_it(
    start: Start, sandbox: SandboxProcess
) -> None:
    kept = Kept(PROD, start, sandbox)
    project = kept.project
    project.up()
    project.edit(f"            - {PARTNERS}\n", "")
    project.preview(code=1).line(
        "error:", kept.part("hostnames"), f"{PARTNERS} would lose protection", "allow_removal"
    )
    project.edit("      ssl: strict\n", f"      ssl: strict\n      allow_removal: [{PARTNERS}]\n")
    diff = project.steps()[kept.part("hostnames")]["detailedDiff"]
    assert diff[f'bindings["{PARTNERS}"]']["kind"] == "delete"
    at = sandbox.now()
    project.up()
    pairs = kept.pairs
    assert kept.shown_since(at)[PARTNERS] == [pairs["api"].sha256, pairs["zone"].sha256]


def test_a_certificate_that_ends_within_30_days_is_warned_of_in_text_and_json(
    tmp_path: Path,
) -> None:
    project = Project(tmp_path, None, "dev")
    project.pair("shop")
    ending = project.pair("zone", make("ending", starts=-345, days=20))
    told = project.preview()
    told.line("warning: ", f"certificate {ending.sha256[:8]}", "2")
    warnings = [item for item in project.plan()["diagnostics"] if item["severity"] == "warning"]
    (warning,) = warnings
    assert warning["urn"].endswith("ZoneCertificate::example.com-zone")
    assert ending.sha256[:8] in warning["message"]
