"""One cell of the matrix: a scenario, cut at one request in one way, healed, and judged.

The judge is the sandbox alone: what it holds in the end, and what it presented at each instant.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from issuers import authority
from tests.cli.project import Done, Project
from tests.faults.cuts import CLI_ENDS_WITHIN, Cut
from tests.faults.left import fingerprints, left_behind
from tests.faults.scenarios import Scenario
from tests.moved_clock import moved_clock
from tests.sandbox_server import SandboxProcess

TIMES = ("--deploy-seconds", "0.3", "--list-lag", "0.2")
STACK = "test"
NAMES = tuple(f"{name}{end}" for name in ("zone", "pay", "api", "app") for end in ("", "-next"))


@dataclass(frozen=True)
class UndisturbedRun:
    """The saved state before the run, and what the run leaves when nobody disturbs it."""

    scenario: Scenario
    saved: Path
    requests: list[tuple[str, str]]
    settled: dict[str, Any]

    def address(self, k: int) -> dict[str, Any]:
        """How a fault finds request `k` again, although ids and the number of polls differ."""
        alike = [(method, _pattern(path)) for method, path in self.requests[:k]]
        method, pattern = alike[-1]
        return {"method": method, "path": pattern, "nth": alike.count(alike[-1])}

    def cells(self, cuts: Iterable[str], *, only_writes: bool) -> list[tuple[str, int]]:
        """Each cut with the number, from 1, of each request that it is made at."""
        return [
            (cut, k)
            for cut in cuts
            for k, (method, _) in enumerate(self.requests, 1)
            if not (only_writes and method == "GET")
        ]


@dataclass(frozen=True)
class Verdict:
    """No `problems` is a pass; `came` is False when the request was a read that never came.

    How often a list is polled, and whether one that lags has to be asked again by id, differs
    from run to run: such a cell cut nothing off.
    """

    problems: list[str]
    came: bool


def _pattern(path: str) -> str:
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "[0-9a-f-]{36}", path) + "$"


def prepare(scenario: Scenario, folder: Path) -> UndisturbedRun:
    """Brings `before` into force, saves it, then records one healthy run."""
    saved = folder / "saved"
    saved.mkdir()
    with SandboxProcess(*TIMES, data=saved / "data") as sandbox:
        project = Project(saved, sandbox, STACK)
        for name in NAMES:
            project.pair(name)
        _put_issuer(project)
        project.write(scenario.before)
        _bring_into_force(project, scenario.days_ago, folder)
        sandbox.advance(60)
    with running(saved, folder / "healthy") as (sandbox, project):
        mark, before = len(sandbox.journal()), fingerprints(sandbox)
        command(project, scenario.after)
        requests = [(e["method"], e["path"]) for e in sandbox.journal()[mark:]]
        if scenario.then is not None:
            command(project, scenario.then)
        settled = left_behind(sandbox, before)
    return UndisturbedRun(scenario, saved, requests, settled)


def _put_issuer(project: Project) -> None:
    """A CA that is older than all that it signs, and its key, beside the project."""
    made = datetime.now(UTC) - timedelta(days=365)
    ca = authority.make_ca(authority.common_name("Origin pull CA"), made)
    (project.certificates / "issuer.pem").write_text(ca.pem)
    (project.certificates / "issuer.key").write_text(ca.key_pem)


def _bring_into_force(project: Project, days_ago: float, folder: Path) -> None:
    """`up` as it was so many days ago: for Cloudflare that is now, for the certificates it is not.

    So nobody's clock is moved in the run that is cut off.
    """
    if not days_ago:
        project.up()
        return
    with moved_clock(folder) as clock:
        clock.set(days=-days_ago)
        project.up(env=clock.environ)


class running:
    """A sandbox and a project in a copy of the saved folder, which is removed in the end."""

    def __init__(self, saved: Path, folder: Path) -> None:
        self._folder = folder
        shutil.copytree(saved, folder, symlinks=True)
        self._sandbox = SandboxProcess(*TIMES, data=folder / "data")

    def __enter__(self) -> tuple[SandboxProcess, Project]:
        self._sandbox.start()
        self._project = Project(self._folder, self._sandbox, STACK)
        return self._sandbox, self._project

    def __exit__(self, *_: object) -> None:
        self._project.close()
        self._sandbox.__exit__(None, None, None)
        shutil.rmtree(self._folder)


def arguments(project: Project, program: str | None) -> list[str]:
    """The command line of `up` or, for None, `destroy`, with the program in place."""
    if program is None:
        return ["destroy", "--yes", "--skip-preview"]
    project.write(program)
    return ["up", "--yes", "--skip-preview"]


def command(project: Project, program: str | None) -> Done:
    """Runs it to a good end."""
    return project.run(*arguments(project, program))


def cell(undisturbed: UndisturbedRun, cut: Cut, k: int, folder: Path) -> Verdict:
    """What went wrong when request `k` was cut."""
    scenario = undisturbed.scenario
    with running(undisturbed.saved, folder) as (sandbox, project):
        start, before = sandbox.now(), fingerprints(sandbox)
        sandbox.fault(cut.fault, by="all-permissions", **undisturbed.address(k))
        running_cli = project.start(*arguments(project, scenario.after))
        reached = bool(cut.act) and _is_held_before_end(sandbox, running_cli)
        if cut.act and reached:
            cut.act(sandbox, running_cli)
        running_cli.communicate(timeout=CLI_ENDS_WITHIN)
        if not cut.act:
            reached = any(entry["fault"] for entry in sandbox.journal())
        sandbox.clear_faults()
        problems: list[str] = []
        for heal in (
            lambda: _unlock(project),
            lambda: command(project, scenario.after if scenario.then is None else scenario.then),
            lambda: project.preview("--expect-no-changes") if scenario.after else None,
        ):
            _try(heal, problems)
        may_differ = undisturbed.requests[k - 1][0] == "GET"
        problems += [] if reached or may_differ else [f"request {k} never came"]
        problems += _difference(undisturbed.settled, left_behind(sandbox, before))
        return Verdict(problems + _gaps(sandbox, scenario, start), reached)


def _is_held_before_end(sandbox: SandboxProcess, cli: Any) -> bool:
    """Whether the request came before the command ended."""
    while cli.poll() is None:
        if sandbox.held():
            return True
        time.sleep(0.05)
    return bool(sandbox.held())


def _unlock(project: Project) -> None:
    if any((project.workspace.work / "state" / ".pulumi" / "locks").rglob("*.json")):
        project.run("cancel", "--yes")


def _try(act: Callable[[], object], problems: list[str]) -> None:
    try:
        act()
    except AssertionError as failed:
        lines = [line for line in str(failed).splitlines() if "error" in line or "exit" in line]
        problems.append("; ".join(lines[:4]))


def _difference(expected: Any, found: Any, where: str = "") -> list[str]:
    if isinstance(expected, dict) and isinstance(found, dict):
        return [
            problem
            for key in sorted({*expected, *found})
            for problem in _difference(expected.get(key), found.get(key), f"{where}/{key[:24]}")
        ]
    return [] if expected == found else [f"{where}: {found}, not {expected}"]


def _gaps(sandbox: SandboxProcess, scenario: Scenario, start: str) -> list[str]:
    gaps = []
    for row in sandbox.presented_log("example.com"):
        is_late = row["at"] >= start and row["certificate_sha256"] is None
        if is_late and row["hostname"] in scenario.protected:
            gaps.append(f"{row['hostname']} presented nothing at {row['at']}: {row['why']}")
    return gaps
