"""What every request about a zone shares: its path, its pages, and lists that a write makes old."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ..values.text import short
from .cached_list import CachedList
from .client import Client, Reply
from .errors import Unanswered, about
from .runtime import Runtime

T = TypeVar("T")

MOST_PAGES = 50

AOP = "origin_tls_client_auth"


class ZoneRequests:
    """The requests of one zone; API paths are below `/zones/{zone_id}`."""

    def __init__(self, client: Client, zone_id: str, runtime: Runtime) -> None:
        self.zone_id = zone_id
        self.runtime = runtime
        self._client = client
        self._base = f"zones/{zone_id}"

    def __str__(self) -> str:
        return f"zone {short(self.zone_id)}"

    def wait(
        self,
        look: Callable[[float], T | None],
        what: str,
        seconds: float,
        next_step: str,
        *,
        written_ago: float | None = None,
    ) -> T:
        """Polls `look` as `Runtime.poll` does."""
        return self.runtime.poll(look, what, seconds, next_step, written_ago=written_ago)

    def _write(self, cached: CachedList[Any], write: Callable[[], Reply]) -> Reply:
        """Sends a write; a list that was read before or during it is believed no longer."""
        cached.invalidate()
        try:
            return write()
        finally:
            cached.invalidate()

    def _pages(self, path: str, **query: str | int) -> list[Any]:
        """All items of a list; Unanswered where it has more than MOST_PAGES pages."""
        items: list[Any] = []
        page = 1
        while page <= MOST_PAGES:
            more = {"page": page} if page > 1 else {}
            with about(f"{path} of {self}"):
                reply = self._client.get(f"{self._base}/{path}", **query, **more)
            items += reply.result if isinstance(reply.result, list) else []
            pages = reply.info.get("total_pages")
            if not isinstance(pages, (int, float)) or page >= pages or not reply.result:
                return items
            page += 1
        raise Unanswered(f"Cloudflare's list {path} has more than {MOST_PAGES} pages")
