"""The Pulumi CLI on this project, with state, home and stack configuration in a folder of its own.

    workspace = Workspace(PROJECT, folder, api="http://127.0.0.1:8787/client/v4", token="...")
    workspace.init("dev")
    done = workspace.pulumi("up", "--yes", stack="dev")
    done.returncode, done.stdout, done.stderr

`pulumi stack init` writes `encryptionsalt` into Pulumi.<stack>.yaml and reformats its comments, so
the CLI never gets the tracked file. A second project folder, `folder`/project, has a Pulumi.yaml
of the same name and Pulumi.<stack>.yaml: the tracked text and the salt, written anew when the
tracked file has changed. Commands that run the program work on the real project with
`--config-file`; all others work in the second folder.
"""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from bootstrap import Stop, cli
from bootstrap.environment import for_pulumi
from bootstrap.files import write

RUN_THE_PROGRAM = frozenset({"up", "preview", "refresh", "destroy", "import", "watch"})
# The top-level keys by which a stack file names its encryption; ours are the workspace's.
ENCRYPTION = re.compile(r"^(?:encryptionsalt|encryptedkey|secretsprovider):.*\n?", re.MULTILINE)
SALT = re.compile(r"^encryptionsalt:.*$", re.MULTILINE)
# One command of the suite's longest stack takes half a minute on two busy cores.
SECONDS = 300.0


def project_name(project: Path) -> str:
    found = re.search(r"^name:\s*[\"']?([\w.-]+)", (project / "Pulumi.yaml").read_text(), re.M)
    if found is None:
        raise Stop(f"{project / 'Pulumi.yaml'} has no name")
    return found[1]


def with_salt(tracked: str, salt: str) -> str:
    """The text of a stack file with the workspace's encryption in place of its own."""
    kept = ENCRYPTION.sub("", tracked)
    if kept and not kept.endswith("\n"):
        kept += "\n"
    return f"{kept}{salt}\n" if salt else kept


class Workspace:
    """`project` is the folder of Pulumi.yaml; `work` holds everything that a run leaves behind.

    `configs` is the folder of the stack files, by default the project's own; a test puts changed
    copies elsewhere. `extra` are further environment variables. `cli_folder` is by default the CLI
    on PATH or in the cache; none is installed here.
    """

    def __init__(
        self,
        project: Path,
        work: Path,
        api: str,
        token: str,
        *,
        configs: Path | None = None,
        extra: Mapping[str, str] | None = None,
        cli_folder: Path | None = None,
    ) -> None:
        self.project = project.resolve()
        self.work = work.resolve()
        self.configs = configs or self.project / "stacks"
        folder = cli_folder or cli.find()
        if folder is None:
            raise Stop("There is no Pulumi CLI yet. Run: make pulumi-path")
        self.command = str(folder / "pulumi")
        self.environment = {
            **for_pulumi(self.work, folder),
            "CLOUDFLARE_API_TOKEN": token,
            "CLOUDFLARE_BASE_URL": api,
            **(extra or {}),
        }
        self.second = self.work / "project"
        for name in ("state", "pulumi"):
            (self.work / name).mkdir(parents=True, exist_ok=True)
        write(self.second / "Pulumi.yaml", f"name: {project_name(self.project)}\nruntime: python\n")

    def config_file(self, stack: str) -> Path:
        """Answers the stack file for the CLI, brought up to date with the tracked file."""
        generated = self.second / f"Pulumi.{stack}.yaml"
        before = generated.read_text() if generated.exists() else ""
        salt = SALT.search(before)
        tracked = self.configs / generated.name
        if not tracked.exists():
            raise Stop(f"{tracked} does not exist. Write it, or name another stack: STACK=dev")
        text = with_salt(tracked.read_text(), salt[0] if salt else "")
        if text != before:
            write(generated, text, 0o600)
        return generated

    def init(self, stack: str = "dev") -> None:
        """Makes the stack, unless there is such a stack already."""
        done = self.pulumi("stack", "init", stack, "--no-select", stack=stack)
        if done.returncode and "already exists" not in done.stderr:
            raise Stop(f"The stack {stack} could not be made: {done.stderr.strip()}")

    def arguments(self, arguments: tuple[str, ...], stack: str) -> tuple[list[str], Path]:
        """The whole command line, and the folder to run it in."""
        if arguments[0] not in RUN_THE_PROGRAM:
            return [self.command, *arguments], self.second
        verb, *others = arguments
        config = ["--config-file", str(self.config_file(stack))]
        return [self.command, verb, *config, *others], self.project

    def pulumi(
        self,
        *arguments: str,
        stack: str = "dev",
        seconds: float = SECONDS,
        extra: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run `pulumi ARGUMENTS` on the stack, without asking anything. Exit codes as the CLI's:
        7 for changes in spite of --expect-no-changes. TimeoutExpired after `seconds`."""
        command, folder = self.arguments(arguments, stack)
        return subprocess.run(
            command,
            cwd=folder,
            env=self.environment_of(stack, extra),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def show(self, *arguments: str, stack: str = "dev") -> int:
        """Runs `pulumi ARGUMENTS` on this terminal, without a limit of time; answers the exit code.

        Ctrl-C reaches the CLI by itself, which then ends in good order: this process waits.
        """
        command, folder = self.arguments(arguments, stack)
        before = signal.signal(signal.SIGINT, lambda *_: None)
        try:
            return subprocess.run(
                command, cwd=folder, env=self.environment_of(stack), check=False
            ).returncode
        finally:
            signal.signal(signal.SIGINT, before)

    def start(
        self, *arguments: str, stack: str = "dev", extra: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """The same, not waited for: to be killed or interrupted half way."""
        command, folder = self.arguments(arguments, stack)
        return subprocess.Popen(
            command,
            cwd=folder,
            env=self.environment_of(stack, extra),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def environment_of(self, stack: str, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        return {**self.environment, "PULUMI_STACK": stack, **(extra or {})}
