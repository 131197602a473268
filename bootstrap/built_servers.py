"""Servers that tests start and that Debian packages in an old version or not at all, built from
bootstrap/go/.

What is built is kept outside the checkout, where the next clone finds it.
"""

from __future__ import annotations

import os
import shutil
from functools import partial
from pathlib import Path

from bootstrap import cli, go_modules, say
from bootstrap.files import lock, make_folder
from bootstrap.go_modules import MODULES, Part, Unavailable

PARTS = {
    "step-ca": Part(
        "step_ca",
        "github.com/smallstep/certificates/cmd/step-ca",
        "",
        "step-ca, about 4 minutes on 2 cores",
    ),
    # Beside the distribution's older one: what is generated has to mean the same to both.
    "newer-caddy": Part(
        "caddy",
        "github.com/caddyserver/caddy/v2/cmd/caddy",
        "",
        "a newer Caddy, about 2 minutes on 2 cores",
    ),
}


def version_of(part: Part) -> str:
    """`0.30.2`: what the part's go.mod requires."""
    for line in (MODULES / part.module / "go.mod").read_text().splitlines():
        words = line.removeprefix("require").split()
        if len(words) > 1 and part.package.startswith(f"{words[0]}/"):
            return words[1].removeprefix("v")
    raise ValueError(f"go.mod of {part.module} does not require {part.package}")


def folder_of(name: str) -> Path:
    """The folder where a build of this version is kept, built already or not."""
    return cli.cache().parent / f"{name}-{version_of(PARTS[name])}"


def locate(name: str) -> Path | None:
    """The program that was built earlier, or None."""
    program = _program_of(name)
    return program if os.access(program, os.X_OK) else None


def ensure(name: str) -> Path:
    """The program, built now if there is none; `Unavailable` without Go, or when a build fails."""
    kept = folder_of(name)
    with lock(kept.parent / f"{kept.name}.lock"):
        if locate(name) is None:
            make_folder(kept, partial(_build, PARTS[name]))
    return _program_of(name)


def _program_of(name: str) -> Path:
    """The program's path: Go names a program after its package."""
    return folder_of(name) / PARTS[name].package.rpartition("/")[2]


def _build(part: Part, folder: Path) -> None:
    go = shutil.which("go")
    if go is None:
        raise Unavailable("no go on PATH")
    say(f"building {part.takes}, from Go modules")
    go_modules.run(
        go, go_modules.build_arguments(part, folder), part.module, go_modules.environment_of(go)
    )
