"""A Pulumi CLI, from the first of three ways that is available: PATH, Pulumi's release, Go.

What the last two make is kept outside the checkout, where the next clone finds it. What others
could have changed there is not run.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path

from bootstrap import LOCAL, Stop, go_modules, release, say, trust
from bootstrap.environment import clean
from bootstrap.files import lock, make_folder
from bootstrap.go_modules import Unavailable

# The pair of CLI (go.mod) and SDK (requirements.txt) that all tests ran with.
VERSION = go_modules.VERSION
# Import files with outputs, which the adoption of existing objects needs, came with this one.
OLDEST = (3, 254, 0)
HOST = release.HOST

Way = tuple[str, Callable[[Path], None]]


def cache(environ: Mapping[str, str] = os.environ) -> Path:
    base = environ.get("XDG_CACHE_HOME", "")
    # The XDG specification: a relative path is to be ignored.
    root = Path(base) if base.startswith("/") else Path.home() / ".cache"
    return root / "aop" / f"pulumi-{VERSION}"


def version_of(text: str) -> tuple[int, int, int] | None:
    """(3, 259, 0) for what `pulumi version` prints: v3.259.0, or 3.260.0-alpha.1+abc."""
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", text.strip())
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def check(folder: Path) -> None:
    """Raise Unavailable unless the CLI in `folder` runs, is new enough and has its Python host.

    The host has to lie beside the CLI: PULUMI_IGNORE_AMBIENT_PLUGINS looks nowhere else.
    """
    try:
        printed = subprocess.run(
            [folder / "pulumi", "version"],
            env={
                **clean(),
                "PULUMI_SKIP_UPDATE_CHECK": "true",
                "PULUMI_HOME": str(LOCAL / "pulumi"),
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise Unavailable(f"{folder / 'pulumi'} does not run: {type(error).__name__}") from None
    version = version_of(printed)
    if version is None or version < OLDEST:
        needed = ".".join(map(str, OLDEST))
        raise Unavailable(f"{folder / 'pulumi'} is {printed.strip()}, {needed} or newer is needed")
    beside = (folder / "pulumi").resolve().parent
    if not os.access(beside / HOST, os.X_OK):
        raise Unavailable(f"{beside} has no {HOST} beside pulumi")


def on_path(path: str | None = None) -> Path:
    found = shutil.which("pulumi", path=path)
    if found is None:
        raise Unavailable("no pulumi on PATH")
    folder = Path(found).parent
    check(folder)
    return folder


WAYS: tuple[Way, ...] = (
    ("Pulumi's release", release.download),
    ("Go modules", go_modules.build),
)


@lru_cache
def find(path: str | None = None, kept: Path | None = None) -> Path | None:
    """The folder of a CLI that is there already, or None."""
    try:
        return on_path(path)
    except Unavailable as why:
        if shutil.which("pulumi", path=path):
            say(f"the Pulumi CLI on PATH is not used: {why}")
    kept = (kept or cache()) / "bin"
    programs = [kept / name for name in release.PROGRAMS]
    if not all(os.access(program, os.X_OK) for program in programs[:2]):
        return None
    for program in filter(Path.exists, programs):
        if risk := trust.who_else_can_write(program):
            raise Stop(
                f"The Pulumi CLI in {kept} is not run, for {risk}. Take it away (rm -r"
                f" {kept.parent}), or close the way (chmod go-w), then run this again."
            )
    return kept


def ensure(path: str | None = None, kept: Path | None = None, ways: Sequence[Way] = WAYS) -> Path:
    """The folder of a CLI, installed now if there is none."""
    kept = kept or cache()
    if found := find(path, kept):
        return found
    with lock(kept.parent / f"{kept.name}.lock"):
        find.cache_clear()
        return find(path, kept) or install(kept, ways)


def _install_and_check(way: Callable[[Path], None], folder: Path) -> None:
    way(folder)
    check(folder / "bin")


def install(kept: Path, ways: Sequence[Way] = WAYS) -> Path:
    """Fill `kept` by the first way that is available."""
    say("there is no Pulumi CLI yet; it is installed once for all clones, into " + str(kept))
    with contextlib.suppress(PermissionError):
        kept.parent.chmod(kept.parent.stat().st_mode & ~0o022)
    for name, way in ways:
        try:
            make_folder(kept, partial(_install_and_check, way))
        except Unavailable as why:
            say(f"{name}: not available, {why}")
        else:
            find.cache_clear()
            return find("", kept) or kept / "bin"
    raise Stop(
        f"No way to a Pulumi CLI is available. Install Pulumi {'.'.join(map(str, OLDEST))} or newer"
        " (https://www.pulumi.com/docs/install/) or Go (https://go.dev/doc/install), then run this"
        " again."
    )
