"""The life of some hostnames, command by command, measured."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from benchmarks.measure import Figures, run
from benchmarks.programs import EMPTY, PROGRAMS, ZONES
from tests.cli.project import Project
from tests.sandbox_server import SandboxProcess

LATENCY, DEPLOY = "250", "1"
STACK = "test"
QUIET = ("--yes", "--skip-preview")


class Bench:
    """A sandbox and a project for one life."""

    def __init__(self, folder: Path, latency: str = LATENCY) -> None:
        folder.mkdir(parents=True)
        self.sandbox = SandboxProcess("--latency", latency, "--deploy-seconds", DEPLOY)
        self.sandbox.start()
        self.project = Project(folder, self.sandbox, STACK)
        here = Path(__file__).resolve().parent
        shutil.copytree(here, self.project.folder / "benchmarks")

    def close(self) -> None:
        self.project.close()
        self.sandbox.__exit__(None, None, None)

    def run(self, *arguments: str) -> Figures:
        return run(self.sandbox, self.project, *arguments)


def life(folder: Path, kind: str, hostnames: int, certificates: int = 1) -> dict[str, Figures]:
    """up, preview without changes, refresh, rotation, destroy; by the command's name."""
    bench = Bench(folder)
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
    """`up` of a certificate and a switch in each zone, and the seconds that the goal allows."""
    bench = Bench(folder)
    try:
        ids = [bench.sandbox.add_zone(f"zone{i}.example", empty=True) for i in range(zones)]
        bench.project.pair("c0-1")
        bench.project.write(ZONES.format(zones=json.dumps(ids), version=1))
        figures = bench.run("up", *QUIET)
        # The engine's default parallelism is four calls for each core.
        parallel = 4 * len(os.sched_getaffinity(0))
        allowed = 2.5 * figures.writes * int(LATENCY) / 1000 / parallel + int(DEPLOY)
        return figures, allowed
    finally:
        bench.close()


def previews(folder: Path, resources: int = 1000) -> tuple[float, float]:
    """Seconds of a preview without changes of single bindings, and of empty resources."""
    bench = Bench(folder, latency="0")
    bench.sandbox.limits(bindings_per_certificate=resources)
    try:
        bench.project.pair("c0-1")
        zone = bench.sandbox.add_zone("bench.example", empty=True)
        given = {"zone": zone, "hostnames": resources, "most": resources, "version": 1}
        seconds = []
        for program in (PROGRAMS["HostnameBinding"], EMPTY):
            bench.project.write(program.format(**given))
            bench.run("up", *QUIET)
            seconds.append(min(bench.run("preview").seconds for _ in range(2)))
        return seconds[0], seconds[1]
    finally:
        bench.close()
