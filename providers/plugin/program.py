"""What the program still wants, and which certificates this stack made (laws 5 and 8).

The engine calls check for every resource of the program before the final deletions, in the same
process that later deletes. So a delete can see that its object was handed over to another
resource: a rename without alias, a hostname that moved between resources, a reverted rotation.
Diff does not note: `up --refresh` calls it with the inputs of resources that the program dropped.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

Key = tuple[str, ...]


def setting_key(zone_id: str, setting: str) -> Key:
    """A zone-wide setting."""
    return ("setting", zone_id, setting)


def binding_key(zone_id: str, hostname: str) -> Key:
    """The binding of a hostname."""
    return ("binding", zone_id, hostname)


def certificate_key(zone_id: str, level: str, sha256: str) -> Key:
    """A certificate by its content; `level` is "zone" or "hostname"."""
    return ("certificate", zone_id, level, sha256)


class Wanted:
    """The notes of one plugin process. All methods may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted: set[Key] = set()
        self._shows: dict[Key, tuple[str, bool]] = {}
        self._known: set[Key] = set()
        self._own: dict[str, frozenset[str]] = {}
        self._predecessors: dict[Key, tuple[str, ...]] = {}

    def note(self, keys: Iterable[Key]) -> None:
        """The program wants these objects."""
        with self._lock:
            self._wanted.update(keys)

    def wants(self, key: Key) -> bool:
        """Whether any resource of the program wants the object."""
        with self._lock:
            return key in self._wanted

    def certificates(self, zone_id: str, level: str) -> set[str]:
        """The fingerprints of the certificates that the program wants in a zone."""
        with self._lock:
            return {key[3] for key in self._wanted if key[:3] == ("certificate", zone_id, level)}

    def show(self, key: Key, cert_id: str, enabled: bool) -> None:
        """The program wants this certificate for the binding."""
        with self._lock:
            self._shows[key] = (cert_id, enabled)

    def shows(self, zone_id: str) -> dict[str, tuple[str, bool]]:
        """Certificate id and `enabled` that the program wants, by hostname of the zone."""
        with self._lock:
            return {k[2]: what for k, what in self._shows.items() if k[1] == zone_id}

    def know(self, key: Key) -> None:
        """The certificate was in state already, so its faults are old news.

        A forced replacement of an unchanged certificate checks it again without its past.
        """
        with self._lock:
            self._known.add(key)

    def knows(self, key: Key) -> bool:
        """Whether the certificate was seen in state."""
        with self._lock:
            return key in self._known

    def own(self, zone_id: str, cert_ids: Iterable[str]) -> None:
        """These certificate ids are in this stack's state."""
        with self._lock:
            self._own[zone_id] = self._own.get(zone_id, frozenset()) | frozenset(cert_ids)

    def owns(self, zone_id: str, cert_id: str) -> bool:
        """Whether a hostname that shows this certificate shows one of this stack's own."""
        with self._lock:
            return cert_id in self._own.get(zone_id, ())

    def succeed(self, key: Key, predecessors: Iterable[str]) -> None:
        """The certificate `key` replaces the certificates with these ids."""
        with self._lock:
            self._predecessors[key] = tuple(dict.fromkeys(predecessors))

    def predecessors(self, key: Key) -> tuple[str, ...]:
        """Ids of the certificates that `key` replaces, newest first."""
        with self._lock:
            return self._predecessors.get(key, ())
