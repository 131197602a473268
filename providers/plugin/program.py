"""What the program still wants in a zone, and which certificates there are this stack's (law 8).

The engine calls check for every resource of the program before the final deletions, in the same
process that later deletes. So a delete can see that its object was handed over to another
resource: a rename without alias, a hostname that moved between resources, a reverted rotation.
Diff does not say what is wanted: `up --refresh` calls it with the inputs of resources that the
program dropped.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from ..api.answers import Binding, Level, UploadedCertificate, is_before
from ..values.inputs import SUBJECT

Key = tuple[str, ...]


@dataclass(frozen=True)
class IssuedNote:
    """A certificate that an issuer signed for a subject, as state holds it.

    `predecessors` are ids, newest first; `ends` says for people when it ends.
    """

    cert_id: str
    sha256: str
    ends: str = ""
    predecessors: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """Cloudflare's ids of all that state holds or held for the subject."""
        return (self.cert_id, *self.predecessors)


@dataclass(frozen=True)
class OriginsToTry:
    """Whom to ask before a certificate is uploaded, as `ADDRESS:PORT`, and for which hostname.

    `unreachable` says what an origin that gives no clear answer means: "error" or "warn".
    """

    addresses: tuple[str, ...]
    hostname: str
    unreachable: str = "error"


class Notes:
    """What the program wants in one zone or account. All methods may be called from any thread.

    An object there is a key, such as `("setting", name)` or `("policy", level, name)`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted: set[Key] = set()

    def want(self, *key: str) -> None:
        """Notes that a resource of the program wants the object."""
        with self._lock:
            self._wanted.add(key)

    def wants(self, *key: str) -> bool:
        """Whether any resource of the program wants the object."""
        with self._lock:
            return key in self._wanted


class ZoneNotes(Notes):
    """The notes of one process about one zone.

    An object of the zone is a key: `("setting", name)`, `("hostname", name)`,
    `("certificate", level, sha256)`, or `("subject", level, common_name)` for a certificate whose
    fingerprint nobody knows before the issuer has signed.
    """

    def __init__(self) -> None:
        super().__init__()
        self._bindings: dict[str, Binding] = {}
        self._in_state: set[Key] = set()
        self._own: set[str] = set()
        self._own_uploads: set[Key] = set()
        self._last_upload = ""
        self._replaced: dict[Key, tuple[str, ...]] = {}
        self._issued: dict[Key, IssuedNote] = {}
        self._to_try: dict[Key, OriginsToTry] = {}

    def wanted_certificates(self, level: Level) -> set[str]:
        """The fingerprints of the certificates that the program wants, as far as they are known."""
        with self._lock:
            known = {key[2] for key in self._wanted if key[:2] == ("certificate", level)}
            return known | {
                note.sha256
                for key, note in self._issued.items()
                if key[0] == level and ("subject", *key) in self._wanted
            }

    def wanted_uploads(self, level: Level) -> set[str]:
        """The same, and `CN=NAME` for each subject: the keys of a ledger's entries."""
        found = self.wanted_certificates(level)
        with self._lock:
            subjects = [key[2] for key in self._wanted if key[:2] == ("subject", level)]
        return found | {SUBJECT + common_name for common_name in subjects}

    def hold_issued(self, level: Level, common_name: str, note: IssuedNote) -> None:
        """Notes what state holds for a subject, or will hold once this run has recorded it."""
        with self._lock:
            self._issued[level, common_name] = note

    def issued(self, level: Level, common_name: str) -> IssuedNote | None:
        """What state holds for a subject; None where this process was not told.

        The engine tells nothing (it calls no diff) when state holds nothing, and when the
        replacement is forced.
        """
        with self._lock:
            return self._issued.get((level, common_name))

    def try_before_upload(self, level: Level, name: str, origins: OriginsToTry) -> None:
        """Notes whom to ask; `name` is a fingerprint, or the subject of what is not signed yet.

        State does not hold this: a certificate is the same whoever was asked about it.
        """
        with self._lock:
            self._to_try[level, name] = origins

    def origins_to_try(self, level: Level, name: str) -> OriginsToTry | None:
        """Whom the program wants to be asked about the certificate; None for nobody."""
        with self._lock:
            return self._to_try.get((level, name))

    def want_binding(self, binding: Binding) -> None:
        """Notes which certificate the program wants a hostname to show."""
        with self._lock:
            self._bindings[binding.hostname] = binding

    def wanted_bindings(self) -> list[Binding]:
        """The bindings that the program wants and whose certificate it knows."""
        with self._lock:
            return list(self._bindings.values())

    def seen_in_state(self, level: Level, sha256: str) -> None:
        """Notes that the certificate was in state already, so its faults are old news.

        A forced replacement of an unchanged certificate checks it again without its past.
        """
        with self._lock:
            self._in_state.add((level, sha256))

    def was_in_state(self, level: Level, sha256: str) -> bool:
        """Whether the certificate was seen in state."""
        with self._lock:
            return (level, sha256) in self._in_state

    def add_own(self, cert_ids: Iterable[str]) -> None:
        """Notes the ids of certificates that are in this stack's state."""
        with self._lock:
            self._own.update(cert_ids)

    def is_own(self, cert_id: str) -> bool:
        """Whether the certificate with this id is, or was, a certificate of this stack."""
        with self._lock:
            return cert_id in self._own

    def add_last_upload(self, uploaded_on: str) -> None:
        """Notes when a zone certificate that state holds was uploaded (RFC 3339, UTC)."""
        with self._lock:
            if self._last_upload == "" or is_before(self._last_upload, uploaded_on):
                self._last_upload = uploaded_on

    def was_displaced(self, record: UploadedCertificate) -> bool:
        """Whether a zone certificate that state holds was uploaded after this one."""
        with self._lock:
            return is_before(record.uploaded_on, self._last_upload)

    def add_own_uploads(self, level: Level, fingerprints: Iterable[str]) -> None:
        """Notes the fingerprints that state knew before they were uploaded, whatever their ids."""
        with self._lock:
            self._own_uploads.update((level, sha256) for sha256 in fingerprints)

    def is_own_upload(self, level: Level, sha256: str) -> bool:
        """Whether this stack uploads, or may have uploaded, the certificate."""
        with self._lock:
            key = (level, sha256)
            return key in self._own_uploads or ("certificate", *key) in self._wanted

    def replaces(self, level: Level, sha256: str, cert_ids: Iterable[str]) -> None:
        """Notes the ids of the certificates that this certificate replaces, newest first."""
        with self._lock:
            self._replaced[level, sha256] = tuple(dict.fromkeys(cert_ids))

    def replaced_by(self, level: Level, sha256: str) -> tuple[str, ...]:
        """The ids of the certificates that this certificate replaces, newest first."""
        with self._lock:
            return self._replaced.get((level, sha256), ())
