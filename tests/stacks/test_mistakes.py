"""A mistake in the configuration ends as one line that names the key and the file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.conftest import Start
from tests.cli.project import REAL_CLI, Project
from tests.pki import another_authority
from tests.sandbox_server import SandboxProcess

pytestmark = REAL_CLI

ZONE_ID = "zone_id: 023e105f4ecef8ad9ca31a8372d0c353"
SHOP_KEY = "private_key: file:.local/certificates/dev/shop.key"
SHOP_HOST = "- shop.example.com"
INLINE = "private_key: '-----BEGIN PRIVATE KEY----- MIGHAgEAMBMG -----END PRIVATE KEY-----'"
# case: old text, new text, what the line says
MISTAKES = {
    "an unknown key": (
        "shared_certificate: on",
        "shared_certficate: on",
        ['zones["example.com"].shared_certficate: ', "Did you mean shared_certificate?"],
    ),
    "a zone id of another form": (
        ZONE_ID,
        "zone_id: example.com",
        ['zones["example.com"].zone_id: ', "32 hexadecimal digits"],
    ),
    "a hostname twice in two spellings": (
        SHOP_HOST,
        "- shop.example.com\n            - SHOP.example.com.",
        ["certificates.shop.hostnames: shop.example.com stands twice", "SHOP.example.com."],
    ),
    "a hostname outside the zone": (
        SHOP_HOST,
        "- shop.example.net",
        ["zones: shop.example.net under hostname_certificates.shop is not in", "external: true"],
    ),
    "a certificate that is not there": (
        "certificate: file:.local/certificates/dev/shop.pem",
        "certificate: file:.local/certificates/dev/shopp.pem",
        ["shopp.pem cannot be read", "make up"],
    ),
    "a key in place of a reference": (
        SHOP_KEY,
        INLINE,
        ["hostname_certificates.shop.private_key", "env:NAME, file:PATH or secret:KEY"],
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_one_line_that_names_key_and_file(
    mistake: tuple[str, str, list[str]], tmp_path: Path
) -> None:
    project = Project(tmp_path, None, "dev")
    project.pair("zone")
    project.pair("shop")
    old, new, parts = mistake
    project.edit(old, new)
    told = project.preview(code=1)
    line = told.line("error: ", "stacks/Pulumi.dev.yaml: ", *parts)
    errors = {text.split("error: ")[1] for text in told.text.splitlines() if "error: " in text}
    assert errors == {line.removeprefix("error: ")}, "and no `an unhandled error occurred`"
    assert "MIGHAgEAMBMG" not in told.text


@pytest.mark.parametrize(
    "old", ["prod/api.pem", "prod/ca.pem\n          hostnames:\n            - pay"]
)
def test_a_missing_file_is_found_before_the_first_resource_is_made(
    old: str, tmp_path: Path
) -> None:
    project = Project(tmp_path, None, "prod")
    for name in ("zone", "pay", "api"):
        project.pair(name)
    project.edit(old, old.replace(".pem", "-gone.pem"))
    told = project.run("up", "--yes", "--skip-preview", code=1)
    told.line("error: ", "stacks/Pulumi.prod.yaml: ", "-gone.pem cannot be read")
    assert "dynamic/aop:" not in told.text


def test_a_stack_without_a_program_is_told_what_to_write(tmp_path: Path) -> None:
    project = Project(tmp_path, None, "qa")
    project.config.write_text("config: {}\n")
    told = project.preview(code=1)
    told.line("error: ", "stack qa has no program", "stacks/qa.py")
    assert "unhandled error" not in told.text


def test_a_ca_that_did_not_sign_its_certificate_ends_every_preview(tmp_path: Path) -> None:
    project = Project(tmp_path, None, "prod")
    for name in ("zone", "pay", "api"):
        project.pair(name)
    # The CA of this one takes the place of the other's.
    project.pair("pay", issuer=another_authority("Another CA"))
    # The rest of the file says nothing of an origin, which alone was checked before.
    text = re.sub(r"      origin:\n(?:        .*\n)+", "", project.config.read_text())
    project.config.write_text(text)
    told = project.preview(code=1)
    told.line(
        "error: ",
        'stacks/Pulumi.prod.yaml: zones["example.org"].zone_certificate.ca: ',
        "signed by CN=Test Origin Pull CA, which is neither in the bundle nor in the chain",
        "origin.also_trust",
    )


def test_a_zone_id_that_changes_is_refused_until_the_file_says_that_the_zone_has_moved(
    start: Start, sandbox: SandboxProcess
) -> None:
    project = start("dev")
    shop, other = (project.pair(name) for name in ("shop", "zone"))
    project.up()
    old, new = "023e105f4ecef8ad9ca31a8372d0c353", "1b2f4c8d6e0a49537c1d8e5f90a3b647"
    project.edit(f"zone_id: {old}", f"zone_id: {new}")
    told = project.run("up", "--yes", "--skip-preview", code=1)
    told.line(
        'zone_id of zones["example.com"] in stacks/Pulumi.dev.yaml: state knows this zone as',
        f"{old}, and here stands {new}",
        f"write moved_from: {old} beside it",
    )
    shown = sandbox.presented("example.com", "shop.example.com")
    assert shown["certificate_sha256"] == shop.sha256
    there = sandbox.zone("example.net")["hostname_certificates"]
    assert shop.sha256 not in {record["certificate_sha256"] for record in there}
    project.edit(f"zone_id: {new}", f"zone_id: {new}\n      moved_from: {old}")
    project.up()
    shown = sandbox.presented("example.net", "www.example.net")
    assert shown["certificate_sha256"] == other.sha256
    for row in project.export():
        kept = {*row.get("inputs", {}), *row.get("outputs", {})}
        assert not {"moved_from", "declared_in"} & kept, "what check alone reads is not in state"
    project.edit(f"\n      moved_from: {old}", "")
    project.expect_no_changes()
