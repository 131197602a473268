"""The request goals: what each command may cost; a row that exceeds them fails the benchmark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.measure import Figures


@dataclass(frozen=True)
class Goal:
    """At most so many writes and reads, waits apart, or so many requests in all."""

    writes: int
    reads: int
    total: int | None = None

    def failures(self, figures: Figures) -> list[str]:
        """What exceeds the goal, in words."""
        found = []
        if figures.writes > self.writes:
            found.append(f"{figures.writes} writes, at most {self.writes}")
        if figures.reads > self.reads:
            found.append(f"{figures.reads} reads, at most {self.reads}")
        if self.total is not None and figures.requests > self.total:
            found.append(f"{figures.requests} requests, at most {self.total}")
        return found


NOTHING = Goal(0, 0, 0)


def goals(kind: str, hostnames: int, certificates: int) -> Mapping[str, Goal]:
    """By command; linear in hundreds of hostnames, not in hostnames."""
    hundreds = max(-(-hostnames // 100), 1)
    if kind == "HostnameBindings":
        total = 60 if hostnames >= 1000 else None
        return {
            "up": Goal(2 * hundreds + certificates, 4 * hundreds, total),
            "preview": NOTHING,
            "refresh": Goal(0, 2),
            "rotate": Goal(2 + hundreds, 4),
            "destroy": Goal(2 * hundreds + certificates, 3 * hundreds),
        }
    if kind == "HostnameBinding":
        return {"up": Goal(20 * hundreds, 10_000), "preview": NOTHING, "refresh": Goal(0, 2)}
    return {}
