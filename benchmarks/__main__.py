"""`make bench`: every row on the real CLI against the sandbox; a table, a plot, a JSON, its page.

Ends with 1 when a goal is missed. `--hostnames 10,100` leaves the long rows out.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from benchmarks import plot, waste
from benchmarks.goals import FEW, LIVES_OF_FEW, PREVIEW_OF_DEV, goals, grown, slower
from benchmarks.lives import (
    MANY,
    OWN,
    fifty_zones,
    growth,
    life,
    preview_of_dev,
    preview_of_empty,
    quota,
)
from benchmarks.measure import Figures
from benchmarks.results import HEAD, Measured, as_json, as_page, in_page

KINDS = ("HostnameBindings", "HostnameBinding", "one by one")
SINGLE = KINDS[1:]
GROWTH = (1, 10, 100, 1000, 5000)
PAGE = Path(__file__).resolve().parent / "README.md"
Lives = dict[tuple[str, int], dict[str, Figures]]


class Bench:
    """One run: its rows, what else is to be said, and the goals that were missed."""

    def __init__(self, folder: Path, sizes: list[int]) -> None:
        self.rows: list[Measured] = []
        self.notes: list[str] = []
        self.missed: list[str] = []
        self.lives: Lives = {}
        self._folder = folder
        self._sizes = sizes

    def run(self) -> None:
        """Measures everything that these sizes ask for."""
        print(HEAD, flush=True)
        for size in self._sizes:
            self._one_after_another(size)
            self._compare(self.lives, size, f"--parallel {MANY}")
        if 100 in self._sizes:
            lives = {(kind, 100): self._life(kind, 100, parallel=OWN) for kind in SINGLE}
            self._compare(lives, 100, "the engine's own parallelism", is_goal=False)
        if 1000 in self._sizes:
            self._life("HostnameBindings", 1000, 10)
            self._zones()
        self._growth([size for size in GROWTH if size <= 5 * max(self._sizes)])
        self._preview_of_dev()
        self._waste()

    def _show(self, kind: str, hostnames: str, parallel: str, command: str, found: Figures) -> None:
        row = Measured(kind, hostnames, parallel or "own", command, **vars(found))
        self.rows.append(row)
        print(row.as_row(), flush=True)

    def _note(self, line: str) -> None:
        self.notes.append(line)
        print(line, flush=True)

    def _expect(self, is_reached: bool, line: str) -> None:
        if not is_reached:
            self.missed.append(line)

    def _one_after_another(self, size: int) -> None:
        """The lives of each kind, in turns, so that what else the machine does meets them all."""
        found: dict[str, list[dict[str, Figures]]] = {kind: [] for kind in KINDS}
        for number in range(LIVES_OF_FEW if size < FEW else 1):
            for kind, lives in found.items():
                place = self._folder / f"{number}-{kind}-{size}".replace(" ", "-")
                lives.append(life(place, kind, size))
        for kind, lives in found.items():
            fastest = {
                command: min((one[command] for one in lives), key=lambda figures: figures.seconds)
                for command in lives[0]
            }
            self.lives[kind, size] = self._judge(kind, size, fastest)

    def _life(
        self, kind: str, size: int, certificates: int = 1, parallel: str = MANY
    ) -> dict[str, Figures]:
        place = self._folder / f"{kind}-{size}-{certificates}-{parallel}".replace(" ", "-")
        found = life(place, kind, size, certificates, parallel)
        return self._judge(kind, size, found, certificates, parallel)

    def _judge(
        self,
        kind: str,
        size: int,
        found: dict[str, Figures],
        certificates: int = 1,
        parallel: str = MANY,
    ) -> dict[str, Figures]:
        allowed = goals(kind, size, certificates)
        shown = f"{size:,}" if certificates == 1 else f"{size:,} on {certificates}"
        for command, figures in found.items():
            self._show(kind, shown, parallel, command, figures)
            for fault in allowed[command].failures(figures) if command in allowed else []:
                self.missed.append(f"{kind}, {shown} hostnames, {command}: {fault}")
        return found

    def _compare(self, lives: Lives, size: int, parallel: str, is_goal: bool = True) -> None:
        """Says how fast each command is beside one request per hostname, in the same run."""
        theirs = lives["one by one", size]
        preview = theirs["preview"].seconds
        for kind in (kind for kind in KINDS[:2] if (kind, size) in lives):
            parts = []
            for command in ("up", "refresh", "rotate", "destroy"):
                seconds = lives[kind, size][command].seconds
                parts.append(f"{command} {theirs[command].seconds / seconds:.1f}")
                line = slower(kind, size, command, seconds, theirs[command].seconds, preview)
                self._expect(not is_goal or not line, line)
            self._note(
                f"* Times as fast as one by one, {kind}, {size:,} hostnames, {parallel}:"
                f" {', '.join(parts)}."
            )

    def _zones(self) -> None:
        figures, allowed = fifty_zones(self._folder / "zones")
        self._show("zone certificate and switch", "50 zones", OWN, "up", figures)
        line = f"fifty zones took {figures.seconds:.1f} s, at most {allowed:.1f} s"
        self._expect(figures.seconds <= allowed, line)
        figures, refused = quota(self._folder / "quota")
        self._show("the same, 1,200 requests in 5 minutes", "200 zones", MANY, "up", figures)
        self._note(f"* With 200 zones in one stack {refused} requests exceeded the quota.")
        self._expect(refused <= 1, f"{refused} requests exceeded the quota, at most 1")
        bindings = self.lives["HostnameBinding", 1000]["preview"].seconds
        empty = preview_of_empty(self._folder / "empty")
        self._note(
            f"* Preview without changes of 1,000 HostnameBinding: {bindings:.1f} s, of as many"
            f" empty resources: {empty:.1f} s ({bindings / empty:.2f} times)."
        )
        line = "a preview of 1,000 bindings takes more than 3 times that of empty ones"
        self._expect(bindings <= 3 * empty, line)

    def _growth(self, sizes: list[int]) -> None:
        lives = {size: growth(self._folder / f"growth-{size}", size) for size in sizes}
        for size, found in lives.items():
            where = f"{size:,} in {min(size, 50)} zones"
            for command, figures in found.items():
                self._show("HostnameBindings", where, MANY, command, figures)
        for fewer, more in pairwise(sizes):
            for command, before in lives[fewer].items():
                self.missed += grown(command, fewer, before, more, lives[more][command])

    def _preview_of_dev(self) -> None:
        dev, empty = preview_of_dev(self._folder / "dev")
        line = (
            f"Preview without changes of `dev`: {dev:.2f} s, of one empty resource of the SDK's:"
            f" {empty:.2f} s ({dev / empty:.2f} times)"
        )
        self._note(f"* {line}.")
        self._expect(dev <= PREVIEW_OF_DEV * empty, f"{line}, at most {PREVIEW_OF_DEV}")

    def _waste(self) -> None:
        self._note(f"\n{waste.HEAD}")
        for found in waste.measure():
            self._note(found.as_row())
            self.missed += found.failures()

    def picture(self) -> str:
        """Growth of `up`, for each way."""

        def series(of: Callable[[Figures], float]) -> dict[str, list[tuple[int, float]]]:
            return {k: [(n, of(self.lives[k, n]["up"])) for n in self._sizes] for k in KINDS}

        return plot.svg(series(lambda f: float(f.requests)), series(lambda f: f.seconds))


def load() -> str:
    """The machine's load in the last 1, 5 and 15 minutes."""
    return " ".join(f"{number:.1f}" for number in os.getloadavg())


def main() -> int:
    """0 when all goals were reached."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--hostnames", default="10,100,1000")
    parser.add_argument("--out", type=Path, default=Path(".local/benchmarks"))
    parser.add_argument("--write-page", action="store_true", help="into benchmarks/README.md too")
    given = parser.parse_args()
    before, began = load(), datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="aop-bench-") as folder:
        bench = Bench(Path(folder), [int(size) for size in given.hostnames.split(",")])
        bench.run()
    machine = {
        "at": began.isoformat(timespec="minutes"),
        "minutes": round((datetime.now(UTC) - began).total_seconds() / 60),
        "cores": len(os.sched_getaffinity(0)),
        "Python": platform.python_version(),
        "hostnames": given.hostnames,
        "load before": before,
        "load after": load(),
    }
    text = as_json(bench.rows, bench.notes, bench.missed, machine)
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "growth.svg").write_text(bench.picture())
    (given.out / "results.json").write_text(text)
    (given.out / "results.md").write_text(as_page(text))
    if given.write_page:
        PAGE.write_text(in_page(PAGE.read_text(), as_page(text)))
    print(f"\nplot: {given.out / 'growth.svg'}; results: {given.out / 'results.json'}, results.md")
    print("\n".join(f"MISSED: {line}" for line in bench.missed) or "all goals reached")
    return 1 if bench.missed else 0


if __name__ == "__main__":
    sys.exit(main())
