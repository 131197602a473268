"""The Pulumi CLI and its Python language host, built from the two Go modules in bootstrap/go/.

The host has no tagged releases, and its only version in the module proxy does not compile against
the CLI's version of pkg: hence two modules. Their go.sum files make the build need no checksum
database.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from bootstrap import PROJECT, say
from bootstrap.environment import clean

MODULES = PROJECT / "bootstrap" / "go"
SDK = "github.com/pulumi/pulumi/sdk/v3"
# The engine starts these beside the two binaries; they are part of the SDK's module.
SCRIPTS = (
    "python/cmd/pulumi-language-python-exec",
    "python/dist/pulumi-resource-pulumi-python",
)
# What a person or a company may have set up on purpose; everything else (GOFLAGS, GOOS, GOWORK,
# GOEXPERIMENT, ...) could break the build.
KEPT = (
    "GOPROXY", "GONOPROXY", "GOPRIVATE", "GOSUMDB", "GONOSUMDB", "GOINSECURE", "GOAUTH", "GOVCS",
    "GOTOOLCHAIN", "GOPATH", "GOMODCACHE", "GOCACHE", "GOTMPDIR",
)  # fmt: skip


def _version() -> str:
    for line in (MODULES / "cli" / "go.mod").read_text().splitlines():
        words = line.split()
        if words[:1] == [SDK]:
            return words[1].removeprefix("v")
    raise ValueError(f"go.mod does not require {SDK}")


VERSION = _version()


class Unavailable(Exception):
    """This way to a program is not available here; the text says why, in one line."""


class Part(NamedTuple):
    module: str
    package: str
    ldflags: str
    takes: str


# Without -X the CLI has no version, and Automation API refuses it.
PARTS = (
    Part(
        "cli",
        "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        f"-X {SDK}/go/common/version.Version=v{VERSION}",
        "the CLI, about 4 minutes on 2 cores",
    ),
    Part(
        "language_host",
        "github.com/pulumi/pulumi/sdk/python/cmd/pulumi-language-python/v3",
        "",
        "its Python language host, about 1 minute",
    ),
)


def build(folder: Path) -> None:
    """Build into `folder`/bin. Raise Unavailable where Go is not there or the build fails."""
    go = shutil.which("go")
    if go is None:
        raise Unavailable("no go on PATH")
    bin_folder = folder / "bin"
    bin_folder.mkdir()
    environment = environment_of(go)
    for part in PARTS:
        say(f"building {part.takes}, from Go modules")
        run(go, build_arguments(part, bin_folder), part.module, environment)
    module = run(go, ["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", SDK], "cli", environment)
    for script in SCRIPTS:
        target = bin_folder / Path(script).name
        shutil.copyfile(Path(module.strip()) / script, target)
        target.chmod(0o755)
    say("Go's own caches keep about 3 GB of this build; `go clean -cache -modcache` frees them")


def build_arguments(part: Part, bin_folder: Path) -> list[str]:
    return [
        "build", "-mod=readonly", "-buildvcs=false", "-trimpath",
        "-tags", "osusergo,grpcnotrace",
        "-ldflags", f"-s -w {part.ldflags}".strip(),
        "-o", f"{bin_folder}/", part.package,
    ]  # fmt: skip


def environment_of(go: str) -> dict[str, str]:
    """For `go`: nothing of the user's own settings but the kept ones, from `go env -w` too."""
    asked = subprocess.run(
        [go, "env", "-json", *KEPT], cwd=MODULES, capture_output=True, text=True, check=False
    )
    settings: dict[str, str] = json.loads(asked.stdout or "{}")
    kept = {name: value for name, value in settings.items() if value}
    others = {name: value for name, value in clean().items() if not name.startswith(("GO", "CGO_"))}
    return {**others, **kept, "GOENV": "off", "GOWORK": "off", "CGO_ENABLED": "0"}


def run(go: str, arguments: list[str], module: str, environment: dict[str, str]) -> str:
    done = subprocess.run(
        [go, *arguments],
        cwd=MODULES / module,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        told = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise Unavailable(f"go {arguments[0]} failed: {told[-1].strip()}")
    return done.stdout
