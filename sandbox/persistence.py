"""State that survives a restart and `kill -9`: one SQLite file, readable by its owner only.

It holds private keys: whoever opens TLS with an uploaded certificate later needs them.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sandbox.edge_origins import Origin
from sandbox.faults import Fault
from sandbox.journal import Entry
from sandbox.limits import Limits
from sandbox.quota import Window
from sandbox.records import (
    Account,
    Binding,
    BindingState,
    Certificate,
    CertificateState,
    DnsRecord,
    Policy,
    PolicyState,
    SettingState,
    Timeline,
    Zone,
)
from sandbox.state import State
from sandbox.tokens import Token

FILE_NAME = "sandbox.sqlite"
TABLES = """
CREATE TABLE IF NOT EXISTS records (kind TEXT, id TEXT, body TEXT, PRIMARY KEY (kind, id));
CREATE TABLE IF NOT EXISTS journal (n INTEGER PRIMARY KEY, body TEXT);
"""


class DataDirectoryInUse(Exception):
    """Another sandbox holds the directory."""


class Database:
    """One transaction per `save`. Not synced to disk at each: what a killed process wrote is in the
    kernel, a power cut may lose the last changes but never half of one."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = directory / FILE_NAME
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        os.chmod(path, 0o600)
        self._connection = sqlite3.connect(
            path, isolation_level=None, timeout=0.2, check_same_thread=False
        )
        try:
            self._connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.executescript(TABLES)
        except sqlite3.OperationalError:
            raise DataDirectoryInUse(
                f"{directory}: another sandbox uses this folder; stop it or give another --data"
            ) from None

    def load(self, state: State) -> bool:
        """Fills `state` with what was saved; False when nothing was."""
        rows = self._connection.execute("SELECT kind, id, body FROM records").fetchall()
        for kind, key, text in rows:
            _read_record(state, kind, key, json.loads(text))
        entries = self._connection.execute("SELECT body FROM journal ORDER BY n").fetchall()
        state.journal.entries = [Entry(**json.loads(text)) for (text,) in entries]
        state.store.unsaved.clear()
        return bool(rows)

    def save(self, state: State) -> None:
        """Writes what changed since the last save."""
        records = [
            (kind, key, json.dumps(_record(state, kind, key))) for kind, key in state.store.unsaved
        ]
        records.append(("meta", "meta", json.dumps(_meta(state))))
        entries = [(entry.n, json.dumps(vars(entry))) for entry in state.journal.unsaved]
        self._write(records, entries)
        state.store.unsaved.clear()
        state.journal.unsaved.clear()

    def _write(
        self, records: Iterable[tuple[str, str, str]], entries: Iterable[tuple[int, str]]
    ) -> None:
        connection = self._connection
        connection.execute("BEGIN")
        connection.executemany("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", records)
        connection.executemany("INSERT OR REPLACE INTO journal VALUES (?, ?)", entries)
        connection.execute("COMMIT")

    def forget_journal(self) -> None:
        self._connection.execute("DELETE FROM journal")

    def forget(self) -> None:
        self._connection.execute("DELETE FROM records")
        self.forget_journal()

    def close(self) -> None:
        self._connection.close()


def _meta(state: State) -> dict[str, Any]:
    return {
        "offset": state.clock.offset,
        "latest": state.clock.latest,
        "journal": state.journal.count,
        "limits": state.store.limits.as_json(),
        "tokens": [asdict(token) for token in state.tokens.values()],
        "faults": state.faults.as_json(),
        "origins": {name: asdict(origin) for name, origin in state.origins.items()},
        "windows": {name: asdict(window) for name, window in state.quota.windows.items()},
    }


def _record(state: State, kind: str, key: str) -> dict[str, Any]:
    store = state.store
    if kind == "shared":
        return store.shared
    if kind == "account":
        return asdict(store.account)
    if kind == "zone":
        return asdict(store.zones[key])
    if kind == "certificate":
        return asdict(store.certificates[key])
    zone_id, _, hostname = key.partition("/")
    return asdict(store.bindings[zone_id][hostname])


def _read_record(state: State, kind: str, key: str, body: dict[str, Any]) -> None:
    store = state.store
    if kind == "meta":
        _read_meta(state, body)
    elif kind == "shared":
        store.shared = body
    elif kind == "account":
        body["policies"] = {
            policy_id: Policy(**{**policy, "history": _timeline(policy["history"], PolicyState)})
            for policy_id, policy in body["policies"].items()
        }
        store.account = Account(**body)
    elif kind == "zone":
        body["settings"] = {
            name: _timeline(history, SettingState) for name, history in body["settings"].items()
        }
        body["dns_records"] = [DnsRecord(**record) for record in body.get("dns_records", [])]
        store.zones[key] = Zone(**body)
        store.bindings.setdefault(key, {})
    elif kind == "certificate":
        body["history"] = _timeline(body["history"], CertificateState)
        store.certificates[key] = Certificate(**body)
    else:
        body["history"] = _timeline(body["history"], BindingState)
        binding = Binding(**body)
        store.bindings.setdefault(binding.zone_id, {})[binding.hostname] = binding


def _timeline(body: dict[str, Any], kind: type[Any]) -> Timeline[Any]:
    return Timeline([(instant, kind(**state)) for instant, state in body["moments"]])


def _read_meta(state: State, body: dict[str, Any]) -> None:
    state.clock.resume(body["offset"], body["latest"])
    state.journal.count = body["journal"]
    state.store.limits = Limits(**body["limits"])
    state.tokens = {item["name"]: Token(**item) for item in body["tokens"]}
    state.faults.active = {item["name"]: Fault(**item) for item in body["faults"]}
    state.origins = {name: Origin(**item) for name, item in body.get("origins", {}).items()}
    state.quota.windows = {name: Window(**item) for name, item in body["windows"].items()}
