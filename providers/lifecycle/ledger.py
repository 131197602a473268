"""The ledger of one level of a zone: when the program wanted each certificate (see DESIGN.md).

State knows a fingerprint before its certificate is uploaded, so a certificate that is in the zone,
that no program wants any more, and that was uploaded while one did, is left over from a run that
was cut off. Of a certificate that an issuer will sign, state knows the subject: `CN=NAME`.
Pure: records and times are handed in.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ..api.answers import UploadedCertificate, read_time
from ..api.polling import CLOCK_SKEW, LONGEST_LIST_LAG
from ..values import pem
from ..values.inputs import COMMON_NAME, SUBJECT

_NAME = re.compile(rf"(?:^|,){SUBJECT}({COMMON_NAME})(?=,|$)")


def subject_key(record: UploadedCertificate) -> str:
    """`CN=NAME`, the entry of a certificate that an issuer signed; "" where there is no name."""
    try:
        found = _NAME.search(pem.read_certificate(record.certificate).subject)
    except pem.PemError:
        return ""
    return SUBJECT + found[1] if found else ""


@dataclass(frozen=True)
class LedgerEntry:
    """The time during which a program wanted a certificate; `wanted_until` is None while it does.

    State holds both as RFC 3339 in UTC, whole seconds.
    """

    wanted_from: datetime
    wanted_until: datetime | None = None

    @classmethod
    def from_state(cls, value: Any) -> LedgerEntry | None:
        """The entry; None for what cannot be read, which then proves nothing."""
        if not isinstance(value, Mapping):
            return None
        begin, end = (
            read_time(str(value.get(name, ""))) for name in ("wanted_from", "wanted_until")
        )
        return cls(begin, end) if begin else None

    def to_state(self) -> dict[str, str]:
        """The times as text; `wanted_until` is left out while the certificate is wanted."""
        times = {"wanted_from": self.wanted_from, "wanted_until": self.wanted_until}
        return {name: f"{at:%Y-%m-%dT%H:%M:%SZ}" for name, at in times.items() if at}

    def covers(self, record: UploadedCertificate) -> bool:
        """Whether the certificate was uploaded while a program wanted it."""
        uploaded = read_time(record.uploaded_on)
        if uploaded is None or self.wanted_until is None:
            return False
        return self.wanted_from - CLOCK_SKEW < uploaded < self.wanted_until + CLOCK_SKEW


@dataclass(frozen=True)
class Ledger:
    """The entries of one level by fingerprint (SHA-256 of the DER, lower-case hex) or subject."""

    entries: Mapping[str, LedgerEntry] = field(default_factory=dict)

    @classmethod
    def from_state(cls, entries: Any) -> Ledger:
        """The ledger of one level; entries that cannot be read are left out."""
        read = {k: LedgerEntry.from_state(v) for k, v in dict(entries or {}).items()}
        return cls({sha256: entry for sha256, entry in read.items() if entry})

    def to_state(self) -> dict[str, dict[str, str]]:
        """The entries as state holds them."""
        return {sha256: entry.to_state() for sha256, entry in self.entries.items()}

    def want(self, fingerprints: Iterable[str], now: datetime) -> Ledger:
        """The ledger of a program that wants these: they are entered, all others end now."""
        wanted = {k: self.entries.get(k, LedgerEntry(now)) for k in fingerprints}
        others = {k: entry for k, entry in self.entries.items() if k not in wanted}
        return Ledger(
            {k: replace(entry, wanted_until=None) for k, entry in wanted.items()}
            | {k: replace(e, wanted_until=e.wanted_until or now) for k, e in others.items()}
        )

    def has_all(self, fingerprints: Collection[str]) -> bool:
        """Whether each of the certificates was entered at some time."""
        return set(fingerprints) <= set(self.entries)

    @property
    def unwanted(self) -> dict[str, LedgerEntry]:
        """The entries whose certificates no program wants any more."""
        return {k: entry for k, entry in self.entries.items() if entry.wanted_until}

    def left_over(self, records: Iterable[UploadedCertificate]) -> dict[str, UploadedCertificate]:
        """By fingerprint, the certificates of the zone that a cut run has uploaded and left."""
        found = [r for r in records if not r.is_deleted_or_deleting]
        return {r.sha256: r for r in found if self._was_uploaded_as_unwanted(r)}

    def _was_uploaded_as_unwanted(self, record: UploadedCertificate) -> bool:
        wanted = self.entries.keys() - self.unwanted.keys()
        keys = (record.sha256, subject_key(record))
        ended = [self.unwanted[key] for key in keys if key in self.unwanted]
        return not wanted & set(keys) and any(entry.covers(record) for entry in ended)

    def without_settled(self, present: Collection[str], now: datetime) -> Ledger:
        """What matters later: entries wanted, present in the zone, or hidden by a late list."""
        ended = {k: entry.wanted_until for k, entry in self.unwanted.items() if k not in present}
        settled = {k for k, until in ended.items() if until and now >= until + LONGEST_LIST_LAG}
        return Ledger({k: entry for k, entry in self.entries.items() if k not in settled})

    def without(self, fingerprints: Collection[str]) -> Ledger:
        """The ledger without the entries of these certificates."""
        return Ledger({k: entry for k, entry in self.entries.items() if k not in fingerprints})
