"""One visit: the visitor as a process beside the test, and what it has seen."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tests.sandbox_server import PROJECT
from tests.with_real_servers.visitor import STARTED, Seen

RATE, CONNECTIONS = 80, 16
# Of the rate, on a busy machine.
LEAST = 5 / 8


@dataclass
class Figures:
    """What the visitor of one walk has seen; there after the visit."""

    name: str
    wanted_rate: int = RATE
    seconds: float = 0
    by_hostname: dict[str, Seen] = field(default_factory=dict)

    @property
    def sent(self) -> int:
        return sum(seen.sent for seen in self.by_hostname.values())

    @property
    def failed(self) -> int:
        return sum(seen.failed for seen in self.by_hostname.values())

    def __str__(self) -> str:
        gap = max(seen.longest_gap for seen in self.by_hostname.values())
        rate = self.sent / self.seconds
        return (
            f"{self.name}: {self.sent} requests in {self.seconds:.0f} s ({rate:.0f}/s),"
            f" {self.failed} failed, longest gap {gap} ms"
        )

    def hold(self) -> None:
        """No request failed, and the visitor asked often enough to notice."""
        for hostname, seen in self.by_hostname.items():
            assert seen.failed == 0, f"{self.name}: {hostname} failed {seen.failed}: {seen.reasons}"
            assert seen.sent > 0
        assert self.sent / self.seconds >= LEAST * self.wanted_rate, str(self)


@contextlib.contextmanager
def visit(name: str, edge: str, hostnames: Iterable[str], rate: int = RATE) -> Iterator[Figures]:
    """A visitor for the block, and a second longer; `rate` is in requests a second."""
    figures, began = Figures(name, rate), time.monotonic()
    command = [sys.executable, "-m", "tests.with_real_servers.visitor"]
    process = subprocess.Popen(
        [*command, edge, str(rate), str(CONNECTIONS), *hostnames],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == STARTED
        yield figures
        time.sleep(1)
        # It asks for all that it has fallen behind, at most as much as the block has lasted.
        most = 60 + time.monotonic() - began
        told = json.loads(process.communicate(timeout=most)[0])
        figures.seconds = told["seconds"]
        figures.by_hostname = {key: Seen(**it) for key, it in told["hostnames"].items()}
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
