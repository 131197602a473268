"""One read of a list for all threads that ask at about the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

FRESH = 3.0


class Shared(Generic[T]):
    """One read of a list for all threads; never older than the last write of ours."""

    def __init__(self, fetch: Callable[[], T], monotonic: Callable[[], float]) -> None:
        self._fetch = fetch
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._last_write = object()
        self._value: T | None = None
        self._read_at = 0.0
        self._read_after: object = None

    def get(self, max_age: float = FRESH) -> T:
        """The list, at most `max_age` seconds old."""
        with self._lock:
            age = self._monotonic() - self._read_at
            if self._value is None or self._read_after is not self._last_write or age > max_age:
                last_write = self._last_write
                self._value = self._fetch()
                self._read_at = self._monotonic()
                self._read_after = last_write
            return self._value

    def spoil(self) -> None:
        """What was read is no longer to be trusted: something was, or will be, written."""
        # A new object, not a count: two threads that count at once would count one.
        self._last_write = object()
