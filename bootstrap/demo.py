"""`make up`, `preview`, `refresh`, `down`: the real CLI on the real stacks, against the sandbox."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from bootstrap import LOCAL, PROJECT, Stop, certificates, processes, sandbox_process, say
from bootstrap.files import lock, write
from bootstrap.workspace import Workspace

HEADINGS = ("hostname", "level", "certificate (sha256)", "ends")
# Resources wait for Cloudflare, not for the cores by which Pulumi chooses.
PARALLEL = "64"
# What the sandbox calls all hostnames of a zone that have no binding.
ANY_OTHER = "*"


def up(stack: str, *arguments: str) -> int:
    status = run(stack, "up", "--yes", *arguments)
    if status == 0:
        tracked = (PROJECT / "stacks" / f"Pulumi.{stack}.yaml").read_text()
        print(table(rows(sandbox_process.ensure(LOCAL), zones_in(tracked))))
    return status


def preview(stack: str, *arguments: str) -> int:
    return run(stack, "preview", *arguments)


def refresh(stack: str, *arguments: str) -> int:
    return run(stack, "refresh", "--yes", *arguments)


def down(stack: str, *arguments: str) -> int:
    """Destroy the stack, then stop the sandbox; it goes on when something could not be deleted."""
    if holds_resources(state_of(stack)):
        status = run(stack, "destroy", "--yes", *arguments)
        if status:
            say(
                "the sandbox goes on. Commands that Pulumi names reach this state so: make pulumi"
                f" STACK={stack} ARGS='state unprotect --all --yes'"
            )
            return status
    else:
        say(f"the stack {stack} has no resources")
    sandbox_process.stop(LOCAL)
    return 0


def pulumi(stack: str, *arguments: str) -> int:
    """Any other command of the CLI, on the state of these runs."""
    if not arguments:
        raise Stop("Name the command: make pulumi ARGS='stack output'")
    return run(stack, *arguments)


def operations(stack: str, *arguments: str) -> int:
    """`python -m operations` on the sandbox and the state of these runs: any verb of it."""
    if not arguments:
        raise Stop("Name the verb: make operations ARGS='coverage', or ARGS='--help'")
    with lock(LOCAL / "demo.lock"):
        workspace = prepare(stack)
    return operate(workspace, stack, arguments)


def report(stack: str, *arguments: str) -> int:
    """A preview as its report: Markdown on the terminal, and a page whose path is named."""
    with lock(LOCAL / "demo.lock"):
        workspace = prepare(stack)
        done = workspace.pulumi(
            "preview", "--json", "--show-sames", "--non-interactive", *arguments, stack=stack
        )
    if not done.stdout.startswith("{"):
        raise Stop(f"There is no preview to report: {' '.join(done.stderr.split())}")
    preview, page = LOCAL / f"preview-{stack}.json", LOCAL / f"report-{stack}.html"
    write(preview, done.stdout, 0o600)
    status = operate(workspace, stack, ("report", str(preview)))
    with page.open("w") as file:
        operate(workspace, stack, ("report", str(preview), "--format", "html"), into=file)
    say(f"the same as a page: {page.relative_to(PROJECT)}")
    return status


def operate(
    workspace: Workspace, stack: str, arguments: Sequence[str], into: IO[str] | None = None
) -> int:
    """The exit code of `python -m operations ARGUMENTS`; `into` takes what it prints."""
    # The tracked file has no salt, and the CLI would write one into it.
    config = {"AOP_STACK_FILE": str(workspace.config_file(stack))}
    environment = workspace.environment_of(stack, config)
    return subprocess.run(
        [sys.executable, "-m", "operations", *arguments],
        cwd=PROJECT,
        env=environment,
        stdout=into,
        check=False,
    ).returncode


def run(stack: str, *arguments: str) -> int:
    """Starts and makes what `pulumi ARGUMENTS` needs, and runs that; answers the exit code."""
    with lock(LOCAL / "demo.lock"):
        workspace = prepare(stack)
        return workspace.show(*arguments, stack=stack)


def prepare(stack: str) -> Workspace:
    tracked = PROJECT / "stacks" / f"Pulumi.{stack}.yaml"
    if not tracked.exists():
        files = sorted(tracked.parent.glob("Pulumi.*.yaml"))
        known = ", ".join(file.name.split(".")[1] for file in files)
        raise Stop(f"There is no {tracked.relative_to(PROJECT)}. The stacks are: {known}")
    _require_yaml(tracked)
    # Keys and state are nobody else's business on a shared machine.
    LOCAL.chmod(0o700)
    _make_certificates(tracked, LOCAL / "certificates" / stack)
    api = sandbox_process.ensure(LOCAL)
    more = {"PULUMI_PARALLEL": PARALLEL}
    workspace = Workspace(PROJECT, LOCAL, api, sandbox_process.TOKEN, extra=more)
    drop_dead_locks(LOCAL / "state")
    if not state_of(stack).exists():
        workspace.init(stack)
    return workspace


def _require_yaml(tracked: Path) -> None:
    """The CLI would name neither the file nor the right line of a fault."""
    file = tracked.relative_to(PROJECT) if tracked.is_relative_to(PROJECT) else tracked
    command = [sys.executable, "-m", "stacks.yaml_file", str(file)]
    done = subprocess.run(command, cwd=PROJECT, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise Stop(done.stderr.strip())


def _make_certificates(tracked: Path, folder: Path) -> None:
    """Makes the test certificates that the stack file names, but none of a path mistyped in it."""
    config, stack = tracked.read_text(), folder.name
    where = folder.relative_to(PROJECT) if folder.is_relative_to(PROJECT) else folder
    names = certificates.named_in(config, stack)
    for file in sorted(certificates.single_in(config, stack)):
        if not (folder / file).exists():
            names.discard(file.partition(".")[0])
            say(f"{tracked.name} names {where}/{file} without its other half: a typo? None is made")
    is_new_to = {name for name in names if not (folder / f"{name}.pem").exists()}
    is_first = not (folder / f"{certificates.CA}.pem").exists()
    if names and (made := certificates.ensure(folder, names)):
        added = ", ".join(sorted(is_new_to)) if not is_first else ""
        note = f" ({added}: not there before; a typo in {tracked.name}?)" if added else ""
        say(f"made test certificates in {where}: {', '.join(made)}{note}")


def state_of(stack: str) -> Path:
    """The file in which the file:// backend keeps the stack of the project `aop`."""
    return LOCAL / "state" / ".pulumi" / "stacks" / "aop" / f"{stack}.json"


def holds_resources(state: Path) -> bool:
    """False for a stack that was never made, or is destroyed."""
    if not state.exists():
        return False
    latest = json.loads(state.read_text()).get("checkpoint", {}).get("latest") or {}
    return bool(latest.get("resources") or latest.get("pending_operations"))


def drop_dead_locks(state: Path) -> None:
    """Remove the locks of CLIs that were killed, or that a restart of the machine ended.

    The backend's own way is `pulumi cancel`, which also takes the lock of a CLI that still runs.
    """
    for found in (state / ".pulumi" / "locks").rglob("*.json"):
        try:
            pid = int(json.loads(found.read_text())["pid"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if processes.birth(pid) is None or processes.program(pid) != "pulumi":
            found.unlink(missing_ok=True)
            say("the run before was cut off; this one goes on from what its state says")


def zones_in(config: str) -> list[str]:
    """The zone ids of a stack file, in its order."""
    return re.findall(r"^\s*zone_id:\s*[\"']?([0-9a-f]{32})\b", config, re.MULTILINE)


def rows(api: str, zones: Iterable[str]) -> list[tuple[str, ...]]:
    """What Cloudflare presents to the origin of each hostname, as the sandbox tells."""
    return [
        row(shown)
        for zone in zones
        for shown in sandbox_process.manage(api, f"presented?zone={zone}")
    ]


def row(shown: Mapping[str, Any]) -> tuple[str, ...]:
    hostname = str(shown["hostname"])
    return (
        "any other" if hostname == ANY_OTHER else hostname,
        str(shown["level"]),
        str(shown["certificate_sha256"] or "-")[:16],
        str(shown["expires_on"] or "-")[:10],
    )


def table(lines: Iterable[tuple[str, ...]]) -> str:
    """Columns as wide as their longest cell, under headings."""
    cells = [HEADINGS, *lines]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    shown = ("  ".join(map(str.ljust, line, widths)).rstrip() for line in cells)
    return os.linesep.join(["", "What Cloudflare presents now:", *shown])
