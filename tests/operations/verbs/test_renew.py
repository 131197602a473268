"""`renew` on the real CLI: what is due and nothing else, and what it says otherwise."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from issuers import authority
from issuers.authority import Identity
from providers.values.pem import read_certificate
from tests.operations.folder import Folder
from tests.sandbox_server import SandboxProcess

ZONE = "023e105f4ecef8ad9ca31a8372d0c353"
BASE = f"/zones/{ZONE}/origin_tls_client_auth"
SHOP = "shop.example.com"
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
            (outputs["expires_on"], certificate.expires_on),
            (json.dumps(outputs["certificate"]), json.dumps(certificate.pem)),
        ):
            assert old in text
            text = text.replace(old, new)
        export = self.folder.folder / "export.json"
        export.write_text(text)
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
@pytest.mark.timeout(420)
def test_what_is_due_is_renewed_and_nothing_else(live: Live) -> None:
    zone, file = live.folder.resource("example.com-zone")["id"], live.folder.config
    assert "Nothing is due. example.com-" in live.renew()
    old = live.lets_pass("shop", days=85)
    live.sandbox.clear_journal()

    saved, text = str(live.folder.folder / "plan.json"), file.read_text()
    live.folder.preview("--save-plan", saved)
    file.write_text(text.replace("ssl: full", "ssl: strict"))
    live.folder.up("--plan", saved, code=255).line("example.com-ssl", "violates plan")
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

    file.write_text(text.replace("issuer: own}", "issuer: other}"))
    done = live.folder.verb("renew", *live.folder.with_config, code=1)
    assert "is not one of aop:issuers, which has own." in done.err
