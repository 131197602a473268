"""The goals: what each command may cost; a row that exceeds them fails the benchmark. Pure."""

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
# The deployments that a command waits for and one request per hostname does not, one second each:
# the certificate's and then the binding's, or the deletion of the bindings.
DEPLOYMENTS = {"up": 2.0, "refresh": 0.0, "rotate": 2.0, "destroy": 1.0}
# In a map, so many times faster: with a thousand hostnames, and with a hundred, where one by one
# takes at most LONG times as long as a preview, which is what the CLI takes by itself, and where
# longer.
AT_THOUSAND, AT_HUNDRED, AT_LONG_HUNDRED = 10.0, 1.0, 3.0
LONG = 7.0
# `up` of ten hostnames, and single bindings, so many times as long, and the deployments.
AS_LONG_AS = 1.1
# So few hostnames take little but the CLI's own start: the fastest of so many lives is compared.
FEW, LIVES_OF_FEW = 100, 3
PREVIEW_OF_DEV = 1.2
# Ten times the hostnames: ten times the figure is linear, and noise is allowed for.
NOISE = 1.3


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
        # The engine hands over as many as are under way, and the first few find no others yet.
        return {
            "up": Goal(2 + 14 * hundreds, 6),
            "preview": NOTHING,
            "refresh": Goal(0, 2),
            "rotate": Goal(3 + 14 * hundreds, 6),
            "destroy": Goal(2 + 14 * hundreds, 3),
        }
    return {}


def slower(
    kind: str, hostnames: int, command: str, ours: float, theirs: float, preview: float
) -> str:
    """What is missed against one request per hostname (`theirs`) in the same run; "" if nothing.

    All are seconds, with the same `--parallel`; `preview` is that of one by one.
    """
    if hostnames < FEW and command != "up":
        return ""
    deployments = DEPLOYMENTS[command]
    if kind == "HostnameBindings" and hostnames >= 1000:
        times, least = theirs / ours, AT_THOUSAND
    elif kind == "HostnameBindings" and hostnames >= 100:
        times, least = theirs / ours, AT_LONG_HUNDRED if theirs > LONG * preview else AT_HUNDRED
    else:
        times, least = theirs / max(ours - deployments, 0.1), 1 / AS_LONG_AS
    if times >= least:
        return ""
    return (
        f"{kind}, {hostnames:,} hostnames, {command}: {ours:.1f} s against {theirs:.1f} s one by"
        f" one, {times:.2f} times as fast, at least {least:.2f}"
    )


def grown(command: str, fewer: int, before: Figures, more: int, after: Figures) -> list[str]:
    """What grew faster than the number of hostnames, in words."""
    allowed = NOISE * more / fewer
    figures = {
        "requests": (before.requests, after.requests),
        "seconds": (before.seconds, after.seconds),
        "MB of the plugin": (before.memory, after.memory),
        "MB of the program": (before.program, after.program),
        "MB of state": (before.state, after.state),
    }
    return [
        f"growth, {command}: from {fewer:,} to {more:,} hostnames {name} grew from {a:.1f} to"
        f" {b:.1f}, at most {allowed:.1f} times"
        for name, (a, b) in figures.items()
        if b > allowed * max(a, 0.01)
    ]
