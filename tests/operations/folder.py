"""A copy of the project with `operations` in it, and the verbs as a person runs them there."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.cli.project import CHECKOUT, Done, Env, Project
from tests.sandbox_server import Sandbox


class Folder(Project):
    """Project, with `verb`; verbs that call pulumi get the stack's state and configuration."""

    def __init__(self, folder: Path, sandbox: Sandbox | None, stack: str) -> None:
        super().__init__(folder, sandbox, stack)
        shutil.copytree(CHECKOUT / "operations", self.folder / "operations")
        shutil.copy(CHECKOUT / "VERSION", self.folder)

    def verb(
        self, *arguments: str, code: int | None = 0, given: str | None = None, env: Env = None
    ) -> Done:
        """`python -m operations ARGUMENTS` in the copy; fails on another exit code than `code`."""
        ended = subprocess.run(
            [sys.executable, "-m", "operations", *arguments],
            cwd=self.folder,
            env={**self.workspace.environment_of(self.stack), **(env or {})},
            input=given or "",
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        done = Done(ended.returncode, ended.stdout, ended.stderr)
        assert code in (None, done.code), f"exit code {done.code}, not {code}:\n{done.text}"
        assert "Traceback" not in done.text, done.text
        return done

    @property
    def with_config(self) -> tuple[str, ...]:
        """For verbs that run the program: the file that holds the state's salt."""
        file = self.workspace.config_file(self.stack)
        return ("--stack", self.stack, "--config", str(file))

    def verb_json(self, *arguments: str, code: int = 0) -> Any:
        return json.loads(self.verb(*arguments, "--json", code=code).out)
