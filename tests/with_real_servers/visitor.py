"""A visitor that never stops asking, as a process of its own.

    python -m tests.with_real_servers.visitor http://127.0.0.1:8080 60 12 shop.example.com \
        www.example.com

Sixty requests a second over twelve connections that are kept, in turn for each hostname, until
standard input ends. A connection that has fallen behind asks without a pause until it has caught
up, at the end too. The first line of output says that every connection has had its first answer,
the second is what was seen, as JSON.
"""

from __future__ import annotations

import http.client
import itertools
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from urllib.parse import urlsplit

ANSWER_SECONDS = 30.0
STARTED = "started"


@dataclass
class Seen:
    """Requests to one hostname, those that failed, and in milliseconds the longest time between
    two good answers and the slowest answer. `reasons`: what the failed ones said, and how often."""

    sent: int = 0
    failed: int = 0
    longest_gap: int = 0
    slowest: int = 0
    reasons: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """`problem` is empty for a 200; instants in seconds."""

    began: float
    ended: float
    problem: str


def seen(asked: Sequence[Asked], began: float, ended: float) -> Seen:
    good = sorted(one.ended for one in asked if not one.problem)
    instants = [began, *good, ended]
    gaps = [after - before for before, after in itertools.pairwise(instants)]
    problems = Counter(one.problem for one in asked if one.problem)
    return Seen(
        len(asked),
        sum(problems.values()),
        round(1000 * max(gaps)),
        round(1000 * max((one.ended - one.began for one in asked), default=0)),
        dict(problems.most_common(5)),
    )


class End:
    """When the visit ends; what is due before that is still asked."""

    def __init__(self) -> None:
        self.at = float("inf")
        self._come = threading.Event()

    def comes_now(self) -> None:
        self.at = time.monotonic()
        self._come.set()

    def comes_before(self, due: float) -> bool:
        """Waits until `due`, unless the end comes first."""
        self._come.wait(max(0.0, due - time.monotonic()))
        return self.at < due


class Connection(threading.Thread):
    """Asks every `pause` seconds, first after `offset`."""

    def __init__(self, edge: str, hostname: str, offset: float, pause: float, end: End) -> None:
        super().__init__(daemon=True)
        self.hostname = hostname
        self.asked: list[Asked] = []
        self.first = threading.Event()
        self._offset, self._pause, self._end = offset, pause, end
        self._http = http.client.HTTPConnection(urlsplit(edge).netloc, timeout=ANSWER_SECONDS)

    def run(self) -> None:
        due = time.monotonic() + self._offset
        while not self._end.comes_before(due):
            began = time.monotonic()
            problem = self._ask()
            self.asked.append(Asked(began, time.monotonic(), problem))
            self.first.set()
            due += self._pause

    def _ask(self) -> str:
        try:
            self._http.request("GET", "/", headers={"Host": self.hostname})
            answer = self._http.getresponse()
            text = answer.read().decode(errors="replace").strip()
        except (OSError, http.client.HTTPException) as error:
            self._http.close()
            return f"{type(error).__name__}: {error}"
        return "" if answer.status == 200 else f"{answer.status}: {text.splitlines()[0][:200]}"


def main() -> None:
    edge, rate, count, *hostnames = sys.argv[1:]
    connections, end = int(count), End()
    pause = connections / float(rate)
    threads = [
        Connection(edge, hostnames[n % len(hostnames)], pause * n / connections, pause, end)
        for n in range(connections)
    ]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.first.wait()
    print(STARTED, flush=True)
    sys.stdin.read()
    end.comes_now()
    for thread in threads:
        thread.join()
    ended = time.monotonic()
    by_name = {
        name: asdict(
            seen([a for t in threads if t.hostname == name for a in t.asked], began, ended)
        )
        for name in hostnames
    }
    print(json.dumps({"seconds": ended - began, "hostnames": by_name}))


if __name__ == "__main__":
    main()
