"""The bindings of a zone as they were observed, and asked again by name where it matters.

Lists lag, and are young at Cloudflare: where there is none, each hostname is asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ..api.answers import Binding
from ..api.polling import MAX_AGE, REFRESH_AGE
from ..api.zone import Zone


class ObservedBindings:
    """The bindings of a zone as they were observed once; where it matters reread by name.

    The list is read when the first hostname is looked up: no hostname costs no request. It may have
    been read for another resource, `max_age` seconds ago.
    """

    def __init__(self, zone: Zone, max_age: float = MAX_AGE) -> None:
        self._zone = zone
        self._max_age = max_age
        self._reread: dict[str, Binding | None] = {}
        self._rows: dict[str, Binding] | None = None
        self._is_listed = False

    @property
    def _list(self) -> dict[str, Binding] | None:
        # functools.cached_property would let all threads wait for each other, up to Python 3.11.
        if not self._is_listed:
            self._rows, self._is_listed = self._zone.bindings(self._max_age), True
        return self._rows

    def listed(self, hostname: str) -> Binding | None:
        """The binding; None when the hostname shows no certificate of its own."""
        if hostname in self._reread or self._list is None:
            return self.reread(hostname)
        return _unless_deleted(self._list.get(hostname))

    def reread(self, hostname: str) -> Binding | None:
        """The binding by name, as it is now."""
        if hostname not in self._reread:
            self._reread[hostname] = self._zone.binding(hostname)
        return _unless_deleted(self._reread[hostname])

    def hostnames_on(self, cert_id: str) -> set[str]:
        """The hostnames that the list shows on a certificate."""
        rows = map(_unless_deleted, (self._list or {}).values())
        return {row.hostname for row in rows if row is not None and row.cert_id == cert_id}


def _unless_deleted(row: Binding | None) -> Binding | None:
    return None if row is None or row.is_deleted_or_deleting else row


def as_observed(zone: Zone, hostnames: Collection[str]) -> dict[str, Binding]:
    """What each of the hostnames shows, for a refresh; absence from a list is confirmed by name.

    A binding that timed out counts as absent, so that the next `up` asks for it again.
    """
    observed = ObservedBindings(zone, REFRESH_AGE)
    found = ((name, observed.listed(name) or observed.reread(name)) for name in hostnames)
    return {name: row for name, row in found if row is not None and not row.has_timed_out}


def read_by_name(zone: Zone, bindings: Iterable[Binding]) -> dict[str, Binding]:
    """The bindings of the same hostnames as they are now, without a list."""
    rows = ((binding.hostname, zone.binding(binding.hostname)) for binding in bindings)
    return {hostname: row for hostname, row in rows if row is not None}
