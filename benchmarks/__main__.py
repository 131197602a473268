"""`make bench`: every row on the real CLI against the sandbox, one table, one plot, one JSON.

Ends with 1 when a request goal is missed. `--hostnames 10,100` leaves the long rows out.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import plot
from benchmarks.goals import goals
from benchmarks.lives import fifty_zones, life, previews
from benchmarks.measure import Figures
from benchmarks.results import HEAD, Measured, as_json, as_page

KINDS = ("HostnameBindings", "HostnameBinding", "one by one")
MEASURED: list[Measured] = []


def show(kind: str, hostnames: str, command: str, figures: Figures) -> None:
    """Prints a row of the table, and keeps it for the results."""
    row = Measured(kind, hostnames, command, **vars(figures))
    MEASURED.append(row)
    print(row.as_row(), flush=True)


def main() -> int:
    """0 when all request goals were reached."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--hostnames", default="10,100,1000")
    parser.add_argument("--out", type=Path, default=Path(".local/benchmarks"))
    given = parser.parse_args()
    sizes = [int(size) for size in given.hostnames.split(",")]
    missed: list[str] = []
    lives: dict[tuple[str, int], dict[str, Figures]] = {}
    load = " ".join(f"{number:.1f}" for number in os.getloadavg())
    print(HEAD, flush=True)
    with tempfile.TemporaryDirectory(prefix="aop-bench-") as folder:
        for size in sizes:
            for kind in KINDS:
                place = Path(folder) / f"{kind}-{size}".replace(" ", "-")
                lives[kind, size] = life(place, kind, size)
                missed += report(kind, size, 1, lives[kind, size])
        if 1000 in sizes:
            ten = life(Path(folder) / "ten", "HostnameBindings", 1000, 10)
            missed += report("HostnameBindings", 1000, 10, ten)
            missed += others(Path(folder))
    missed += ratios(lives, sizes)
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "growth.svg").write_text(picture(lives, sizes))
    machine = {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "load before": load,
        "load after": " ".join(f"{number:.1f}" for number in os.getloadavg()),
    }
    text = as_json(MEASURED, missed, machine)
    (given.out / "results.json").write_text(text)
    (given.out / "results.md").write_text(as_page(text))
    print(f"\nplot: {given.out / 'growth.svg'}; results: {given.out / 'results.json'}, results.md")
    print("\n".join(f"MISSED: {line}" for line in missed) or "all goals reached")
    return 1 if missed else 0


def report(kind: str, size: int, certificates: int, figures: dict[str, Figures]) -> list[str]:
    """Prints the rows; answers with the goals that were missed."""
    missed = []
    allowed = goals(kind, size, certificates)
    shown = f"{size:,}" if certificates == 1 else f"{size:,} on {certificates}"
    for command, found in figures.items():
        show(kind, shown, command, found)
        for fault in allowed[command].failures(found) if command in allowed else []:
            missed.append(f"{kind}, {shown} hostnames, {command}: {fault}")
    return missed


def others(folder: Path) -> list[str]:
    """Fifty zones, and the cost of check and diff."""
    figures, allowed = fifty_zones(folder / "zones")
    show("zone certificate and switch", "50 zones", "up", figures)
    bindings, empty = previews(folder / "previews")
    print(f"\nfifty zones: {figures.seconds:.1f} s, the goal allows {allowed:.1f} s")
    print(
        f"preview without changes of 1,000: {bindings:.1f} s for HostnameBinding,"
        f" {empty:.1f} s for empty resources ({bindings / empty:.2f} times)"
    )
    missed = []
    if figures.seconds > allowed:
        missed.append(f"fifty zones took {figures.seconds:.1f} s, at most {allowed:.1f}")
    if bindings > 3 * empty:
        missed.append("a preview of 1,000 bindings takes more than 3 times that of empty ones")
    return missed


def ratios(lives: dict[tuple[str, int], dict[str, Figures]], sizes: list[int]) -> list[str]:
    """Says how many times faster each command is than one request per hostname, in the same run."""
    missed = []
    print()
    for size in sizes:
        ours, theirs = lives["HostnameBindings", size], lives["one by one", size]
        for command in ("up", "refresh", "rotate", "destroy"):
            times = theirs[command].seconds / ours[command].seconds
            print(f"{size:>5} hostnames, {command:8} {times:5.1f} times faster than one by one")
            if size >= 1000 and times < 10:
                missed.append(f"{command} of {size}: {times:.1f} times faster, at least 10")
            if size == 100 and (times < 1 or (theirs[command].seconds > 10 and times < 3)):
                missed.append(f"{command} of {size}: {times:.1f} times faster")
    return missed


def picture(lives: dict[tuple[str, int], dict[str, Figures]], sizes: list[int]) -> str:
    """Growth of `up`, for each way."""
    requests = {k: [(n, float(lives[k, n]["up"].requests)) for n in sizes] for k in KINDS}
    seconds = {k: [(n, lives[k, n]["up"].seconds) for n in sizes] for k in KINDS}
    return plot.svg(requests, seconds)


if __name__ == "__main__":
    sys.exit(main())
