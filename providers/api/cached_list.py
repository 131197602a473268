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

    def get(self, max_age: float = FRESH, follows_writes: bool = True) -> T:
        """The list, at most `max_age` seconds old.

        Whoever waits for a write that is older than `max_age` needs none of the writes since:
        `follows_writes=False` lets age alone decide.
        """
        with self._lock:
            began = self._monotonic()
            is_spoiled = follows_writes and self._read_after is not self._last_write
            if self._value is None or is_spoiled or began - self._read_at > max_age:
                last_write = self._last_write
                self._value = self._fetch()
                self._read_at = began
                self._read_after = last_write
            return self._value

    def spoil(self) -> None:
        """What was read is no longer to be trusted: something was, or will be, written."""
        # A new object, not a count: two threads that count at once would count one.
        self._last_write = object()
