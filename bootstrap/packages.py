"""`.venv` beside Pulumi.yaml: made once, and again when the requirements change. Only stdlib."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from bootstrap import PROJECT, VENV, Stop, say
from bootstrap.environment import clean
from bootstrap.files import lock, write

# The lock files, with hashes, which `make lock` makes from the lists of the same names.
LOCKS = "locks"
WANTED = f"{LOCKS}/requirements-dev.txt"
STAMP = "installed"


def python(venv: Path = VENV) -> Path:
    return venv / "bin" / "python"


def stamp_of_complete(venv: Path, project: Path = PROJECT) -> str:
    """What the stamp says when `venv` is complete: the locked files, the place (scripts hold
    absolute paths) and the interpreter (an upgraded one does not find the packages)."""
    digest = hashlib.sha256((project / WANTED).read_bytes())
    probe = subprocess.run(
        [python(venv), "-Ec", "import sys; print(sys.version)"],
        capture_output=True,
        text=True,
        check=False,
    )
    return f"{digest.hexdigest()}\n{venv}\n{probe.stdout.strip()}\n"


def complete(venv: Path = VENV, project: Path = PROJECT) -> bool:
    stamp = venv / STAMP
    return (
        python(venv).exists()
        and stamp.exists()
        and stamp.read_text() == stamp_of_complete(venv, project)
    )


def ensure(venv: Path = VENV, interpreter: str = sys.executable) -> Path:
    """The virtual environment's Python, with all requirements installed."""
    if complete(venv):
        return python(venv)
    with lock(PROJECT / ".local" / "packages.lock"):
        if not complete(venv):
            install(venv, interpreter)
    return python(venv)


def install(venv: Path, interpreter: str) -> None:
    if venv.is_symlink():
        raise Stop(f"{venv.name} is a link, and what it leads to is left alone: remove the link")
    stamp = venv / STAMP
    again = (
        stamp.exists()
        and stamp.read_text().splitlines()[1:] == stamp_of_complete(venv).splitlines()[1:]
    )
    # Without a stamp somebody else made it, or a run was cut off: nothing of it is cleared away.
    is_usable = python(venv).exists() and not stamp.exists()
    if not again and not is_usable:
        say(f"making the virtual environment {venv.name} with {interpreter}")
        clear = ["--clear"] if stamp.exists() else []
        run(
            [interpreter, "-m", "venv", *clear, str(venv)],
            "no virtual environment could be made (on Debian and Ubuntu: apt-get install"
            " python3-venv)",
        )
    say(f"installing the Python packages of {WANTED} (about a minute)")
    stamp.unlink(missing_ok=True)
    run(
        [str(python(venv)), "-m", "pip", "install", "--quiet", "--no-input",
         "--disable-pip-version-check", "--require-hashes", "-r", WANTED],
        "the Python packages could not be installed; is a package index reachable?",
    )  # fmt: skip
    write(stamp, stamp_of_complete(venv))


def run(argv: list[str], otherwise: str) -> None:
    done = subprocess.run(
        argv, cwd=PROJECT, env=clean(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        told = (done.stderr.strip() or done.stdout.strip()).splitlines()[-8:]
        print(os.linesep.join(told), file=sys.stderr)
        raise Stop(otherwise)
