"""A stack's file, its certificates, and the verbs of the command line against a sandbox."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from issuers import authority
from issuers.authority import Identity
from operations.command import operations
from tests.pki import Pair, make
from tests.sandbox_server import TOKEN, Sandbox, SandboxThread

ZONE, NAME = "023e105f4ecef8ad9ca31a8372d0c353", "example.com"
BASE = f"/zones/{ZONE}/origin_tls_client_auth"


class Stack:
    """The stack `test` in a folder: one zone, example.com, to be changed before a verb runs."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.environ = {"CLOUDFLARE_BASE_URL": sandbox.api, "CLOUDFLARE_API_TOKEN": TOKEN}
        self.zone: dict[str, Any] = {"zone_id": ZONE}
        self.alerts: dict[str, Any] = {}
        self.orphans_known: dict[str, str] = {}
        self.issuers: dict[str, Any] = {}
        self.name = NAME

    def pair(self, label: str, pair: Pair | None = None, **properties: Any) -> Pair:
        """A certificate and its key, as files."""
        pair = pair or make(label, **properties)
        (self.folder / f"{label}.pem").write_text(pair.certificate)
        (self.folder / f"{label}.key").touch(mode=0o600)
        (self.folder / f"{label}.key").write_text(pair.private_key)
        return pair

    def files(self, label: str) -> dict[str, str]:
        """What the configuration says of them."""
        return {
            "certificate": f"file:{self.folder / label}.pem",
            "private_key": f"file:{self.folder / label}.key",
        }

    def binds(self, label: str, *hostnames: str) -> None:
        """The configuration wants the certificate for these hostnames."""
        entry = {**self.files(label), "hostnames": list(hostnames)}
        self.zone.setdefault("hostname_certificates", {})[label] = entry

    def issues(self, label: str, *hostnames: str, **wish: Any) -> Identity:
        """The configuration has the certificate for these hostnames signed by a CA of its own."""
        ca = authority.make_ca(authority.common_name("Origin pull CA"), datetime.now(UTC))
        (self.folder / "ca.pem").write_text(ca.pem)
        (self.folder / "ca.key").write_text(ca.key_pem)
        file = f"file:{self.folder}/ca"
        ca_key = {"certificate": f"{file}.pem", "key": f"{file}.key"}
        self.issuers["own"] = {"ca": f"{file}.pem", "ca_key": ca_key}
        entry = {"issuer": "own", "hostnames": list(hostnames), **wish}
        self.zone.setdefault("hostname_certificates", {})[label] = entry
        return ca

    def issued(self, ca: Identity, label: str, *, age: int = 1, days: int = 90) -> Pair:
        """What the CA has signed so many days ago for the subject of a label, for so many days."""
        name = authority.common_name(f"aop.test.{self.name}.{label}")
        starts = datetime.now(UTC) - timedelta(days=age)
        leaf = authority.make_leaf(ca, name, starts + timedelta(days=days), starts=starts)
        return Pair(leaf.pem, leaf.key_pem, leaf.sha256)

    def write(self) -> Path:
        path = self.folder / "Pulumi.test.yaml"
        alerts = {"aop:alerts": self.alerts} if self.alerts else {}
        known = {"aop:orphans_known": self.orphans_known} if self.orphans_known else {}
        zones = {"aop:zones": {self.name: self.zone}} if self.zone else {}
        issuers = {"aop:issuers": self.issuers} if self.issuers else {}
        config = {**zones, **alerts, **known, **issuers}
        path.write_text(yaml.safe_dump({"config": config}))
        return path

    def run(self, verb: str, *arguments: str, given: str = "", code: int | None = 0) -> Result:
        """A verb on the stack; fails on another exit code, unless `code` is None."""
        arguments = (verb, "--config", str(self.write()), *arguments)
        done = CliRunner().invoke(operations, arguments, input=given, env=self.environ)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert code is None or done.exit_code == code, f"{done.exit_code}: {done.output}"
        assert TOKEN not in done.output
        assert "PRIVATE KEY" not in done.output
        return done

    def json(self, verb: str, *arguments: str, code: int | None = 0) -> Any:
        return json.loads(self.run(verb, *arguments, "--json", code=code).stdout)

    # what Cloudflare holds, put there by the dashboard

    def uploads(self, pair: Pair, level: str = "zone") -> str:
        """The id."""
        path = BASE if level == "zone" else f"{BASE}/hostnames/certificates"
        body = {"certificate": pair.certificate, "private_key": pair.private_key}
        return str(self.sandbox.outside("POST", path, body)["id"])

    def shows(self, hostname: str, cert_id: str, enabled: bool | None = True) -> None:
        entry = {"hostname": hostname, "cert_id": cert_id, "enabled": enabled}
        self.sandbox.outside("PUT", f"{BASE}/hostnames", {"config": [entry]})

    def switches(self, value: bool) -> None:
        self.sandbox.outside("PUT", f"{BASE}/settings", {"enabled": value})

    def sets(self, setting: str, value: str) -> None:
        self.sandbox.outside("PATCH", f"/zones/{ZONE}/settings/{setting}", {"value": value})

    def export(self, *held: tuple[str, str, Pair]) -> str:
        """`pulumi stack export` with these (type, id, pair)."""
        resources = [
            {
                "urn": f"urn:pulumi:test::aop::{kind}::{identifier}",
                "type": f"pulumi-python:dynamic/aop:{kind}",
                "id": identifier,
                "outputs": {"zone_id": ZONE, "certificate": pair.certificate},
            }
            for kind, identifier, pair in held
        ]
        return json.dumps({"version": 3, "deployment": {"resources": resources}})


@pytest.fixture
def stack(tmp_path: Path, sandbox: SandboxThread) -> Stack:
    return Stack(tmp_path, sandbox)


Rows = Callable[[Any], dict[str, Any]]
