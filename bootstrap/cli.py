"""A Pulumi CLI, from the first of three ways that is open: PATH, the official installer, Go.

What the last two make is kept outside the checkout, where the next clone finds it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path

from bootstrap import LOCAL, Stop, go_modules, say
from bootstrap.environment import clean
from bootstrap.files import locked, make_folder
from bootstrap.go_modules import Closed

# The pair of CLI (go.mod) and SDK (requirements.txt) that all tests ran with.
VERSION = go_modules.VERSION
# Import files with outputs, which the adoption of existing objects needs, came with this one.
OLDEST = (3, 254, 0)
HOST = "pulumi-language-python"
SITE = "https://get.pulumi.com/install.sh"
REACH_SECONDS = 5
INSTALL_SECONDS = 600

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
    """Raise Closed unless the CLI in `folder` runs, is new enough and has its Python host.

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
        raise Closed(f"{folder / 'pulumi'} does not run: {type(error).__name__}") from None
    version = version_of(printed)
    if version is None or version < OLDEST:
        needed = ".".join(map(str, OLDEST))
        raise Closed(f"{folder / 'pulumi'} is {printed.strip()}, {needed} or newer is needed")
    beside = (folder / "pulumi").resolve().parent
    if not os.access(beside / HOST, os.X_OK):
        raise Closed(f"{beside} has no {HOST} beside pulumi")


def on_path(path: str | None = None) -> Path:
    found = shutil.which("pulumi", path=path)
    if found is None:
        raise Closed("no pulumi on PATH")
    folder = Path(found).parent
    check(folder)
    return folder


def official_installer(folder: Path) -> None:
    reach = f"import urllib.request as r; r.urlopen({SITE!r}, timeout={REACH_SECONDS}).read()"
    install = (
        "import sys, semver; from pulumi.automation import PulumiCommand;"
        "PulumiCommand.install(root=sys.argv[1], version=semver.VersionInfo.parse(sys.argv[2]))"
    )
    # In processes of their own: a name server that does not answer holds longer than a timeout.
    if not _succeeds([sys.executable, "-c", reach], REACH_SECONDS):
        raise Closed("get.pulumi.com cannot be reached")
    say(f"installing the Pulumi CLI {VERSION} with Pulumi's installer (about a minute)")
    if not _succeeds([sys.executable, "-c", install, str(folder), VERSION], INSTALL_SECONDS):
        raise Closed("Pulumi's installer failed (it needs curl, and get.pulumi.com and github.com)")


def _succeeds(argv: Sequence[str], seconds: float) -> bool:
    try:
        return not subprocess.run(
            argv, env=clean(), capture_output=True, timeout=seconds, check=False
        ).returncode
    except subprocess.TimeoutExpired:
        return False


WAYS: tuple[Way, ...] = (
    ("Pulumi's installer", official_installer),
    ("Go modules", go_modules.build),
)


@lru_cache
def find(path: str | None = None, kept: Path | None = None) -> Path | None:
    """The folder of a CLI that is there already, or None."""
    try:
        return on_path(path)
    except Closed as why:
        if shutil.which("pulumi", path=path):
            say(f"the Pulumi CLI on PATH is not used: {why}")
    kept = (kept or cache()) / "bin"
    return kept if all(os.access(kept / name, os.X_OK) for name in ("pulumi", HOST)) else None


def ensure(path: str | None = None, kept: Path | None = None, ways: Sequence[Way] = WAYS) -> Path:
    """The folder of a CLI, installed now if there is none."""
    kept = kept or cache()
    if found := find(path, kept):
        return found
    with locked(kept.parent / f"{kept.name}.lock"):
        find.cache_clear()
        return find(path, kept) or install(kept, ways)


def _checked(way: Callable[[Path], None], folder: Path) -> None:
    way(folder)
    check(folder / "bin")


def install(kept: Path, ways: Sequence[Way] = WAYS) -> Path:
    """Fill `kept` by the first way that is open."""
    say("there is no Pulumi CLI yet; it is installed once for all clones, into " + str(kept))
    for name, way in ways:
        try:
            make_folder(kept, partial(_checked, way))
        except Closed as why:
            say(f"{name}: not open, {why}")
        else:
            find.cache_clear()
            return kept / "bin"
    raise Stop(
        f"No way to a Pulumi CLI is open. Install Pulumi {'.'.join(map(str, OLDEST))} or newer"
        " (https://www.pulumi.com/docs/install/) or Go (https://go.dev/doc/install), then run this"
        " again."
    )
