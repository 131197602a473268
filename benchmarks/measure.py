"""One command of the real CLI, measured: requests by kind, wall time, memory, size of the state."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from tests.cli.project import Project
from tests.processes import family_of
from tests.sandbox_server import SandboxProcess

COLLECTIONS = (
    # The first that matches names the collection that a request reads or writes.
    ("hostname certificates", r"/origin_tls_client_auth/hostnames/certificates"),
    ("bindings", r"/origin_tls_client_auth/hostnames"),
    ("zone switch", r"/origin_tls_client_auth/settings"),
    ("zone certificates", r"/origin_tls_client_auth"),
    ("settings", r"/settings/"),
)

# Seconds; the plugin of a preview lives a quarter of a second, and a look takes two thousandths.
SAMPLED_EVERY = 0.05


@dataclass(frozen=True)
class Figures:
    """Requests (`waits` are reads of what the same command has written), seconds, megabytes.

    `memory` is the peak of the plugin, `program` that of the program, `state` the file's size.
    """

    writes: int
    reads: int
    waits: int
    seconds: float
    memory: float
    program: float
    state: float

    @property
    def requests(self) -> int:
        """All of them."""
        return self.writes + self.reads + self.waits


def collection(path: str) -> str:
    """Which list of the zone a path belongs to, with the zone."""
    zone = re.search(r"/zones/(\w+)", path)
    name = next((name for name, pattern in COLLECTIONS if re.search(pattern, path)), path)
    return f"{zone[1] if zone else ''} {name}"


def count(journal: list[dict[str, object]]) -> tuple[int, int, int]:
    """Writes, reads, and reads that wait for something written before."""
    written: set[str] = set()
    writes = reads = waits = 0
    for entry in journal:
        where = collection(str(entry["path"]))
        if entry["method"] != "GET":
            writes += 1
            written.add(where)
        elif where in written:
            waits += 1
        else:
            reads += 1
    return writes, reads, waits


def run(sandbox: SandboxProcess, project: Project, *arguments: str) -> Figures:
    """Runs `pulumi ARGUMENTS` to a good end."""
    mark = len(sandbox.journal())
    start = time.monotonic()
    cli = project.start(*arguments)
    memory = Memory(cli.pid)
    out, err = cli.communicate()
    seconds = time.monotonic() - start
    if cli.returncode:
        raise RuntimeError(f"{arguments} ended with {cli.returncode}:\n{out[-2000:]}{err[-2000:]}")
    writes, reads, waits = count(sandbox.journal()[mark:])
    plugin, program = memory.peaks()
    return Figures(writes, reads, waits, seconds, plugin, program, _state(project) / 1e6)


def _state(project: Project) -> int:
    stacks = project.workspace.work / "state" / ".pulumi" / "stacks"
    return sum(file.stat().st_size for file in stacks.rglob("*.json"))


class Memory:
    """The largest resident sizes of plugin and program below a CLI, in megabytes, sampled."""

    def __init__(self, cli: int) -> None:
        self._most = dict.fromkeys(("pulumi.dynamic", "pulumi-language-python-exec"), 0.0)
        self._cli = cli
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._ended.wait(SAMPLED_EVERY):
            for process in family_of(self._cli):
                for part in self._most:
                    if part in process.command:
                        self._most[part] = max(self._most[part], _resident(process.pid))

    def peaks(self) -> tuple[float, float]:
        """Of the plugin, and of the program."""
        self._ended.set()
        self._thread.join()
        plugin, program = self._most.values()
        return plugin, program


def _resident(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"VmHWM:\s+(\d+)", status)
    return int(found[1]) / 1e3 if found else 0.0
