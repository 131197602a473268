"""The key of an issued certificate is at Cloudflare and nowhere else, its CA's key in its file.

Not so the memory of the plugin. Python wipes nothing that it frees: a look through /proc/PID/mem
right after the uploads found all of these keys, and they stand there until the process ends,
seconds later. What can be had is that a crash writes no core file of it.
"""

from __future__ import annotations

import json
import re
import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from issuers import authority
from tests.cli.conftest import TIMES
from tests.cli.project import REAL_CLI, Project
from tests.cli.test_issued import PROGRAM
from tests.pki import Pair, make
from tests.processes import PROC, family_of
from tests.sandbox_server import SandboxProcess
from tests.secrets.canary import Canary, hits

pytestmark = [
    *REAL_CLI,
    pytest.mark.slow,
    pytest.mark.skipif(not PROC.exists(), reason="looks at processes in /proc, as Linux has it"),
]

NAMES = ("aop.test.shop", "aop.test.zone")
UP = ("up", "--yes", "--skip-preview")
DEBUG = ("-v=9", "--logtostderr")


@dataclass
class Laptop:
    """The project on somebody's machine, and what its processes had after the uploads."""

    folder: Path
    sandbox: SandboxProcess
    environments: list[bytes] = field(default_factory=list)
    limits: str = ""

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.ca = authority.make_ca(authority.common_name("Origin pull CA"), datetime.now(UTC))
        self.project = Project(self.folder, self.sandbox, "test")
        (self.project.certificates / "issuer.pem").write_text(self.ca.pem)
        (self.project.certificates / "issuer.key").write_text(self.ca.key_pem)
        self.project.write(PROGRAM % "")
        self.grpc = {"PULUMI_DEBUG_GRPC": str(self.folder / "grpc.json")}

    def create(self) -> None:
        """`up`, stopped once both certificates are uploaded and nothing needs a key any more."""
        self.sandbox.fault("hold_before", method="PUT", path="/hostnames$", by="all-permissions")
        # Without `DEBUG`, which would fill the pipe that nobody reads meanwhile.
        cli = self.project.workspace.start(*UP, stack="test", extra=self.grpc)
        self.project.running.append(cli)
        self.sandbox.wait_held(seconds=120)
        family = [PROC / str(process.pid) for process in family_of(cli.pid)]
        self.environments = [(place / "environ").read_bytes() for place in family]
        (plugin,) = self.project.plugins(cli)
        self.limits = (PROC / str(plugin) / "limits").read_text()
        self.sandbox.release()
        self.project.told += cli.communicate(timeout=240)
        assert cli.returncode == 0, self.project.told

    def live_on(self) -> None:
        """A new key, a look at everything, and the end."""
        project = self.project
        project.run(*UP, "--replace", project.resource("shop")["urn"], *DEBUG, env=self.grpc)
        project.run("preview", "--diff")
        project.run("stack", "export", "--show-secrets")
        project.run("destroy", "--yes", "--skip-preview", *DEBUG, env=self.grpc)


def issued_keys(data: Path) -> list[Canary]:
    """The keys that the local Cloudflare was given with certificates of the issuer."""
    connection = sqlite3.connect(data / "sandbox.sqlite")
    rows = connection.execute("SELECT body FROM records WHERE kind = 'certificate'").fetchall()
    connection.close()
    found = []
    for (text,) in rows:
        record = json.loads(text)
        certificate = x509.load_pem_x509_certificate(record["certificate"].encode())
        name = certificate.subject.rfc4514_string().removeprefix("CN=")
        if name in NAMES:
            pair = Pair(record["certificate"], record["private_key"], record["sha256"])
            found.append(Canary.of_key(name, pair, make()))
    return sorted(found, key=lambda canary: canary.name)


def test_neither_key_is_in_a_file_a_state_a_log_a_trace_or_a_childs_environment(tmp_path: Path):
    with SandboxProcess(*TIMES, data=tmp_path / "cloudflare") as sandbox:
        laptop = Laptop(tmp_path / "laptop", sandbox)
        try:
            laptop.create()
            laptop.live_on()
        finally:
            laptop.project.close()
        journal = str(sandbox.journal())
    keys = issued_keys(tmp_path / "cloudflare")
    assert [key.name for key in keys] == ["aop.test.shop", "aop.test.shop", "aop.test.zone"]
    of_ca = Pair(laptop.ca.pem, laptop.ca.key_pem, laptop.ca.sha256)
    birds = [*keys, Canary.of_key("the CA", of_ca, make())]
    assert (laptop.folder / "grpc.json").stat().st_size > 20_000
    assert len("".join(laptop.project.told)) > 50_000
    assert hits(birds, laptop.folder, *laptop.project.told, journal) == []
    assert sum(b"PATH=" in one for one in laptop.environments) >= 3
    assert not any(bird.is_found_in(one) for bird in birds for one in laptop.environments)
    assert re.search(r"^Max core file size +0 +0 ", laptop.limits, re.MULTILINE)
