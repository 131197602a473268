"""`import` takes over what is there: the preview afterwards is empty, and nothing was touched."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from cloudflare import Cloudflare

from issuers import authority
from issuers.authority import Identity
from operations.command import operations
from operations.plan.import_file import Imported
from operations.sources import configuration
from operations.verbs.import_zone import next_steps
from stacks.config import PROJECT
from tests.operations.conftest import BASE, NAME, ZONE, Stack
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


@pytest.fixture
def ca(stack: Stack) -> Identity:
    """The CA of the issuer `own` in the file of the stack `test`, which has another issuer too."""
    ca = stack.issues("shop", "shop.example.com")
    other = authority.make_ca(authority.common_name("Another CA"), datetime.now(UTC))
    (stack.folder / "other.pem").write_text(other.pem)
    stack.issuers["unused"] = {**stack.issuers["own"], "ca": f"file:{stack.folder}/other.pem"}
    stack.environ["AOP_STACK_FILE"] = str(stack.write())
    return ca


def test_what_a_configured_ca_has_signed_becomes_issued_when_asked(
    stack: Stack, ca: Identity
) -> None:
    own, shop, other = stack.issued(ca, "zone"), stack.issued(ca, "shop"), make("other")
    zone_id = stack.uploads(own)
    stack.switches(True)
    cert_id = stack.uploads(shop, "hostname")
    stack.shows("shop.example.com", cert_id)
    stack.shows("other.example.com", stack.uploads(other, "hostname"))
    zone, resources, notes = imported(stack, "--issuers-of", "test")
    name = "aop.test.example.com"
    entries = zone["hostname_certificates"]
    assert zone["zone_certificate"] == {"issuer": "own", "common_name": f"{name}.zone"}
    assert entries["shop"] == {
        "issuer": "own",
        "common_name": f"{name}.shop",
        "hostnames": {"shop.example.com": "on"},
    }
    assert set(entries["other"]) == {"certificate", "private_key", "hostnames"}
    # The sandbox is born with a certificate that nothing shows.
    files = {path.stem for path in (stack.folder / "out/certificates").iterdir()}
    assert files == set(entries) - {"shop"}
    config = yaml.safe_load((stack.folder / "out/Pulumi.imported.yaml").read_text())["config"]
    assert config["aop:issuers"] == {"own": stack.issuers["own"]}
    for label, identifier, pair in (("zone", zone_id, own), ("shop", cert_id, shop)):
        held = resources[f"example.com-{label}"]
        kind = "IssuedZoneCertificate" if label == "zone" else "IssuedHostnameCertificate"
        assert (held["type"].split(":")[-1], held["id"]) == (kind, identifier)
        assert held["outputs"]["certificate_sha256"] == pair.sha256
        assert "private_key" not in held["inputs"]
    ledger = resources["example.com-uploads"]["inputs"]
    assert ledger["zone_certificates"] == {"zone": f"CN={name}.zone"}
    assert ledger["hostname_certificates"]["shop"] == f"CN={name}.shop"
    assert not any("given" in note or "renews" in note for note in notes)


def test_the_file_that_is_written_wants_what_the_import_file_has(
    stack: Stack, ca: Identity
) -> None:
    stack.shows("shop.example.com", stack.uploads(stack.issued(ca, "shop"), "hostname"))
    _, resources, _ = imported(stack, "--issuers-of", "test")
    written = configuration.load("", stack.folder / "out/Pulumi.imported.yaml")
    wish = written.zones[NAME].issued()["shop"]
    given = resources["example.com-shop"]["inputs"]
    assert (given["ca"], given["issuer_name"]) == (wish.ca_pem(), wish.issuer.name)
    assert given["issuer_settings"] == wish.issuer.settings
    assert (given["common_name"], given.get("key", "ecdsa-p256")) == (wish.common_name, wish.key)


def test_unless_asked_what_a_configured_ca_has_signed_stays_given(
    stack: Stack, ca: Identity
) -> None:
    stack.shows("shop.example.com", stack.uploads(stack.issued(ca, "shop"), "hostname"))
    zone, _, notes = imported(stack)
    assert "issuer" not in zone["hostname_certificates"]["shop"]
    assert not any("given" in note for note in notes)


def test_what_stays_given_and_what_is_due_is_said(stack: Stack, ca: Identity) -> None:
    twins = [stack.issued(ca, "twin") for _ in range(2)]
    for number, pair in enumerate(twins):
        stack.shows(f"twin{number}.example.com", stack.uploads(pair, "hostname"))
    due = stack.issued(ca, "shop", age=70)
    stack.shows("shop.example.com", stack.uploads(due, "hostname"))
    zone, _, notes = imported(stack, "--issuers-of", "test")
    entries = zone["hostname_certificates"]
    assert {label for label, entry in entries.items() if "issuer" in entry} == {"shop"}
    said = [note for note in notes if "hostname certificate" in note]
    assert [note.split()[2] for note in said if "common name aop.test" in note] == [
        pair.sha256[:8] for pair in twins
    ]
    (renewed,) = [note for note in said if note.endswith("is due: the first `pulumi up` renews it")]
    assert due.sha256[:8] in renewed


def test_a_file_without_issuers_is_one_line(stack: Stack) -> None:
    file = stack.write()
    stack.environ["AOP_STACK_FILE"] = str(file)
    done = run(stack, NAME, "--issuers-of", "test", code=1)
    assert done.stderr == (
        f"Error: {file} has no aop:issuers. Name a stack whose file has; docs/renewal.md shows"
        " how.\n"
    )


def test_a_stack_without_a_file_is_one_line_and_that_of_another_is_not_taken(
    stack: Stack, ca: Identity
) -> None:
    done = run(stack, NAME, "--issuers-of", "elsewhere", code=1)
    missing = PROJECT / "stacks/Pulumi.elsewhere.yaml"
    assert done.stderr.startswith(f"Error: {missing} does not exist. The stacks there are: ")
    assert done.stderr.count("\n") == 1


def test_an_issuer_that_cannot_be_read_is_one_line(stack: Stack, ca: Identity) -> None:
    (stack.folder / "ca.pem").unlink()
    done = run(stack, NAME, "--issuers-of", "test", code=1)
    assert "ca.pem cannot be read" in done.stderr
    stack.issuers = {"own": {"ca": "file:ca.pem"}}
    file = stack.write()
    done = run(stack, NAME, "--issuers-of", "test", code=1)
    assert done.stderr.startswith(f"Error: {file}: issuers.own: does not say who signs. Give one")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("state", ["--terraform-state", "--pulumi-state"])
def test_issuers_are_for_a_zone(stack: Stack, state: str) -> None:
    (stack.folder / "state.json").write_text("{}")
    done = run(stack, state, str(stack.folder / "state.json"), "--issuers-of", "prod", code=2)
    assert done.stderr == (
        "Error: --issuers-of is for a ZONE: give its name in place of the other tool's state.\n"
    )


def test_a_stack_that_has_no_name_is_no_stack(stack: Stack) -> None:
    done = run(stack, NAME, "--issuers-of", "", code=2)
    assert done.stderr == "Error: --issuers-of: name the stack whose file has the issuers.\n"


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


def set_up_from_a_ca(sandbox: Sandbox, folder: Folder) -> None:
    """A zone certificate and one for a hostname of the CA that the stack `team` has as issuer."""
    files = {"certificate": "file:certificates/ca.pem", "key": "env:CA_KEY"}
    config = {"aop:issuers": {"own": {"ca": "file:certificates/ca.pem", "ca_key": files}}}
    (folder.folder / "stacks/Pulumi.team.yaml").write_text(yaml.safe_dump({"config": config}))
    ca = authority.make_ca(authority.common_name("Origin pull CA"), datetime.now(UTC))
    (folder.folder / "certificates").mkdir()
    (folder.folder / "certificates/ca.pem").write_text(ca.pem)
    ends = datetime.now(UTC) + timedelta(days=90)
    ids = {}
    for path, kind in ((BASE, "ec"), (f"{BASE}/hostnames/certificates", "rsa")):
        leaf = authority.make_leaf(ca, authority.common_name(f"client.{kind}"), ends, kind=kind)
        body = {"certificate": leaf.pem, "private_key": leaf.key_pem}
        ids[kind] = sandbox.outside("POST", path, body)["id"]
    entry = {"hostname": f"shop.{NAME}", "cert_id": ids["rsa"], "enabled": True}
    sandbox.outside("PUT", f"{BASE}/hostnames", {"config": [entry]})


@pytest.mark.cli
@pytest.mark.slow
@pytest.mark.timeout(240)
def test_after_the_import_of_a_zone_that_the_sdk_set_up_the_preview_is_empty(
    tmp_path: Path,
) -> None:
    with SandboxProcess("--deploy-seconds", "0.1") as sandbox:
        set_up_with_the_sdk(sandbox)
        folder = Folder(tmp_path, sandbox, "live")
        set_up_from_a_ca(sandbox, folder)
        before = sandbox.state(settled=True)
        folder.verb("import", NAME, "--stack", "live", "--issuers-of", "team")
        found = folder.folder / "imported" / "live"
        (folder.folder / "stacks" / "live.py").write_text((found / "live.py").read_text())
        folder.config.write_text((found / "Pulumi.live.yaml").read_text())
        assert folder.config.read_text().count("issuer: own") == 2
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
