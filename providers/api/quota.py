"""Cloudflare's request quota, kept by this process: one gate for each set of credentials.

1,200 requests in 5 minutes for everything a user does; beyond it every call is refused until the
window ends. Answers carry `Ratelimit: "burst";r=9;t=2, "default";r=50;t=30` (by the policy's name:
requests left, seconds until its window ends), a 429 also `Retry-After` in seconds. Source:
https://developers.cloudflare.com/fundamentals/api/reference/limits/
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta

from .errors import QuotaExhausted
from .polling import QUOTA_WAIT
from .runtime import Runtime

_POLICY = re.compile(r'"([^"]*)"((?:;\s*[a-z]+=\d{1,9})*)')
_longest: ContextVar[float] = ContextVar("longest wait for the quota", default=QUOTA_WAIT)


@contextmanager
def waits_at_most(seconds: float) -> Iterator[None]:
    """Bounds each wait for the quota inside: with the `wait_seconds` of a resource."""
    token = _longest.set(seconds)
    try:
        yield
    finally:
        _longest.reset(token)


@dataclass
class _Window:
    """What the answer to request `number` said of a policy, less the requests since."""

    number: int
    left: int
    ends: float


class Quota:
    """A gate that is shut while Cloudflare would refuse. All threads share it.

    Requests are numbered as they leave: of two answers that overtake each other, the one to the
    later request counts.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._lock = threading.Lock()
        self._number = 0
        self._windows: dict[str, _Window] = {}
        self._shut_until = float("-inf")
        self._shut_by = 0

    def admit(self) -> int:
        """Returns once a request may leave, with its number; counts it as sent.

        :raises QuotaExhausted: when the gate stays shut for longer than `waits_at_most` allows.
        """
        clock, longest = self._runtime.clock, _longest.get()
        began = clock.monotonic()
        while True:
            with self._lock:
                seconds = self._seconds_shut()
                if seconds <= 0:
                    self._number += 1
                    for window in self._windows.values():
                        window.left -= 1
                    return self._number
            # A second is for the figures that were rounded on their way.
            if clock.monotonic() - began + seconds > longest + 1:
                again = clock.now() + timedelta(seconds=min(seconds, 10**9))
                raise QuotaExhausted(seconds, longest, again)
            self._runtime.wait(seconds, "Cloudflare's request quota to open again", self.is_open)

    def is_open(self) -> bool:
        """Whether a request could leave now."""
        return self.seconds_shut() <= 0

    def seconds_shut(self) -> float:
        """The seconds for which no request may leave; 0 when the gate is open."""
        with self._lock:
            return self._seconds_shut()

    def shut(self, seconds: float) -> None:
        """Lets nothing leave for so many seconds, unless an answer says that requests are left."""
        with self._lock:
            self._shut(self._number, seconds)

    def note(self, number: int, status: int, headers: Mapping[str, str]) -> None:
        """Takes over what the answer to a request says of the windows.

        A 429 says in `Retry-After` when to come back; that counts, whatever older answers said.
        """
        seconds = retry_after(headers) if status == 429 else None
        policies = [] if seconds is not None else list(_policies(headers.get("ratelimit", "")))
        with self._lock:
            if seconds is not None and number >= self._shut_by:
                self._windows.clear()
                self._shut(number, seconds + 1)
            for name, left, lasts in policies:
                window = self._windows.get(name)
                if window is None or number > window.number:
                    sent_since = self._number - number
                    ends = self._runtime.clock.monotonic() + lasts
                    self._windows[name] = _Window(number, left - sent_since, ends)
            if number > self._shut_by and policies and all(left for _, left, _ in policies):
                self._shut_until = float("-inf")

    def _shut(self, number: int, seconds: float) -> None:
        self._shut_until = self._runtime.clock.monotonic() + seconds
        self._shut_by = number

    def _seconds_shut(self) -> float:
        now = self._runtime.clock.monotonic()
        self._windows = {name: w for name, w in self._windows.items() if now < w.ends}
        exhausted = [window.ends for window in self._windows.values() if window.left <= 0]
        return max([self._shut_until, *exhausted]) - now


def _policies(header: str) -> Iterator[tuple[str, int, int]]:
    """Name, requests left and seconds until the window ends, of each policy that says both."""
    for name, parameters in _POLICY.findall(header):
        found = dict(re.findall(r"([a-z]+)=(\d+)", parameters))
        if "r" in found and "t" in found:
            yield name, int(found["r"]), int(found["t"])


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of `Retry-After` (RFC 9110 10.2.3); None when absent or a date."""
    value = headers.get("retry-after", "").strip()
    return float(value) if re.fullmatch(r"[0-9]{1,18}", value) else None
