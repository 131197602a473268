"""A copy of this project with state of its own, and the real Pulumi CLI on it.

    project = Project(tmp_path, sandbox, "dev")
    project.pair("zone")                     # .local/certificates/dev/zone.pem and zone.key
    project.up()
    assert project.steps() == {}             # what a preview would do, by the resource's name

A program for a test is a stack like any other: `Project.write` makes stacks/<stack>.py.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bootstrap.workspace import Workspace
from tests.pki import Pair, ca_certificate, ca_key, make
from tests.processes import Process, family_of, processes
from tests.sandbox_server import TOKEN, Sandbox

CHECKOUT = Path(__file__).resolve().parent.parent.parent
PARTS = ("Pulumi.yaml", "__main__.py", "providers", "stacks", "origins", "issuers")
NO_CLOUDFLARE = "http://127.0.0.1:9/client/v4"
CHANGED = 7
# A busy machine takes its time: each command starts three Python processes.
REAL_CLI = [pytest.mark.cli, pytest.mark.timeout(300)]

PRELUDE = '''
import pulumi
from providers import (
    ExpiryAlert, HostnameBinding, HostnameBindings, HostnameCertificate,
    IssuedHostnameCertificate, IssuedZoneCertificate, UploadLedger,
    ZoneCertificate, ZoneSetting,
)
from .config import PROJECT

ZONE = "023e105f4ecef8ad9ca31a8372d0c353"
ACCOUNT = "01a7362d577a6c3019a474fd6f485823"
OTHER = "1b2f4c8d6e0a49537c1d8e5f90a3b647"
FOLDER = ".local/certificates/test"


def pair(name):
    """The arguments of a certificate of .local/certificates."""
    text = (PROJECT / FOLDER / f"{name}.pem").read_text()
    return {"certificate": text, "private_key": f"file:{FOLDER}/{name}.key"}


def program():
'''

Step = dict[str, Any]
Env = Mapping[str, str] | None


@dataclass(frozen=True)
class Done:
    """A command that has ended; `text` is all that a person would have seen."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err

    def line(self, *parts: str) -> str:
        """The one line (repeated or not) with all of these parts."""
        found = {line.strip() for line in self.text.splitlines() if all(p in line for p in parts)}
        shortest = min(found, key=len, default="")
        assert shortest, f"no line with {parts} in:\n{self.text}"
        return shortest


class Project:
    """`stack` is the stack that all commands are about; without `sandbox` no request is served.

    A folder that was copied from another project, state included, is gone on with.
    """

    def __init__(self, folder: Path, sandbox: Sandbox | None, stack: str) -> None:
        self.folder = folder / "project"
        self.stack = stack
        self.running: list[subprocess.Popen[str]] = []
        self.orphans: set[Process] = set()
        self.pairs: list[Pair] = []
        self.told: list[str] = []
        self.certificates = self.folder / ".local" / "certificates" / stack
        is_new = not self.folder.exists()
        if is_new:
            self._copy()
        api = sandbox.api if sandbox else NO_CLOUDFLARE
        self.workspace = Workspace(self.folder, folder / "work", api, TOKEN)
        if is_new:
            self.workspace.init(stack)

    def _copy(self) -> None:
        self.folder.mkdir()
        for part in PARTS:
            source = CHECKOUT / part
            if source.is_dir():
                shutil.copytree(source, self.folder / part)
            elif source.exists():
                shutil.copy2(source, self.folder)
        # The interpreter that runs this test has what the program needs.
        self.run_under(Path(sys.prefix))
        self.certificates.mkdir(parents=True)

    def run_under(self, venv: Path) -> None:
        """From now on the program runs under the Python of this virtual environment."""
        link = self.folder / ".venv"
        link.unlink(missing_ok=True)
        link.symlink_to(venv)

    # what the project holds

    @property
    def config(self) -> Path:
        return self.folder / "stacks" / f"Pulumi.{self.stack}.yaml"

    def edit(self, old: str, new: str) -> None:
        """Changes the configuration of the stack; `old` stands in it exactly once."""
        text = self.config.read_text()
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {self.config}"
        self.config.write_text(text.replace(old, new))

    def write(self, body: str) -> None:
        """The program of the stack, below the names of PRELUDE."""
        lines = textwrap.indent(textwrap.dedent(body).strip() or "pass", "    ")
        program = self.folder / "stacks" / f"{self.stack}.py"
        program.write_text(f"{PRELUDE}{lines}\n")
        if not self.config.exists():
            self.config.write_text("config: {}\n")

    def pair(self, name: str, pair: Pair | None = None, **properties: Any) -> Pair:
        """Puts a certificate and its key in place, by default new ones; `properties` as make's."""
        pair = pair or make(f"{name}.{self.stack}", **properties)
        (self.certificates / f"{name}.pem").write_text(pair.certificate)
        issuer = properties.get("issuer")
        (self.certificates / "ca.pem").write_text(ca_certificate(issuer))
        for owner, private_key in ((name, pair.private_key), ("ca", ca_key(issuer))):
            key = self.certificates / f"{owner}.key"
            key.touch(mode=0o600)
            key.write_text(private_key)
        self.pairs.append(pair)
        return pair

    # what people run

    def run(self, *arguments: str, code: int = 0, env: Env = None) -> Done:
        """Runs `pulumi ARGUMENTS`; fails, with all that was shown, on another exit code."""
        ended = self.workspace.pulumi(*arguments, stack=self.stack, extra=env)
        done = Done(ended.returncode, ended.stdout, ended.stderr)
        self.told.append(done.text)
        assert done.code == code, f"exit code {done.code}, not {code}:\n{done.text}"
        assert "Traceback" not in done.text, done.text
        return done

    def up(self, *arguments: str, code: int = 0, env: Env = None) -> Done:
        """`pulumi up` without its preview, which is a command of its own here."""
        return self.run("up", "--yes", "--skip-preview", *arguments, code=code, env=env)

    def preview(self, *arguments: str, code: int = 0, env: Env = None) -> Done:
        return self.run("preview", *arguments, code=code, env=env)

    def expect_no_changes(self, *arguments: str, env: Env = None) -> Done:
        return self.preview("--expect-no-changes", *arguments, env=env)

    def destroy(self, *arguments: str, code: int = 0) -> Done:
        return self.run("destroy", "--yes", "--skip-preview", *arguments, code=code)

    def plan(self, *arguments: str, env: Env = None) -> dict[str, Any]:
        """`preview --json`, with the steps that do something under `changes`, by name."""
        plan: dict[str, Any] = json.loads(self.preview("--json", *arguments, env=env).out)
        steps = (step for step in plan.get("steps", []) if step["op"] not in ("same", "refresh"))
        plan["changes"] = {}
        for step in steps:
            plan["changes"].setdefault(step["urn"].split("::")[-1], step)
        return plan

    def steps(self, *arguments: str, env: Env = None) -> dict[str, Step]:
        """What a preview would do, by the resource's name; of a replacement its first step."""
        changes: dict[str, Step] = self.plan(*arguments, env=env)["changes"]
        return changes

    def export(self) -> list[dict[str, Any]]:
        """The resources in state."""
        deployment = json.loads(self.run("stack", "export").out)["deployment"]
        return list(deployment.get("resources", []))

    def resource(self, name: str) -> dict[str, Any]:
        """One resource in state, by its name."""
        return next(item for item in self.export() if item["urn"].endswith(f"::{name}"))

    # for those who kill

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        process = self.workspace.start(*arguments, stack=self.stack)
        self.running.append(process)
        return process

    def plugins(self, cli: subprocess.Popen[str]) -> list[int]:
        """The process ids of the dynamic provider plugins of a running CLI."""
        family = family_of(cli.pid)
        self.orphans.update(family)
        return [process.pid for process in family if "pulumi.dynamic" in process.command]

    def close(self) -> None:
        """Ends what was started; Pulumi's language host outlives a CLI that was killed."""
        for process in self.running:
            if process.poll() is None:
                self.orphans.update(family_of(process.pid))
                process.kill()
            process.communicate()
        for orphan in {(p.pid, p.command) for p in processes()} & {
            (p.pid, p.command) for p in self.orphans
        }:
            with contextlib.suppress(ProcessLookupError):
                os.kill(orphan[0], signal.SIGKILL)


def leaks(pairs: list[Pair], folder: Path, *texts: str) -> list[str]:
    """Where a private key of the pairs stands: in a file below `folder`, or in one of the texts."""
    # The second line of the PEM holds most of the secret number, and nothing public.
    secrets = [pair.private_key.splitlines()[2] for pair in pairs]
    files = (
        Path(base) / name
        for base, _, names in os.walk(folder, followlinks=False)
        for name in names
        if not name.endswith((".key", ".pyc"))
    )
    contents = {str(path): path.read_bytes() for path in files if path.is_file()}
    contents |= {f"text {number}": text.encode() for number, text in enumerate(texts)}
    return [name for name, held in contents.items() if any(s.encode() in held for s in secrets)]
