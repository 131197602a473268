"""`python -m tests.faults`: the whole matrix, or a part of it, as a table.

python -m tests.faults                          every scenario, cut and request
python -m tests.faults rotate-many --cut reply-lost --jobs 2
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.faults.cuts import CUTS
from tests.faults.matrix import UndisturbedRun, Verdict, cell, prepare
from tests.faults.scenarios import SCENARIOS


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options; `scenario` is empty when all are meant."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    # With a default that is a list, argparse would look for the whole list among the choices.
    parser.add_argument("scenario", nargs="*", choices=[[], *SCENARIOS], metavar="SCENARIO")
    parser.add_argument("--cut", action="append", choices=list(CUTS))
    parser.add_argument("--jobs", type=int, default=3, help="runs at the same time")
    parser.add_argument("--writes", action="store_true", help="only requests that change something")
    return parser.parse_args(arguments)


def main() -> int:
    """0 when every cell passed."""
    given = parse(sys.argv[1:])
    cuts = given.cut or list(CUTS)
    start, total, failed = time.monotonic(), 0, 0
    with tempfile.TemporaryDirectory(prefix="aop-faults-") as folder:
        for name in given.scenario or SCENARIOS:
            place = Path(folder) / name
            place.mkdir()
            undisturbed = prepare(SCENARIOS[name], place)
            cells = undisturbed.cells(cuts, only_writes=given.writes)
            verdicts = _row(undisturbed, cells, place, given.jobs)
            bad = sum(bool(verdict.problems) for verdict in verdicts)
            missed = sum(not verdict.came for verdict in verdicts)
            total, failed = total + len(cells), failed + bad
            count = f"{len({k for _, k in cells})} points, {len(cells)} runs"
            more = f", {missed} at a read that did not come" if missed else ""
            print(f"{name:22} {count:24} {bad} failed{more}", flush=True)
    print(f"{total} runs, {failed} failed, {time.monotonic() - start:.0f} s")
    return 1 if failed else 0


def _row(
    undisturbed: UndisturbedRun, cells: list[tuple[str, int]], place: Path, jobs: int
) -> list[Verdict]:
    """One verdict for each cell; what went wrong is printed as soon as it is known."""

    def run(number: int) -> Verdict:
        cut, k = cells[number]
        return cell(undisturbed, CUTS[cut], k, place / f"cell-{number}")

    verdicts = []
    with ThreadPoolExecutor(jobs) as pool:
        for (cut, k), verdict in zip(cells, pool.map(run, range(len(cells))), strict=True):
            verdicts.append(verdict)
            if verdict.problems:
                request = " ".join(undisturbed.requests[k - 1])
                print(f"  {undisturbed.scenario.name} {cut} at {k} ({request}):", flush=True)
                print("\n".join(f"    {problem[:600]}" for problem in verdict.problems), flush=True)
    return verdicts


if __name__ == "__main__":
    sys.exit(main())
