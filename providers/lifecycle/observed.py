"""The bindings of a zone as they were observed, and asked again by name where it matters.

Lists lag, and are young at Cloudflare: where there is none, each hostname is asked for.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable

from ..api.answers import Binding
from ..api.zone import Zone


class Rows:
    """The bindings of a zone as they were observed once; where it matters asked again by name.

    The list is read when the first hostname is looked up: who has none to look up costs nothing.
    """

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._asked: dict[str, Binding | None] = {}

    @functools.cached_property
    def _listed(self) -> dict[str, Binding] | None:
        return self._zone.bindings()

    def get(self, hostname: str) -> Binding | None:
        """The row, None when the hostname shows no certificate of its own."""
        if hostname in self._asked or self._listed is None:
            return self.ask(hostname)
        row = self._listed.get(hostname)
        return None if row is None or row.is_deleted_or_deleting else row

    def ask(self, hostname: str) -> Binding | None:
        """The row by name, as it is now."""
        if hostname not in self._asked:
            self._asked[hostname] = self._zone.binding(hostname)
        row = self._asked[hostname]
        return None if row is None or row.is_deleted_or_deleting else row

    def on(self, cert_id: str) -> set[str]:
        """The hostnames that the list shows on a certificate."""
        rows = (self._listed or {}).values()
        return {
            row.hostname
            for row in rows
            if row.cert_id == cert_id and not row.is_deleted_or_deleting
        }


def live_rows(zone: Zone, hostnames: Collection[str]) -> dict[str, Binding]:
    """What each of the hostnames shows now; absent from a list is confirmed by name.

    One that timed out counts as absent, so that the next `up` asks for it again.
    """
    rows = Rows(zone)
    found = ((name, rows.get(name) or rows.ask(name)) for name in hostnames)
    return {name: row for name, row in found if row is not None and not row.has_timed_out}


def one_by_one(zone: Zone, entries: Iterable[Binding]) -> dict[str, Binding]:
    """The rows by name, without a list."""
    rows = ((entry.hostname, zone.binding(entry.hostname)) for entry in entries)
    return {hostname: row for hostname, row in rows if row is not None}
