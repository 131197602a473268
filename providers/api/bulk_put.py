"""Changes of bindings that arrive together travel together.

`PUT /zones/{zone_id}/origin_tls_client_auth/hostnames` takes a list and touches only the
hostnames in it. A change that comes while a request is under way travels with the next one. An
entry that Cloudflare refuses does not fail its neighbours: the request is repeated in halves, until
the reason turns out to be the same for all. That is safe because each entry says the wanted state,
whatever part of a refused list was carried out.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any

from .answers import Binding
from .errors import Refused, copy_of
from .polling import LATELY, LONGEST, MOMENT, QUIET
from .runtime import Runtime

LARGEST = 100
# Other hostnames are other entries: the peers, too, send that many at once, one hostname in each.
AT_ONCE = 4
# So few entries are asked for one by one, whatever the refusals say.
FEW = 8


@dataclass
class _Ticket:
    entries: Sequence[Binding]
    refused: dict[str, Refused] = field(default_factory=dict)
    error: BaseException | None = None
    done: bool = False


class Bulk:
    """Joins what all threads of a zone write; `send` carries out one request."""

    def __init__(self, send: Callable[[list[dict[str, Any]]], None], runtime: Runtime) -> None:
        self._send = send
        self._runtime = runtime
        self._queue: list[_Ticket] = []
        self._queue_lock = threading.Lock()
        self._sending = threading.Lock()
        self._last_sent = float("-inf")
        self._most_together = 1
        self._began: dict[object, float] = {}

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Around a call that may `put`, to its end: it tells the others whom to wait for."""
        call, clock = object(), self._runtime.clock
        with self._queue_lock:
            self._began[call] = clock.monotonic()
            self._most_together = max(self._most_together, len(self._young()))
        try:
            yield
        finally:
            with self._queue_lock:
                del self._began[call]

    def _young(self) -> list[float]:
        """When those began that can be expected to end soon: the others wait for Cloudflare."""
        now = self._runtime.clock.monotonic()
        return [began for began in self._began.values() if now - began < LATELY]

    def put(self, entries: Sequence[Binding]) -> dict[str, Refused]:
        """Carries the entries out; answers with what Cloudflare refused, by hostname.

        Voids go first: a certificate that is full takes a new hostname only after another left.
        """
        ticket = _Ticket(entries)
        with self._queue_lock:
            self._queue.append(ticket)
        with self._sending:
            if not ticket.done:
                self._gather()
                self._serve()
                self._last_sent = self._runtime.clock.monotonic()
        if ticket.error is not None:
            raise copy_of(ticket.error)
        return ticket.refused

    def _gather(self) -> None:
        clock = self._runtime.clock
        began = last_came = clock.monotonic()
        if began - self._last_sent > LATELY:
            self._most_together = max(1, len(self._young()))
        came = len(self._queue)
        clock.sleep(MOMENT)
        while len(self._queue) < self._most_together:
            now = clock.monotonic()
            if len(self._queue) > came:
                came, last_came = len(self._queue), now
            with self._queue_lock:
                others = len(self._young()) > len(self._queue)
            if now - began > LONGEST or (now - last_came > QUIET and not others):
                return
            clock.sleep(MOMENT)

    def _serve(self) -> None:
        with self._queue_lock:
            tickets, self._queue = self._queue, []
        self._most_together = max(self._most_together, len(tickets))
        entries = [entry for ticket in tickets for entry in ticket.entries]
        refused: dict[str, Refused] = {}
        error: BaseException | None = None
        try:
            for requests in _rounds(entries):
                with ThreadPoolExecutor(AT_ONCE) as pool:
                    # A wait for the quota is bounded as in the thread that sends.
                    found = [pool.submit(copy_context().run, self._refused_of, r) for r in requests]
                    for future in found:
                        refused |= future.result()
        except BaseException as caught:
            error = caught
        for ticket in tickets:
            names = {entry.hostname for entry in ticket.entries}
            ticket.refused = {name: copy_of(why) for name, why in refused.items() if name in names}
            ticket.error = error
            ticket.done = True

    def _refused_of(self, entries: Sequence[Binding]) -> dict[str, Refused]:
        refusal = self._refusal(entries)
        return {} if refusal is None else self._in_halves(entries, refusal)

    def _in_halves(self, entries: Sequence[Binding], refusal: Refused) -> dict[str, Refused]:
        """Which of the entries are refused, when all of them together were."""
        if len(entries) == 1:
            return {entries[0].hostname: refusal}
        middle = len(entries) // 2
        halves = [(half, self._refusal(half)) for half in (entries[:middle], entries[middle:])]
        if len(entries) > FEW and self._is_for_all(halves, refusal):
            return {entry.hostname: refusal for entry in entries}
        found: dict[str, Refused] = {}
        for half, why in halves:
            found |= {} if why is None else self._in_halves(half, why)
        return found

    def _is_for_all(
        self, halves: Sequence[tuple[Sequence[Binding], Refused | None]], refusal: Refused
    ) -> bool:
        """Whether both halves are refused for the same reason, and so is one entry of each alone.

        A certificate that Cloudflare does not know is the same reason for all its hostnames, and
        asking for each of them costs more requests than the quota has.
        """
        return all(why is not None and why.reason == refusal.reason for _, why in halves) and all(
            alone is not None and alone.reason == refusal.reason
            for alone in (self._refusal(half[:1]) for half, _ in halves)
        )

    def _refusal(self, entries: Sequence[Binding]) -> Refused | None:
        try:
            self._send([entry.body() for entry in entries])
        except Refused as refusal:
            if refusal.status not in (400, 404, 422):
                raise
            return refusal
        return None


def _rounds(entries: Sequence[Binding]) -> Iterator[list[list[Binding]]]:
    """Requests that may travel at once; a round begins when the one before has ended."""
    by_kind = sorted(entries, key=_is_shown)
    requests = [by_kind[i : i + LARGEST] for i in range(0, len(by_kind), LARGEST)]
    # Only voids, voids and others, only others.
    for _, together in itertools.groupby(requests, lambda r: (_is_shown(r[0]), _is_shown(r[-1]))):
        yield list(together)


def _is_shown(entry: Binding) -> bool:
    return entry.enabled is not None
