"""What one plugin process shares over all resources and threads.

One client and one quota for each set of credentials, one view of each zone, and the notes of what
the program wants. Tests put their own session in place with `use`.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from ..api.account import Account
from ..api.client import Client
from ..api.credentials import base_url, credentials
from ..api.quota import Quota
from ..api.runtime import Clock, Runtime
from ..api.zone import Zone
from ..values.text import one_line
from .program import Notes, ZoneNotes
from .run import AccountRun, ZoneRun

SECRET = ("TOKEN", "KEY", "SECRET", "PASS")


def _say(line: str) -> None:
    # The engine shows what a plugin prints; unbuffered, or a wait would look like a hang.
    print(one_line(line), file=sys.stdout, flush=True)


def _never() -> None:
    return


class Session:
    """The state of a plugin process; everything in it is made at first use."""

    def __init__(
        self,
        environ: Mapping[str, str],
        clock: Clock | None = None,
        say: Callable[[str], None] = _say,
        raise_if_engine_gone: Callable[[], None] = _never,
    ) -> None:
        self.environ = environ
        self.clock = clock or Clock()
        self.notes: dict[str, ZoneNotes] = {}
        self.account_notes: dict[str, Notes] = {}
        self._say = say
        self._raise_if_engine_gone = raise_if_engine_gone
        self._runtime = Runtime(self.clock, say, self._raise_now)
        self._quotas: dict[tuple[str, ...], Quota] = {}
        self._clients: dict[str, Client] = {}
        self._zones: dict[tuple[str, str], Zone] = {}
        self._changes: dict[str, AbstractContextManager[object]] = {}
        self._said: set[str] = set()
        self._lock = threading.Lock()

    def zone_run(self, zone_id: str, token_env: str | None) -> ZoneRun:
        """What a verb needs for a zone; one that a preview does not know yet keeps no notes."""
        with self._lock:
            is_known = isinstance(zone_id, str)
            notes = self.notes.setdefault(zone_id, ZoneNotes()) if is_known else ZoneNotes()
        return ZoneRun(
            self.clock, self.environ, self.say_once, notes, lambda: self.zone(zone_id, token_env)
        )

    def account_run(self, account_id: str, token_env: str | None) -> AccountRun:
        """What a verb needs for an account; as `zone_run`."""
        with self._lock:
            is_known = isinstance(account_id, str)
            notes = self.account_notes.setdefault(account_id, Notes()) if is_known else Notes()
        return AccountRun(
            self.clock,
            self.environ,
            self.say_once,
            notes,
            lambda: Account(self.client(token_env), account_id, self._runtime),
        )

    def zone(self, zone_id: str, token_env: str | None) -> Zone:
        """Views a zone through a token; raises `NoCredentials` where the token is not set."""
        key = (zone_id, token_env or "")
        with self._lock:
            if key not in self._zones:
                changes = self._changes.setdefault(zone_id, threading.RLock())
                client = self._client(token_env)
                self._zones[key] = Zone(client, zone_id, self._runtime, changes)
            return self._zones[key]

    def client(self, token_env: str | None) -> Client:
        """The API with these credentials, for what no view of a zone answers; raises likewise."""
        with self._lock:
            return self._client(token_env)

    def _client(self, token_env: str | None) -> Client:
        key = token_env or ""
        if key not in self._clients:
            url, headers = base_url(self.environ), credentials(self.environ, token_env)
            quota = self._quotas.setdefault(tuple(headers.values()), Quota(self._runtime))
            self._clients[key] = Client(url, headers, self._runtime, quota)
        return self._clients[key]

    def secrets(self) -> list[str]:
        """The values of the environment that no text may show."""
        return [
            value
            for name, value in self.environ.items()
            if name in self._clients or any(word in name.upper() for word in SECRET)
        ]

    def close(self) -> None:
        """Closes the connections; the engine never does, it ends the process."""
        for client in self._clients.values():
            client.close()

    def say_once(self, line: str) -> None:
        """Shows a line, unless this process has shown it already."""
        line = one_line(line)
        with self._lock:
            if line in self._said:
                return
            self._said.add(line)
        self._say(line)

    def stop_with(self, raise_if_engine_gone: Callable[[], None]) -> None:
        """Calls the function before each write from now on; what that raises stops the write."""
        self._raise_if_engine_gone = raise_if_engine_gone

    def _raise_now(self) -> None:
        self._raise_if_engine_gone()


_session = Session(os.environ)


def current() -> Session:
    """The session of this process."""
    return _session


def use(session: Session) -> None:
    """Replaces the session; for tests."""
    global _session
    _session = session
