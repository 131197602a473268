"""A list of Cloudflare's, read once for all threads that ask at about the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from .polling import MAX_AGE

T = TypeVar("T")


class CachedList(Generic[T]):
    """What `fetch` answered last; it is read again once it is too old, or older than a write."""

    def __init__(self, fetch: Callable[[], T], monotonic: Callable[[], float]) -> None:
        self._fetch = fetch
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._last_write = object()
        self._value: T | None = None
        self._read_at = 0.0
        self._read_after: object = None

    def get(self, max_age: float = MAX_AGE, even_if_written: bool = False) -> T:
        """The list, at most `max_age` seconds old, and read after our last write.

        `even_if_written` lets the age alone decide: a wait for an earlier write does not need the
        writes of other resources since.
        """
        with self._lock:
            began = self._monotonic()
            is_invalid = not even_if_written and self._read_after is not self._last_write
            if self._value is None or is_invalid or began - self._read_at > max_age:
                last_write = self._last_write
                self._value = self._fetch()
                self._read_at = began
                self._read_after = last_write
            return self._value

    def invalidate(self) -> None:
        """Tells that something was, or will be, written: what was read before is not the truth."""
        # A new object, not a count: two threads that count at once would count one.
        self._last_write = object()
