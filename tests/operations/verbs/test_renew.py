"""`renew` on the real CLI: what is due and nothing else, and what it says otherwise."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from issuers import authority
from issuers.authority import Identity
from providers.values.pem import read_certificate
from tests.operations.folder import Folder
from tests.operations.plans import IDS, OLD, THIRD, UNKNOWN, bindings, plan, step, urn
from tests.pki import Pair, make
from tests.sandbox_server import SandboxProcess

CHECKOUT = Path(__file__).resolve().parents[3]
ZONE = "023e105f4ecef8ad9ca31a8372d0c353"
BASE = f"/zones/{ZONE}/origin_tls_client_auth"
SHOP = "shop.example.com"
ISSUED = "IssuedHostnameCertificate"
FILE = """config:
  aop:issuers:
    own:
      ca: file:ca.pem
      ca_key: {{certificate: file:ca.pem, key: file:ca.key}}
  aop:zones:
    example.com:
      zone_id: {zone}
      ssl: full
      zone_certificate: {{issuer: own}}
      hostname_certificates:
        shop:
          issuer: own
          hostnames: [{shop}]
"""


# In place of the CLI: it answers from files, and takes note of what it was asked.
PULUMI = """#!/bin/sh
echo "$*" >> "$ANSWERS/asked"
case "$*" in
*--exclude*) cat "$ANSWERS/excluded.json" ;;
preview*) cat "$ANSWERS/preview.json"; [ ! -e "$ANSWERS/preview-fails" ] ;;
stack*) cat "$ANSWERS/export.json" ;;
up*) [ ! -e "$ANSWERS/up-fails" ] ;;
esac
"""
OLD_PAIR, NEW_PAIR = make("old", starts=-86, days=4), make("new", days=90)
PAY = "pay.example.com"


class Answers:
    """A stack of two issued certificates, as the CLI would answer about it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "pulumi").write_text(PULUMI)
        (folder / "pulumi").chmod(0o755)
        (folder / "Pulumi.own.yaml").write_text("config: {}\n")
        self.previews(issued("replace", "shop", OLD), issued("replace", "pay", THIRD), bound())
        self.without(issued("same", "shop", OLD), issued("same", "pay", THIRD), bound(OLD, THIRD))
        self.holds(shop=OLD_PAIR, pay=OLD_PAIR)

    def previews(self, *steps: Any) -> None:
        (self.folder / "preview.json").write_text(plan(*steps))

    def without(self, *steps: Any) -> None:
        """What the preview shows without the certificates that are due."""
        (self.folder / "excluded.json").write_text(plan(*steps))

    def holds(self, **pairs: Pair) -> None:
        """The state, after whatever was done; the old certificates have the old ids."""
        rows = [
            {
                "urn": urn(ISSUED, name),
                "type": f"pulumi-python:dynamic/aop:{ISSUED}",
                "id": IDS[OLD if name == "shop" else THIRD] if pair is OLD_PAIR else "new",
                "outputs": {
                    "zone_id": ZONE,
                    "certificate": pair.certificate,
                    "expires_on": read_certificate(pair.certificate).expires_on,
                },
            }
            for name, pair in pairs.items()
        ]
        export = {"version": 3, "deployment": {"resources": rows}}
        (self.folder / "export.json").write_text(json.dumps(export))

    def fails(self, what: str) -> None:
        (self.folder / f"{what}-fails").touch()

    def renew(self, code: int, *arguments: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.folder}{os.pathsep}{os.environ['PATH']}"
        config = str(self.folder / "Pulumi.own.yaml")
        done = subprocess.run(
            [sys.executable, "-m", "operations", "renew", "--config", config, *arguments],
            cwd=CHECKOUT,
            env={**os.environ, "PATH": path, "ANSWERS": str(self.folder)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    @property
    def is_up_asked(self) -> bool:
        asked = (self.folder / "asked").read_text().splitlines()
        return any(line.startswith("up ") and " --plan " in line for line in asked)


def issued(op: str, name: str, sha256: str) -> dict[str, Any]:
    wish = {"zone_id": ZONE, "common_name": f"aop.dev.{name}", "id": IDS[sha256]}
    made = step(op, ISSUED, name, wish, wish)
    made["oldState"]["outputs"]["expires_on"] = read_certificate(OLD_PAIR.certificate).expires_on
    return made | ({"replaceReasons": ["certificate_sha256"]} if op == "replace" else {})


def bound(shop: str = UNKNOWN, pay: str = UNKNOWN) -> dict[str, Any]:
    return bindings({SHOP: OLD, PAY: THIRD}, {SHOP: shop, PAY: pay})


@pytest.fixture
def answers(tmp_path: Path) -> Answers:
    return Answers(tmp_path)


def test_all_that_was_due_is_listed_with_both_ends(answers: Answers) -> None:
    answers.holds(shop=NEW_PAIR, pay=NEW_PAIR)
    old, new = (read_certificate(p.certificate).expires_on[:10] for p in (OLD_PAIR, NEW_PAIR))
    told = answers.renew(0).stdout
    for name in ("shop", "pay"):
        assert re.search(rf"{name} +{old} +{new} +89\n", told)
    assert told.endswith("Renewed 2 of 2 certificates due.\n")
    assert answers.is_up_asked


def test_a_hostname_that_moves_between_two_that_are_due_is_another_change(
    answers: Answers,
) -> None:
    answers.without(issued("same", "shop", OLD), issued("same", "pay", THIRD), bound(THIRD, THIRD))
    found = json.loads(answers.renew(3, "--json").stdout)
    assert found["exit_code"] == 3
    assert found["other_changes"] == ["update hostnames"]
    assert [one["days_left"] for one in found["due"]] == [3, 3]
    assert not answers.is_up_asked


def test_a_run_that_failed_half_way_says_what_is_renewed_and_the_days_of_the_rest(
    answers: Answers,
) -> None:
    answers.fails("up")
    answers.holds(shop=NEW_PAIR, pay=OLD_PAIR)
    done = answers.renew(1)
    assert re.search(r"pay .* not renewed +3\n", done.stdout)
    assert done.stdout.endswith("Renewed 1 of 2 certificates due.\n")
    assert done.stderr == "Error: pulumi up ended with 1, as it says above.\n"


def test_a_successor_is_no_renewal_while_the_old_one_may_be_shown(answers: Answers) -> None:
    answers.fails("up")
    answers.holds(shop=NEW_PAIR, pay=NEW_PAIR)
    new = json.loads((answers.folder / "export.json").read_text())["deployment"]["resources"]
    answers.holds(shop=OLD_PAIR)
    export = json.loads((answers.folder / "export.json").read_text())
    export["deployment"]["resources"][0]["delete"] = True
    export["deployment"]["resources"] += new
    (answers.folder / "export.json").write_text(json.dumps(export))
    told = answers.renew(1).stdout
    assert re.search(r"shop .* not renewed +3\n", told)
    assert re.search(r"pay .* 89\n", told)


def test_a_preview_that_fails_says_the_days_of_what_is_due_by_the_state(answers: Answers) -> None:
    answers.fails("preview")
    answers.holds(shop=OLD_PAIR, pay=NEW_PAIR)
    done = answers.renew(1)
    assert re.search(r"shop .* not renewed +3\n", done.stdout)
    assert "pay" not in done.stdout
    assert done.stderr.startswith("Error: pulumi preview --json ended with 1")
    assert not answers.is_up_asked


def test_an_answer_that_is_no_preview_is_one_line(answers: Answers) -> None:
    (answers.folder / "preview.json").write_text("nonsense")
    told = answers.renew(1).stderr
    assert told == "Error: pulumi's answer cannot be read. Run `pulumi preview`.\n"
    (answers.folder / "export.json").write_text("nonsense")
    told = answers.renew(1).stderr
    assert told == "Error: this is no stack. Give the output of `pulumi stack export`.\n"


@pytest.mark.parametrize("is_issued", [True, False])
def test_only_what_a_renewal_has_left_is_finished(answers: Answers, is_issued: bool) -> None:
    answers.previews(issued("same", "shop", OLD))
    answers.holds(shop=OLD_PAIR)
    export = json.loads((answers.folder / "export.json").read_text())
    (row,) = export["deployment"]["resources"]
    left = {**row, "id": "of-before", "delete": True}
    export["deployment"]["resources"] = [left, row] if is_issued else [left]
    (answers.folder / "export.json").write_text(json.dumps(export))
    told = answers.renew(0 if is_issued else 3).stdout
    if is_issued:
        assert told == "Nothing is due; what an earlier renewal had left was finished.\n"
    else:
        assert "  delete shop, left by a run that was cut off" in told
    assert answers.is_up_asked is is_issued


class Live:
    """A stack whose certificates a CA of its own signs, and in which time can pass."""

    def __init__(self, folder: Path, sandbox: SandboxProcess) -> None:
        self.sandbox = sandbox
        self.folder = Folder(folder, sandbox, "live")
        self.folder.config.write_text(FILE.format(zone=ZONE, shop=SHOP))
        program = (self.folder.folder / "stacks/prod.py").read_text()
        (self.folder.folder / "stacks/live.py").write_text(program)
        self.ca = authority.make_ca(authority.common_name("Own CA"), datetime.now(UTC))
        self.key = self.folder.folder / "ca.key"
        (self.folder.folder / "ca.pem").write_text(self.ca.pem)
        self.key.write_text(self.ca.key_pem)

    def renew(self, *arguments: str, code: int = 0) -> str:
        """What the verb prints."""
        return self.folder.verb("renew", *self.folder.with_config, *arguments, code=code).out

    def lets_pass(self, label: str, *, days: int) -> Identity:
        """As if a certificate for 90 days had been signed so many days ago."""
        held = self.folder.resource(f"example.com-{label}")
        outputs = held["outputs"]
        starts = datetime.now(UTC) - timedelta(days=days)
        subject = authority.common_name(outputs["common_name"])
        made = authority.make_leaf(self.ca, subject, starts + timedelta(days=90), starts=starts)
        path = f"{BASE}/hostnames/certificates" if label != "zone" else BASE
        body = {"certificate": made.pem, "private_key": made.key_pem}
        old_id, new_id = held["id"], self.sandbox.outside("POST", path, body)["id"]
        if label != "zone":
            row = {"hostname": SHOP, "cert_id": new_id, "enabled": True}
            self.sandbox.outside("PUT", f"{BASE}/hostnames", {"config": [row]})
        self.sandbox.outside("DELETE", f"{path}/{old_id}")
        certificate = read_certificate(made.pem)
        text = self.folder.run("stack", "export").out
        for old, new in (
            (old_id, new_id),
            (outputs["certificate_sha256"], made.sha256),
            (json.dumps(outputs["certificate"]), json.dumps(certificate.pem)),
        ):
            assert old in text
            text = text.replace(old, new)
        state = json.loads(text)
        (row,) = (r for r in state["deployment"]["resources"] if r["urn"] == held["urn"])
        row["outputs"]["expires_on"] = certificate.expires_on
        export = self.folder.folder / "export.json"
        export.write_text(json.dumps(state))
        self.folder.run("stack", "import", "--file", str(export))
        return made

    def writes(self) -> list[Any]:
        """What was changed at Cloudflare since the journal was cleared."""
        return [row for row in self.sandbox.journal() if row["method"] != "GET"]


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    with SandboxProcess("--deploy-seconds", "0.2") as sandbox:
        stack = Live(tmp_path, sandbox)
        stack.folder.up()
        yield stack
        stack.folder.close()


@pytest.mark.cli
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_what_is_due_is_renewed_and_nothing_else(live: Live) -> None:
    zone, file = live.folder.resource("example.com-zone")["id"], live.folder.config
    assert "Nothing is due. example.com-" in live.renew()
    old = live.lets_pass("shop", days=85)
    live.sandbox.clear_journal()

    saved, text = str(live.folder.folder / "plan.json"), file.read_text()
    live.folder.preview("--save-plan", saved)
    file.write_text(text.replace("ssl: full", "ssl: strict"))
    live.folder.up("--plan", saved, code=1).line("violates plan")
    told = live.renew(code=3)
    assert "Nothing was done" in told
    assert "  update example.com-ssl: value" in told
    assert re.search(r"example.com-shop .* not renewed +4\n", told)
    file.write_text(text)

    live.key.rename(live.key.with_suffix(".away"))
    done = live.folder.verb("renew", *live.folder.with_config, code=1)
    assert "ca.key" in done.err, "what pulumi says is seen"
    assert done.err.splitlines()[-1].startswith("Error: pulumi up ended with")
    assert re.search(r"example.com-shop .* not renewed +4\n", done.out)
    live.key.with_suffix(".away").rename(live.key)
    assert live.writes() == []

    found = json.loads(live.renew("--json"))
    (renewed,) = found.pop("due")
    assert found == {"exit_code": 0, "other_changes": []}
    assert (renewed["name"], renewed["days_left"]) == ("example.com-shop", 89)
    assert live.folder.resource("example.com-zone")["id"] == zone
    shown = live.sandbox.presented(ZONE, SHOP)["certificate_sha256"]
    assert shown == live.folder.resource("example.com-shop")["outputs"]["certificate_sha256"]
    assert shown != old.sha256
    live.folder.expect_no_changes("--refresh")

    live.lets_pass("shop", days=85)
    live.sandbox.fault("status", status=403, code=9109, method="PUT", path="hostnames$", times=0)
    assert re.search(r"example.com-shop .* not renewed +4\n", live.renew(code=1))
    live.sandbox.clear_faults()
    assert "what an earlier renewal had left was finished" in live.renew()
    live.folder.expect_no_changes("--refresh")
