"""`make lock`: which exact files each list of requirements may install, for every Python.

uv resolves for all supported Pythons and platforms at once, which pip-compile cannot. What is
locked already stays as it is, unless `--upgrade` is given: `make lock ARGS='--upgrade'`.
https://docs.astral.sh/uv/pip/compile/
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bootstrap import PROJECT, Stop, packages
from bootstrap.checks import SUPPORTED
from bootstrap.environment import clean
from bootstrap.files import write

CONSTRAINTS = "constraints.txt"
HEADS = {
    CONSTRAINTS: "# What all requirements together bring along, for those who install without"
    " hashes.\n",
    packages.LOCKS: "# Every file that may be installed, by its SHA-256; wheels only, so that"
    " nothing is built.\n",
}
MADE = "# Made by `make lock`; the lists to edit are requirements*.txt.\n"


def lock(*arguments: str) -> int:
    """Writes constraints.txt and one lock file for each requirements*.txt."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in [*PROJECT.glob("requirements*.txt"), PROJECT / CONSTRAINTS]:
            shutil.copy2(path, folder)
        _resolve_constraints(folder, arguments)
        for path in sorted(PROJECT.glob("requirements*.txt")):
            locked = folder / packages.LOCKS / path.name
            locked.parent.mkdir(exist_ok=True)
            _uv(folder, path.name, locked, "--generate-hashes", "--emit-build-options")
            _publish(locked, PROJECT / packages.LOCKS / path.name, packages.LOCKS)
        _publish(folder / CONSTRAINTS, PROJECT / CONSTRAINTS, CONSTRAINTS)
    return 0


def _resolve_constraints(folder: Path, arguments: Sequence[str]) -> None:
    """The old constraints are a preference here: as constraints they would forbid any upgrade."""
    free = folder / "free"
    free.mkdir()
    for path in folder.glob("requirements*.txt"):
        lines = path.read_text().splitlines(keepends=True)
        (free / path.name).write_text("".join(x for x in lines if not x.startswith("-c ")))
    lists = sorted(path.name for path in free.glob("requirements*.txt"))
    _uv(free, *lists, folder / CONSTRAINTS, *arguments)


def _uv(folder: Path, *arguments: str | Path) -> None:
    """`uv pip compile INPUT... OUTPUT OPTIONS`; the first path is the output."""
    inputs = [str(a) for a in arguments if str(a).startswith("requirements")]
    output = next(a for a in arguments if isinstance(a, Path))
    options = [str(a) for a in arguments if str(a).startswith("-")]
    done = subprocess.run(
        [
            str(packages.python().parent / "uv"), "pip", "compile", "--quiet", "--universal",
            "--python-version", SUPPORTED[0], "--fork-strategy", "fewest", "--no-annotate",
            "--no-header", "--only-binary", ":all:", *options, "-o", str(output), *inputs,
        ],
        cwd=folder,
        env=clean(),
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    if done.returncode:
        told = done.stderr.strip().splitlines() or [f"uv ended with {done.returncode}"]
        raise Stop(f"{', '.join(inputs)} cannot be locked: {' '.join(told)}")


def _publish(made: Path, target: Path, head: str) -> None:
    write(target, HEADS[head] + MADE + made.read_text().lstrip(os.linesep))
