"""Each page as a reader would follow it: its files are written, its commands run, in its order."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from operations.verbs.expiry import gauges
from tests.cli.conftest import TIMES
from tests.docs.pages import DOCS, blocks
from tests.operations.verbs.test_import_state import (
    pulumi_export,
    state_file,
    version_4,
    version_5,
)
from tests.operations.verbs.test_import_zone import set_up_with_the_sdk
from tests.pipelines.checkout import Clone
from tests.pki import Pair, ca_certificate, make
from tests.sandbox_server import SandboxProcess

pytestmark = [pytest.mark.cli, pytest.mark.slow, pytest.mark.timeout(240)]

ACCOUNT = "01a7362d577a6c3019a474fd6f485823"
ZONE, OTHER = "023e105f4ecef8ad9ca31a8372d0c353", "1b2f4c8d6e0a49537c1d8e5f90a3b647"
AOP = f"/zones/{ZONE}/origin_tls_client_auth"
EDITS = ["SSL and Certificates Edit", "Zone Settings Edit", "Zone Read"]

Codes = dict[str, int]
WRITTEN = re.compile(r"^wrote (\S+)", re.MULTILINE)


@pytest.fixture
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess(*TIMES) as sandbox:
        yield sandbox


@pytest.fixture
def clone(tmp_path: Path, sandbox: SandboxProcess) -> Clone:
    return Clone(tmp_path, sandbox)


def follow(clone: Clone, page: str, codes: Codes | None = None) -> str:
    """What was shown; `codes` by the verb, where a command is to end otherwise than with 0."""
    shown = len(clone.told)
    for block in blocks(page):
        if block.file:
            clone.write(block.file, block.text)
        elif block.is_run:
            run(clone, block.commands, codes or {})
    return "\n".join(clone.told[shown:])


def run(clone: Clone, commands: list[str], codes: Codes) -> None:
    """One shell per command; what it exports, the next one has."""
    exports = [command for command in commands if command.startswith("export ")]
    for command in commands:
        if command not in exports:
            code = next((c for word, c in codes.items() if f" {word} " in command), 0)
            clone.shell("\n".join([*exports, command]), code)


def certificate(clone: Clone, name: str, key: str) -> Pair:
    """In the repository, and its key in the environment."""
    pair = make(name)
    clone.write(f"certificates/{name}.pem", pair.certificate)
    clone.environ[key] = pair.private_key
    return pair


def test_start_with_a_new_zone(clone: Clone, sandbox: SandboxProcess) -> None:
    shown = follow(clone, "start.md")
    assert sandbox.presented("example.com", "new.example.com")["level"] == "zone"
    assert "PRIVATE KEY" not in shown
    key = (clone.folder / "certificates/zone.key").read_text().splitlines()[2]
    state = clone.shell("pulumi stack export --stack live").out
    assert key not in state + shown
    assert "ssl_verify_client optional" in shown
    assert "ssl_verify_client on;" in (clone.folder / "out/shop.example.com.conf").read_text()


def test_a_zone_from_nothing_to_certificates_that_renew_themselves(
    clone: Clone, sandbox: SandboxProcess
) -> None:
    shown = follow(clone, "renewal.md")
    assert ", renews itself, next " in shown
    assert "PRIVATE KEY" not in shown + clone.shell("pulumi stack export --stack live").out
    first = sandbox.presented("example.com", "shop.example.com")["certificate_sha256"]
    assert sandbox.presented("example.com", "new.example.com")["level"] == "zone"
    # What has 30 days to live is due when it shall be renewed 40 days before its end.
    file = clone.folder / "stacks/Pulumi.live.yaml"
    text = file.read_text().replace("days: 30\n", "days: 90\n")
    file.write_text(text.replace("renew_days: 10\n", "renew_days: 40\n"))
    assert "renewed: ends " in clone.shell("pulumi preview --stack live").out
    since = sandbox.now()
    clone.shell("pulumi up --stack live --yes --skip-preview")
    rows = sandbox.presented_log("example.com", "shop.example.com")
    then = [row["certificate_sha256"] for row in rows if row["at"] > since]
    assert len(then) == 1
    assert then[0] not in (None, first)
    clone.shell("pulumi preview --stack live --refresh --expect-no-changes")


def test_origins_are_written_as_the_page_says(clone: Clone) -> None:
    shown = follow(clone, "origins.md")
    assert WRITTEN.findall(shown) == WRITTEN.findall((DOCS / "origins.md").read_text())


def test_import_of_a_zone_that_the_official_sdk_set_up(
    clone: Clone, sandbox: SandboxProcess
) -> None:
    set_up_with_the_sdk(sandbox)
    before = sandbox.state(settled=True)
    shown = follow(clone, "import.md")
    assert sandbox.state(settled=True) == before
    assert "Cloudflare has what the stack's state says." in shown
    assert "app.example.com" in shown


@pytest.mark.parametrize("version", [4, 5])
def test_a_zone_that_terraform_managed_is_adopted_and_nothing_changes(
    clone: Clone, sandbox: SandboxProcess, version: int
) -> None:
    pairs = {"zone": make("zone"), "app": make("app")}
    zone = {n: getattr(pairs["zone"], n) for n in ("certificate", "private_key")}
    app = {n: getattr(pairs["app"], n) for n in ("certificate", "private_key")}
    sandbox.outside("POST", AOP, zone)
    sandbox.outside("PUT", f"{AOP}/settings", {"enabled": True})
    made = sandbox.outside("POST", f"{AOP}/hostnames/certificates", app)
    entry = {"hostname": "app.example.com", "cert_id": made["id"], "enabled": True}
    sandbox.outside("PUT", f"{AOP}/hostnames", {"config": [entry]})
    for setting, value in (("ssl", "strict"), ("tls_client_auth", "on")):
        sandbox.outside("PATCH", f"/zones/{ZONE}/settings/{setting}", {"value": value})
    written = {4: version_4, 5: version_5}[version](pairs)
    clone.write("terraform.tfstate", state_file(written).replace('"c2"', f'"{made["id"]}"'))
    before = sandbox.state(settled=True)
    sandbox.clear_journal()
    follow(clone, "from-terraform.md", {"orphans": 1})  # the sandbox is born with one
    assert sandbox.state(settled=True) == before
    assert {entry["method"] for entry in sandbox.journal()} == {"GET"}
    assert clone.leaks([*pairs.values()]) == []


def test_people_and_prometheus_are_told_as_the_page_says(
    clone: Clone, sandbox: SandboxProcess
) -> None:
    certificate(clone, "zone", "AOP_ZONE_KEY")
    follow(clone, "alerts.md")
    policies = sandbox.outside("GET", f"/accounts/{ACCOUNT}/alerting/v3/policies")
    assert sum("aop" in policy["alert_type"] for policy in policies) == 2
    text = (clone.folder / "aop.prom").read_text()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    (mine,) = (
        sample
        for sample in families["aop_certificate_days_left"].samples
        if sample.labels["hostnames"] == "example.com (every other)"
    )
    assert mine.value > 0


def test_the_alert_rules_ask_for_what_expiry_writes() -> None:
    rules = next(b.text for b in blocks("alerts.md") if b.text.startswith("groups:"))
    assert yaml.safe_load(rules)["groups"][0]["rules"]
    written = {gauge.name for gauge in gauges([], datetime.now(UTC))}
    assert set(re.findall(r"\baop_\w+", rules)) <= written


@pytest.mark.parametrize("tool", ["terraform", "pulumi"])
def test_keys_go_from_the_old_state_into_the_new_stack_and_are_nowhere_in_between(
    clone: Clone, sandbox: SandboxProcess, tool: str
) -> None:
    """What `import --keys secret` tells to run, run as it stands there."""
    pairs, made_id = {"zone": make("zone"), "app": make("app")}, ""
    for name, path in (("zone", AOP), ("app", f"{AOP}/hostnames/certificates")):
        given = {n: getattr(pairs[name], n) for n in ("certificate", "private_key")}
        made_id = sandbox.outside("POST", path, given)["id"]
    sandbox.outside("PUT", f"{AOP}/settings", {"enabled": True})
    entry = {"hostname": "app.example.com", "cert_id": made_id, "enabled": True}
    sandbox.outside("PUT", f"{AOP}/hostnames", {"config": [entry]})
    for setting, value in (("ssl", "strict"), ("tls_client_auth", "on")):
        sandbox.outside("PATCH", f"/zones/{ZONE}/settings/{setting}", {"value": value})
    text = {"terraform": state_file, "pulumi": pulumi_export}[tool](version_5(pairs))
    clone.write("old.json", text.replace('"c2"', f'"{made_id}"'))
    before = sandbox.state(settled=True)
    sandbox.clear_journal()
    option = f"--{tool}-state old.json"
    told = clone.shell(
        f"python -m operations import {option} --stack live --keys secret --json"
    ).out
    steps = [step for step in json.loads(told)["next"] if not step.startswith("#")]
    assert sum(" | pulumi config set " in step for step in steps) == 2
    assert "pulumi up --stack live" in steps
    for step in steps:
        clone.shell(step.replace("pulumi up ", "pulumi up --yes "))
    assert sandbox.state(settled=True) == before
    assert {entry["method"] for entry in sandbox.journal()} == {"GET"}
    (clone.folder / "old.json").unlink()
    assert clone.leaks([*pairs.values()]) == []
    middles = [pair.private_key.splitlines()[2].encode() for pair in pairs.values()]
    files = [path for path in clone.folder.parent.rglob("*") if path.is_file()]
    assert [f for f in files if any(middle in f.read_bytes() for middle in middles)] == []


def test_many_zones_with_a_token_for_each(clone: Clone, sandbox: SandboxProcess) -> None:
    for name, zone in (("RETAIL", ZONE), ("TRADE", OTHER)):
        sandbox.add_token(name, f"token-{name}", permissions=EDITS, zones=[zone])
        clone.environ[f"CLOUDFLARE_TOKEN_{name}"] = f"token-{name}"
    del clone.environ["CLOUDFLARE_API_TOKEN"]
    certificate(clone, "zone", "AOP_ZONE_KEY")
    follow(clone, "many-zones.md")
    for zone in ("example.com", "example.net"):
        assert sandbox.presented(zone, f"new.{zone}")["level"] == "zone"
    state = clone.shell("pulumi stack export --stack shops").out
    assert "CLOUDFLARE_TOKEN_RETAIL" in state
    assert "token-RETAIL" not in state
    renamed_as_the_page_says(clone)


def renamed_as_the_page_says(clone: Clone) -> None:
    """`refresh` looks for the old name until an `up` has written the new one."""
    clone.edit("stacks/Pulumi.shops.yaml", "CLOUDFLARE_TOKEN_TRADE", "CLOUDFLARE_TOKEN_NEW")
    clone.environ["CLOUDFLARE_TOKEN_NEW"] = clone.environ["CLOUDFLARE_TOKEN_TRADE"]
    alone = {k: v for k, v in clone.environ.items() if k != "CLOUDFLARE_TOKEN_TRADE"}
    refresh = "pulumi refresh --stack shops --yes --skip-preview"
    done = clone.shell(refresh, 1, alone)
    assert "the environment variable CLOUDFLARE_TOKEN_TRADE is not set" in done.text
    clone.shell("pulumi up --stack shops --yes --skip-preview")
    clone.shell(refresh, 0, alone)


@pytest.fixture
def prod(clone: Clone) -> Callable[[], str]:
    """The delivered stack `prod`, after an `up`."""

    def up() -> str:
        clone.write(".local/certificates/prod/ca.pem", ca_certificate())
        for name in ("zone", "pay", "api"):
            pair = make(f"{name}.prod")
            clone.write(f".local/certificates/prod/{name}.pem", pair.certificate)
            clone.write(f".local/certificates/prod/{name}.key", pair.private_key)
        clone.shell("pulumi stack init prod")
        return clone.shell("pulumi up --stack prod --yes --skip-preview").text

    return up


def test_the_commands_of_the_pipelines_page(clone: Clone, prod: Callable[[], str]) -> None:
    prod()
    follow(clone, "pipelines.md")
    assert (clone.folder / ".github/workflows/pull-request.yml").exists()
    assert (clone.folder / ".github/actions/prepare/action.yml").exists()
    assert (clone.folder / ".gitlab-ci.yml").exists()
    assert "aop-report prod" in (clone.folder / "report.md").read_text()


def test_a_rotated_token_is_all_that_refresh_and_destroy_need(
    clone: Clone, sandbox: SandboxProcess
) -> None:
    """The trap: state must not bring the old token back. Private keys are not needed either."""
    certificate(clone, "zone", "AOP_ZONE_KEY")
    clone.write("certificates/ca.pem", ca_certificate())
    (config,) = (block for block in blocks("start.md") if block.file)
    clone.write(config.file, config.text)
    clone.write("stacks/live.py", (clone.folder / "stacks/dev.py").read_text())
    sandbox.add_token("old", "the-old-token", permissions=EDITS, zones=[ZONE])
    sandbox.add_token("new", "the-new-token", permissions=EDITS, zones=[ZONE])
    clone.shell("pulumi stack init live")
    clone.environ["CLOUDFLARE_API_TOKEN"] = "the-old-token"
    clone.shell("pulumi up --stack live --yes --skip-preview")
    sandbox.add_token("old", "the-old-token", permissions=EDITS, zones=[ZONE], status="disabled")
    clone.shell("pulumi refresh --stack live --yes --skip-preview", code=1)
    clone.environ["CLOUDFLARE_API_TOKEN"] = "the-new-token"
    del clone.environ["AOP_ZONE_KEY"]
    clone.shell("pulumi preview --stack live --expect-no-changes")
    clone.shell("pulumi refresh --stack live --yes --skip-preview --expect-no-changes")
    clone.shell("pulumi destroy --stack live --yes --skip-preview")
    shown = "".join(clone.told)
    assert "the-old-token" not in shown
    assert "the-new-token" not in shown
