"""Which certificate Cloudflare presents for which hostname of a zone.

API path: `/zones/{zone_id}/origin_tls_client_auth/hostnames`. What the API calls an association is
our binding.
"""

from __future__ import annotations

from typing import Any

from .answers import Binding, is_before
from .bulk_put import Bulk
from .cached_list import CachedList
from .client import Client
from .codes import means_gone
from .errors import Refused, Unanswered
from .polling import MAX_AGE
from .runtime import Runtime
from .zone_requests import AOP, ZoneRequests


class ZoneBindings(ZoneRequests):
    """The bindings of one zone, listed, read by hostname, and written many at once (`bulk`)."""

    def __init__(self, client: Client, zone_id: str, runtime: Runtime) -> None:
        super().__init__(client, zone_id, runtime)
        self._bindings = CachedList(self._list_bindings, runtime.clock.monotonic)
        # By hostname: when it was bound, as the answers to our writes say.
        self._put: dict[str, str] = {}
        self._no_list = False
        self.bulk = Bulk(self._put_bindings, runtime)

    def bindings(
        self, max_age: float = MAX_AGE, even_if_written: bool = False
    ) -> dict[str, Binding] | None:
        """The rows that the list shows, by hostname, also those being voided.

        None where there is no such list: it is young at Cloudflare.
        """
        if self._no_list:
            return None
        try:
            return self._bindings.get(max_age, even_if_written)
        except Refused as refused:
            if refused.status in (404, 405):
                self._no_list = True
                return None
            raise

    def binding(self, hostname: str) -> Binding | None:
        """The row of one hostname as it is now, also while it is being voided; None if absent."""
        try:
            reply = self._client.get(f"{self._base}/{AOP}/hostnames/{hostname}")
        except Refused as refused:
            if means_gone(refused):
                return None
            raise
        row = Binding.read(reply.result)
        if row is None:
            raise Unanswered(f"Cloudflare's answer about binding {hostname} has no hostname")
        return row

    def _list_bindings(self) -> dict[str, Binding]:
        path = f"{AOP}/hostnames"
        records = [Binding.read(i) for i in self._pages(path, status="all", per_page=1000)]
        return {r.hostname: r for r in records if r is not None}

    def list_is_older_than_our_write(self, row: Binding) -> bool:
        """Whether a row of the list is older than what this process wrote."""
        return is_before(row.updated_at, self._put.get(row.hostname, ""))

    def changed_after_our_write(self, row: Binding) -> bool:
        """Whether somebody wrote the row after this process; a deployment is no write."""
        return is_before(self._put.get(row.hostname, ""), row.updated_at)

    def _put_bindings(self, config: list[dict[str, Any]]) -> None:
        path = f"{self._base}/{AOP}/hostnames"
        reply = self._write(self._bindings, lambda: self._client.put(path, {"config": config}))
        rows = [Binding.read(i) for i in reply.result] if isinstance(reply.result, list) else []
        self._put.update({row.hostname: row.updated_at for row in rows if row is not None})
