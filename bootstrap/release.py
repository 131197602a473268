"""The Pulumi CLI as Pulumi releases it: one archive, kept only if its SHA-256 is the known one.

`pulumi.sha256` is in the format of `sha256sum`; its sums are those of Pulumi's Homebrew formula,
https://github.com/pulumi/homebrew-tap/blob/master/Formula/pulumi.rb. Only stdlib.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
import sys
import tarfile
import urllib.request
from collections.abc import Iterable
from pathlib import Path

from bootstrap import Stop, say
from bootstrap.environment import clean
from bootstrap.go_modules import SCRIPTS, VERSION, Unavailable

SITE = f"https://github.com/pulumi/pulumi/releases/download/v{VERSION}"
SUMS = Path(__file__).parent / "pulumi.sha256"
HOST = "pulumi-language-python"
# What a Python program needs of the archive, which has the hosts of all other languages too.
PROGRAMS = ("pulumi", HOST, *(Path(script).name for script in SCRIPTS))
SYSTEMS = {"Linux": "linux", "Darwin": "darwin"}
MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
REACH_SECONDS = 5
SILENT_SECONDS = 60
CHUNK = 1 << 20


def archive(system: str = "", machine: str = "") -> str:
    """The archive's name for this machine; `Unavailable` where none is known."""
    system = SYSTEMS.get(system or platform.system(), "")
    machine = MACHINES.get((machine or platform.machine()).lower(), "")
    if not (system and machine):
        raise Unavailable(f"no archive is known for {platform.system()} on {platform.machine()}")
    return f"pulumi-v{VERSION}-{system}-{machine}.tar.gz"


def known_sum(name: str) -> str:
    """The SHA-256 that the archive must have, in hex."""
    for line in SUMS.read_text().splitlines():
        digest, _, file = line.partition("  ")
        if file == name:
            return digest
    raise Unavailable(f"{SUMS.name} has no checksum for {name}")


def download(folder: Path) -> None:
    """Fill `folder`/bin; `Unavailable` where there is no route, Stop for a wrong checksum."""
    name = archive()
    wanted = known_sum(name)
    address = f"{SITE}/{name}"
    if not _answers(address):
        raise Unavailable("github.com cannot be reached")
    say(f"downloading the Pulumi CLI {VERSION} (about a minute)")
    packed = folder / name
    try:
        found = _fetch(address, packed)
    except OSError as error:
        raise Unavailable(f"the download of {name} broke off: {error}") from None
    if found != wanted:
        raise Stop(
            f"{name} has the SHA-256 {found}, not {wanted}: it is not what Pulumi released, and"
            f" nothing of it was kept. See who answers for {address}"
        )
    _unpack(packed, folder / "bin", PROGRAMS)
    packed.unlink()


def _answers(address: str) -> bool:
    """Asks in a process of its own: a silent name server holds a process beyond any timeout."""
    code = "import sys, urllib.request as r; r.urlopen(sys.argv[1], timeout=5).read(1)"
    try:
        asked = subprocess.run(
            [sys.executable, "-c", code, address],
            env=clean(), capture_output=True, timeout=REACH_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0


def _fetch(address: str, target: Path) -> str:
    """Writes what is served there to `target`; answers the SHA-256 in hex."""
    digest = hashlib.sha256()
    with (
        urllib.request.urlopen(address, timeout=SILENT_SECONDS) as answer,  # noqa: S310
        target.open("wb") as file,
    ):
        while chunk := answer.read(CHUNK):
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest()


def _unpack(packed: Path, folder: Path, names: Iterable[str]) -> None:
    """Take the programs out of the archive's one folder, whatever paths it names beside them."""
    folder.mkdir()
    with tarfile.open(packed) as content:
        for name in names:
            try:
                source = content.extractfile(f"pulumi/{name}")
            except KeyError:
                source = None
            if source is None:
                raise Unavailable(f"{packed.name} holds no pulumi/{name}")
            target = folder / name
            with source, target.open("wb") as file:
                shutil.copyfileobj(source, file)
            target.chmod(0o755)
