"""Which requests came and how they were answered, without secrets."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from sandbox.clock import Instant, stamp

REMOVED = "(removed)"
KEY_MARK = "PRIVATE KEY"


@dataclass
class Entry:
    """`status` None: the connection was closed without an answer, or the request is not answered
    yet. `by` is a token's name, never the token."""

    n: int
    at: str
    by: str
    method: str
    path: str
    query: dict[str, str]
    body: Any
    status: int | None = None
    codes: list[int] = field(default_factory=list)
    fault: str | None = None
    violation: bool = False


class Journal:
    """Entries are numbered by arrival, from 1; `unsaved` are those a store has yet to write."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.unsaved: list[Entry] = []
        self.count = 0

    def open(
        self, now: Instant, by: str, method: str, path: str, query: dict[str, str], body: bytes
    ) -> Entry:
        self.count += 1
        entry = Entry(self.count, stamp(now), by, method, path, query, readable(body))
        self.entries.append(entry)
        return entry

    def close(self, entry: Entry, status: int | None, errors: list[dict[str, Any]]) -> None:
        entry.status = status
        entry.codes = [error["code"] for error in errors]
        self.unsaved.append(entry)

    def after(self, n: int) -> list[dict[str, Any]]:
        return [dict(vars(entry)) for entry in self.entries if entry.n > n]

    def clear(self) -> None:
        """Forgets all entries; their numbers go on, so that `after=N` keeps its meaning."""
        self.entries.clear()
        self.unsaved.clear()


def readable(body: bytes) -> Any:
    """The JSON of a body without private keys; of anything else only its length."""
    if not body:
        return None
    try:
        return without_keys(json.loads(body))
    except (ValueError, RecursionError):
        return f"({len(body)} bytes that are not JSON)"


def without_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: REMOVED if name == "private_key" else without_keys(item)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [without_keys(item) for item in value]
    if isinstance(value, str) and KEY_MARK in value:
        return REMOVED
    return value
