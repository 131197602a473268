"""A clone of the project on a runner or a laptop: the real CLI, a sandbox, and nothing else.

clone = Clone(tmp_path, sandbox)
clone.shell('pulumi stack init live')
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from bootstrap import cli
from bootstrap.environment import for_pulumi
from tests.cli.project import CHECKOUT, Done
from tests.pki import Pair
from tests.sandbox_server import TOKEN, Sandbox

PARTS = (
    "Pulumi.yaml", "__main__.py", "providers", "stacks", "origins", "issuers", "operations",
    "pipelines", "locks", "VERSION",
    "requirements.txt", "requirements-operations.txt", "constraints.txt",
)  # fmt: skip
LEFT = shutil.ignore_patterns("__pycache__", "*.key")


class Clone:
    """`environ` is what the shell of a person or a job has; `told` is all that was shown."""

    def __init__(self, folder: Path, sandbox: Sandbox | None) -> None:
        self.folder = folder / "clone"
        self.folder.mkdir()
        for part in PARTS:
            source = CHECKOUT / part
            if source.is_dir():
                shutil.copytree(source, self.folder / part, ignore=LEFT)
            else:
                shutil.copy2(source, self.folder)
        # The interpreter that runs this test has what the program needs.
        (self.folder / ".venv").symlink_to(sys.prefix)
        work = folder / "work"
        for name in ("state", "pulumi"):
            (work / name).mkdir(parents=True)
        found = cli.find()
        assert found is not None, "there is no Pulumi CLI yet. Run: make pulumi-path"
        self.environ = for_pulumi(work, found)
        # A clone has its own salt, as people have it.
        del self.environ["PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER"]
        self.environ["PATH"] = f"{sys.prefix}/bin{os.pathsep}{self.environ['PATH']}"
        self.environ["PULUMI_CONFIG_PASSPHRASE"] = "a passphrase"
        if sandbox:
            self.environ["CLOUDFLARE_BASE_URL"] = sandbox.api
            self.environ["CLOUDFLARE_API_TOKEN"] = TOKEN
        self.told: list[str] = []

    def shell(self, script: str, code: int = 0, environ: Mapping[str, str] | None = None) -> Done:
        """Runs it as GitHub and GitLab do; fails, with all that was shown, on another code."""
        ended = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.folder,
            env=self.environ if environ is None else dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
        )
        done = Done(ended.returncode, ended.stdout, ended.stderr)
        self.told.append(done.text)
        assert done.code == code, f"{script}\nexit code {done.code}, not {code}:\n{done.text}"
        assert "Traceback" not in done.text, done.text
        return done

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.folder / name
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        path.write_text(text.replace(old, new))

    def leaks(self, pairs: list[Pair]) -> list[str]:
        """The private keys that were shown."""
        shown = "".join(self.told)
        return [p.sha256 for p in pairs if p.private_key.splitlines()[2] in shown]
