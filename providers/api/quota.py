"""Cloudflare's request quota, kept by this process: one gate that every request passes.

1,200 requests in 5 minutes for everything a user does; beyond it every call is refused until the
window ends. Answers carry `Ratelimit: "default";r=50;t=30` (requests left, seconds until the
window ends), a 429 also `Retry-After` in seconds. Source:
https://developers.cloudflare.com/fundamentals/api/reference/limits/
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping

_LEFT = re.compile(r"\br=(\d+)")
_SECONDS = re.compile(r"\bt=(\d+)")


class Quota:
    """A gate that is shut while Cloudflare would refuse. All threads share it.

    `monotonic` and `wait` enter as arguments; `wait(seconds, why)` sleeps and may say why.
    """

    def __init__(self, monotonic: Callable[[], float], wait: Callable[[float, str], None]) -> None:
        self._monotonic = monotonic
        self._wait = wait
        self._lock = threading.Lock()
        self._left: int | None = None
        self._ends = 0.0
        self._shut_until = 0.0

    def admit(self) -> None:
        """Returns once a request may leave; counts it as sent."""
        while True:
            with self._lock:
                seconds = self._seconds_to_wait()
                if seconds <= 0:
                    if self._left is not None:
                        self._left -= 1
                    return
            self._wait(seconds, "Cloudflare's request quota to open again")

    def _seconds_to_wait(self) -> float:
        now = self._monotonic()
        if now < self._shut_until:
            return self._shut_until - now
        if self._left is not None and now >= self._ends:
            self._left = None
        if self._left is not None and self._left <= 0:
            return self._ends - now
        return 0.0

    def shut(self, seconds: float) -> None:
        """Nothing leaves for so many seconds."""
        with self._lock:
            self._shut_until = max(self._shut_until, self._monotonic() + seconds)

    def note(self, headers: Mapping[str, str]) -> None:
        """Takes over what an answer says of the window.

        Answers overtake each other, so within one window the smaller number counts.
        """
        left = _LEFT.search(headers.get("ratelimit", ""))
        seconds = _SECONDS.search(headers.get("ratelimit", ""))
        if not left or not seconds:
            return
        with self._lock:
            ends = self._monotonic() + int(seconds[1])
            same_window = self._left is not None and ends <= self._ends + 1
            count = int(left[1])
            self._left = min(self._left or 0, count) if same_window else count
            self._ends = max(self._ends, ends) if same_window else ends


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of `Retry-After` (RFC 9110 10.2.3); None when absent or a date."""
    value = headers.get("retry-after", "").strip()
    return float(value) if value.isdigit() else None
