"""A project whose keys and token are canaries, given in each of the ways in which one can."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.cli.project import Done, Project
from tests.pki import Pair
from tests.sandbox_server import SandboxProcess
from tests.secrets.canary import Canary, hits, key_canary

TOKEN = "canary-token-c8a3f17e90b2d46b85e0f3a9d1c7b264"
PERMISSIONS = ["SSL and Certificates Edit", "Zone Settings Edit", "Zone Read"]
# How a key is given, its kind, and what the program writes.
WAYS = {
    "env": ("P-256", '"env:CANARY_KEY"'),
    "file": ("P-384", 'f"file:{FOLDER}/file.key"'),
    "value": ("RSA 2048", '(PROJECT / FOLDER / "value.key").read_text()'),
    "secret": ("P-256", 'pulumi.Config("aop").require_secret("canary")'),
}
REFERENCES = ("env", "file")
CERTIFICATE = """
{way} = HostnameCertificate("{way}", zone_id=ZONE, wait_seconds={wait},
    certificate=(PROJECT / FOLDER / "{way}.pem").read_text(), private_key={key})
HostnameBinding("{way}-host", zone_id=ZONE, hostname="{way}.example.com", cert_id={way}.id)
"""


class Vault(Project):
    """`ways` are the ways in which its certificates are given their keys."""

    def __init__(self, folder: Path, sandbox: SandboxProcess, ways: tuple[str, ...]) -> None:
        super().__init__(folder, sandbox, "test")
        self.root = folder
        self.ways = ways
        self.sandbox = sandbox
        sandbox.add_token("canary", TOKEN, permissions=PERMISSIONS)
        self.canaries = [Canary.of_token("token", TOKEN)]
        self.keys: dict[str, Pair] = {}
        for way in ways:
            self.keys[way], canary = key_canary(WAYS[way][0], f"key by {way}")
            self.canaries.append(canary)
            super().pair(way, self.keys[way])
        self.declare()
        if "secret" in ways:
            config = ["--config-file", str(self.config)]
            key = self.keys["secret"].private_key
            super().run("config", "set", "--secret", "aop:canary", *config, "--", key)

    def declare(self, wait: int = 30, **keys: str) -> None:
        """Writes the program; `keys` are other expressions for the keys of these ways."""
        given = {way: WAYS[way][1] for way in self.ways} | keys
        self.write(
            "".join(CERTIFICATE.format(way=way, wait=wait, key=k) for way, k in given.items())
        )

    def run(self, *arguments: str, code: int = 0, env: Mapping[str, str] | None = None) -> Done:
        secrets = {"CLOUDFLARE_API_TOKEN": TOKEN}
        if "env" in self.keys:
            secrets["CANARY_KEY"] = self.keys["env"].private_key
        return super().run(*arguments, code=code, env={**secrets, **(env or {})})

    def leaks(self) -> list[str]:
        """Where a canary stands: state, history, backups, plans, logs, and all that was shown."""
        return hits(self.canaries, self.root, *self.told, str(self.sandbox.journal()))
