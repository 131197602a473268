"""One deadline for a whole answer, its head included, over any number of reads.

httpx bounds the silence before each read: a server that sends a byte now and then could hold a
request for days, before its headers have ended. Each read of a bounded connection is therefore
given what is left of its thread's deadline.
"""

from __future__ import annotations

import threading
from time import monotonic
from typing import Any

from .errors import Unanswered


class Deadline(threading.local):
    """The deadline of the request that a thread makes; a request is made by one thread."""

    _seconds = _ends = float("inf")

    def begin(self, seconds: float) -> None:
        """Allows so many seconds from now to the end of the answer."""
        self._seconds, self._ends = seconds, monotonic() + seconds

    def left(self) -> float:
        """The seconds that are left.

        :raises Unanswered: when none are.
        """
        left = self._ends - monotonic()
        if left <= 0:
            raise Unanswered(f"Cloudflare's answer comes too slowly (over {self._seconds:.0f} s)")
        return left


def bound(client: Any) -> Deadline:
    """Puts all connections of an `httpx.Client` under a deadline, those through a proxy too."""
    deadline = Deadline()
    for transport in (client._transport, *client._mounts.values()):
        pool = getattr(transport, "_pool", None)
        if pool is not None:
            pool._network_backend = _Connections(pool._network_backend, deadline)
    return deadline


class _Connections:
    """Opens connections as httpcore's backend does, and bounds them."""

    def __init__(self, backend: Any, deadline: Deadline) -> None:
        self._backend = backend
        self._deadline = deadline

    def connect_tcp(self, *arguments: Any, **options: Any) -> _Connection:
        return _Connection(self._backend.connect_tcp(*arguments, **options), self._deadline)


class _Connection:
    """A connection of httpcore's whose reads end with the deadline, TLS included."""

    def __init__(self, stream: Any, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self._deadline.left()
        try:
            return bytes(self._stream.read(max_bytes, min(left, timeout or left)))
        except Exception:
            self._deadline.left()
            raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(self, *arguments: Any, **options: Any) -> _Connection:
        return _Connection(self._stream.start_tls(*arguments, **options), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
