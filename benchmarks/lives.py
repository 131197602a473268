"""The life of some hostnames, command by command, measured."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from benchmarks.measure import Figures, run
from benchmarks.programs import EMPTY, GROWTH, NOTHING_OF_OURS, PROGRAMS, ZONES
from bootstrap.certificates import named_in
from tests.cli.project import Project
from tests.sandbox_server import SandboxProcess

LATENCY, DEPLOY = "250", "1"
STACK = "test"
# Of `--parallel`: what make and the pipelines set, and what the engine takes by itself.
MANY, OWN = "64", ""
QUIET = ("--yes", "--skip-preview")


class Bench:
    """A sandbox, started with further `flags`, and a project for one life."""

    def __init__(
        self,
        folder: Path,
        *flags: str,
        latency: str = LATENCY,
        stack: str = STACK,
        parallel: str = MANY,
    ) -> None:
        folder.mkdir(parents=True)
        self.sandbox = SandboxProcess("--latency", latency, "--deploy-seconds", DEPLOY, *flags)
        self.sandbox.start()
        self.project = Project(folder, self.sandbox, stack)
        environment = self.project.workspace.environment
        environment.pop("PULUMI_PARALLEL", None)
        if parallel:
            environment["PULUMI_PARALLEL"] = parallel
        here = Path(__file__).resolve().parent
        shutil.copytree(here, self.project.folder / "benchmarks")

    def close(self) -> None:
        self.project.close()
        self.sandbox.__exit__(None, None, None)

    def run(self, *arguments: str) -> Figures:
        return run(self.sandbox, self.project, *arguments)


def life(
    folder: Path, kind: str, hostnames: int, certificates: int = 1, parallel: str = MANY
) -> dict[str, Figures]:
    """up, preview without changes, refresh, rotation, destroy; by the command's name."""
    bench = Bench(folder, parallel=parallel)
    most = max(-(-hostnames // certificates), 1)
    bench.sandbox.limits(bindings_per_certificate=max(most, 100))
    try:
        for i in range(certificates):
            for version in (1, 2):
                bench.project.pair(f"c{i}-{version}")
        # An empty zone: ten certificates are all that Cloudflare allows.
        zone = bench.sandbox.add_zone("bench.example", empty=True)
        given = {"zone": zone, "hostnames": hostnames, "certificates": certificates, "most": most}
        bench.project.write(PROGRAMS[kind].format(**given, version=1))
        figures = {
            "up": bench.run("up", *QUIET),
            "preview": bench.run("preview"),
            "refresh": bench.run("refresh", *QUIET),
        }
        if certificates == 1:
            bench.project.write(PROGRAMS[kind].format(**given, version=2))
            figures["rotate"] = bench.run("up", *QUIET)
        return {**figures, "destroy": bench.run("destroy", *QUIET)}
    finally:
        bench.close()


def fifty_zones(folder: Path, zones: int = 50) -> tuple[Figures, float]:
    """`up` of a certificate and a switch in each zone, and the seconds that the goal allows.

    What the CLI takes by itself on this machine, a preview of the same program says: the rest is
    for requests, as many at once as the engine lets, and for one deployment.
    """
    bench = Bench(folder, parallel=OWN)
    try:
        ids = [bench.sandbox.add_zone(f"zone{i}.example", empty=True) for i in range(zones)]
        bench.project.pair("c0-1")
        bench.project.write(ZONES.format(zones=json.dumps(ids), version=1))
        preview = bench.run("preview")
        figures = bench.run("up", *QUIET)
        # The engine's default parallelism is four calls for each core.
        parallel = 4 * len(os.sched_getaffinity(0))
        requests = 2.5 * figures.writes * int(LATENCY) / 1000 / parallel
        return figures, preview.seconds + requests + int(DEPLOY)
    finally:
        bench.close()


def preview_of_empty(folder: Path, resources: int = 1000) -> float:
    """Seconds of a preview without changes of so many empty resources; the shorter of two."""
    bench = Bench(folder)
    try:
        bench.project.write(EMPTY.format(hostnames=resources))
        bench.run("up", *QUIET)
        return min(bench.run("preview").seconds for _ in range(2))
    finally:
        bench.close()


def growth(folder: Path, hostnames: int, zones: int = 50) -> dict[str, Figures]:
    """The life of so many hostnames in at most so many zones, each with a certificate."""
    bench = Bench(folder)
    zones = min(zones, hostnames)
    try:
        ids = [bench.sandbox.add_zone(f"zone{i}.example", empty=True) for i in range(zones)]
        bench.project.pair("c0-1")
        bench.project.write(GROWTH.format(zones=json.dumps(ids), each=hostnames // zones))
        return {
            "up": bench.run("up", *QUIET),
            "preview": bench.run("preview"),
            "refresh": bench.run("refresh", *QUIET),
            "destroy": bench.run("destroy", *QUIET),
        }
    finally:
        bench.close()


def quota(folder: Path, zones: int = 200) -> tuple[Figures, int]:
    """`up` of so many zones within 1,200 requests in 5 minutes, as Cloudflare allows.

    Answers also with how many requests Cloudflare refused.
    """
    bench = Bench(folder, "--quota", "1200", "--quota-window", "300")
    try:
        ids = [bench.sandbox.add_zone(f"zone{i}.example", empty=True) for i in range(zones)]
        bench.project.pair("c0-1")
        bench.project.write(ZONES.format(zones=json.dumps(ids), version=1))
        figures = bench.run("up", *QUIET)
        refused = [entry for entry in bench.sandbox.journal() if entry["status"] == 429]
        return figures, len(refused)
    finally:
        bench.close()


def preview_of_dev(folder: Path, times: int = 10) -> tuple[float, float]:
    """Seconds of a preview without changes of `dev`, and of one empty resource; the shortest."""
    dev = Bench(folder / "dev", stack="dev")
    empty = Bench(folder / "empty")
    try:
        for name in named_in(dev.project.config.read_text(), "dev") - {"ca"}:
            dev.project.pair(name)
        empty.project.write("")
        (empty.project.folder / "__main__.py").write_text(NOTHING_OF_OURS)
        both = (dev, empty)
        for bench in both:
            bench.run("up", *QUIET)
        # In turns, so that what else the machine does meets both.
        seconds = [[bench.run("preview").seconds for bench in both] for _ in range(times)]
        return min(pair[0] for pair in seconds), min(pair[1] for pair in seconds)
    finally:
        dev.close()
        empty.close()
