"""The servers of the distribution that some tests start, on ports and in folders of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from bootstrap import Stop, built_servers, go_modules, say

# Program: Debian's and Ubuntu's package.
SERVERS = {
    "nginx": "nginx",
    "apache2": "apache2",
    "haproxy": "haproxy",
    "caddy": "caddy",
    "postgres": "postgresql",
    "chromium": "chromium",
    # No server: its library moves the clock of those that are.
    "faketime": "faketime",
}
# Where servers lie that an ordinary user's PATH does not name.
FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/usr/lib/postgresql/*/bin", "/opt/homebrew/bin")
POLICY = "/usr/sbin/policy-rc.d"
# Debian starts a server that it installs, unless this file forbids it: ours must not take ports
# 80 and 5432 of the machine. https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt
INSTALL = f"""
set -e
export DEBIAN_FRONTEND=noninteractive
if [ ! -e {POLICY} ]; then
    printf '#!/bin/sh\\nexit 101\\n' > {POLICY}
    chmod 755 {POLICY}
    trap 'rm -f {POLICY}' EXIT
fi
apt-get -qq update
apt-get -qq install --yes --no-install-recommends "$@"
"""


def locate(program: str) -> Path | None:
    """The path of a server's program: built here, on PATH, or where distributions put it."""
    if program in built_servers.PARTS:
        return built_servers.locate(program)
    found = shutil.which(program)
    if found:
        return Path(found)
    matches = [
        match
        for folder in FOLDERS
        for match in Path("/").glob(f"{folder.lstrip('/')}/{program}")
        if os.access(match, os.X_OK)
    ]
    return max(matches, default=None)


def missing(programs: Iterable[str] = SERVERS) -> list[str]:
    return [name for name in programs if locate(name) is None]


def as_root() -> list[str] | None:
    """What to put before a command that root has to run; None where nobody may."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    allowed = sudo and not subprocess.run([sudo, "-n", "true"], capture_output=True).returncode
    return [sudo, "-n"] if sudo and allowed else None


def install() -> int:
    """Install what is missing; the exit status."""
    wanted = missing()
    if wanted:
        _install_packages(wanted)
    for name in built_servers.PARTS:
        try:
            built_servers.ensure(name)
        except go_modules.Unavailable as why:
            raise Stop(
                f"Missing: {name}, {why}. Install Go (https://go.dev/doc/install), then run this"
                " again."
            ) from None
    say(f"all servers are there: {', '.join((*SERVERS, *built_servers.PARTS))}")
    return 0


def _install_packages(wanted: list[str]) -> None:
    packages = [SERVERS[name] for name in wanted]
    before = as_root()
    if shutil.which("apt-get") is None or before is None:
        raise Stop(
            f"Missing: {', '.join(wanted)}. Install them with the system's package manager; on"
            f" Debian and Ubuntu: sudo apt-get install {' '.join(packages)}"
        )
    say(f"installing {', '.join(packages)} with apt-get (a minute or two), without starting them")
    done = subprocess.run(
        [*before, "sh", "-c", INSTALL, "sh", *packages], stdout=sys.stderr, check=False
    )
    left = missing()
    if done.returncode or left:
        raise Stop(f"Missing still: {', '.join(left)}. apt-get's output is above")
