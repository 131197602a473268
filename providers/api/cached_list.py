"""A list of Cloudflare's, read once for all threads that ask at about the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from .errors import copy_of
from .polling import MAX_AGE

T = TypeVar("T")


class _Read(Generic[T]):
    """One read: which of all it is, after how many writes and when it began, and how it ended."""

    def __init__(self, number: int, writes: int, began: float) -> None:
        self.number = number
        self.writes = writes
        self.began = began
        self.is_done = False
        self.values: list[T] = []
        self.error: BaseException | None = None


class CachedList(Generic[T]):
    """What `fetch` answered last; it is read again once it is too old, or older than a write.

    One read serves all threads that asked before it began or while it ran, with its answer or
    with a copy of its failure: a slow or broken Cloudflare is not asked by each of them in turn.
    """

    def __init__(self, fetch: Callable[[], T], monotonic: Callable[[], float]) -> None:
        self._fetch = fetch
        self._monotonic = monotonic
        self._changed = threading.Condition()
        self._writes = 0
        self._last: _Read[T] = _Read(0, -1, 0.0)
        self._last.is_done = True

    def get(self, max_age: float = MAX_AGE, even_if_written: bool = False) -> T:
        """The list, at most `max_age` seconds old when asked for, and read after our last write.

        `even_if_written` lets the age alone decide: a wait for an earlier write does not need the
        writes of other resources since. With a `max_age` of 0 or less, a read that runs already
        does not serve.
        """
        with self._changed:
            asked = self._monotonic()
            needed = -1 if even_if_written else self._writes
            is_shared = not self._last.is_done and max_age > 0
            first = self._last.number + (0 if is_shared else 1)
            while True:
                last = self._last
                is_young = bool(last.values) and asked - last.began <= max_age
                if last.writes >= needed and (last.number >= first or is_young):
                    self._changed.wait_for(lambda read=last: read.is_done)  # type: ignore[misc]
                    return _answer(last)
                if last.is_done:
                    break
                self._changed.wait()
            mine = self._last = _Read(last.number + 1, self._writes, self._monotonic())
        return self._run(mine)

    def invalidate(self) -> None:
        """Tells that something was, or will be, written: what was read before is not the truth."""
        with self._changed:
            self._writes += 1

    def _run(self, read: _Read[T]) -> T:
        try:
            value = self._fetch()
            read.values.append(value)
            return value
        except BaseException as error:
            # The one that is raised here gets a name of its own on its way up.
            read.error = copy_of(error)
            raise
        finally:
            with self._changed:
                read.is_done = True
                self._changed.notify_all()


def _answer(read: _Read[T]) -> T:
    if read.error is not None:
        raise copy_of(read.error)
    return read.values[0]
