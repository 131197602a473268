"""The curve of waste: how much longer an `up` waits than Cloudflare takes to deploy.

An `up` of one certificate and one binding waits for two deployments, one after the other. The clock
is moved, not waited for, and requests take no time: what is left over is the pauses between looks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from tests.pki import make
from tests.properties.engine import Stack, binding, certificate
from tests.sandbox_server import SandboxThread

DEPLOYMENTS = (0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 30.0)
# The first look comes 0.75 s after a write; later ones after a part of what has passed.
LEAST, SHARE = 0.75, 0.3
HOSTNAME = "waste.example.com"
HEAD = "| a deployment takes, s | waited in vain, s | part | requests of up |\n|---|---|---|---|"


@dataclass(frozen=True)
class Waste:
    """Both deployments take `deployment` seconds each; `waited` is the whole time of waiting."""

    deployment: float
    waited: float
    requests: int

    @property
    def seconds(self) -> float:
        """What one of the two waits took too long."""
        return self.waited / 2 - self.deployment

    def failures(self) -> list[str]:
        """The goal that is missed, in words."""
        most = max(LEAST, SHARE * self.deployment)
        if self.seconds <= most:
            return []
        return [
            f"a deployment of {self.deployment:g} s is seen {self.seconds:.2f} s late, at most"
            f" {most:.2f} s"
        ]

    def as_row(self) -> str:
        """One line of the Markdown table."""
        part = math.ceil(100 * self.seconds / self.deployment)
        return f"| {self.deployment:g} | {self.seconds:.2f} | {part} % | {self.requests} |"


def measure() -> Iterator[Waste]:
    """The waste of each deployment in `DEPLOYMENTS`."""
    pair = make("waste.example")
    for deployment in DEPLOYMENTS:
        with SandboxThread(deploy_seconds=deployment) as sandbox:
            stack = Stack(sandbox)
            stack.up({"own": certificate(pair, wait=300), "app": binding(HOSTNAME, "own", 300)})
            yield Waste(deployment, stack.moments.passed, len(sandbox.journal()))
