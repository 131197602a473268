"""Sandboxes for tests: `SandboxProcess`, a real process, and `SandboxThread`, the same server in a
thread of the test process with a clock that only `advance` moves.

    with SandboxThread(deploy_seconds=5) as sandbox:
        ...                     # point a client at sandbox.api with the token sandbox.token
        sandbox.advance(5)
        assert sandbox.presented("example.com", "www.example.com")["level"] == "hostname"
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from sandbox import API_PREFIX
from sandbox.app import build
from sandbox.clock import Clock, wall_clock
from sandbox.seed import ZONES, issue
from sandbox.server import LOOPBACK, Server, listen

PROJECT = Path(__file__).resolve().parent.parent
TOKEN = "sandbox-token-all-permissions"
READ_ONLY_TOKEN = "sandbox-token-read-only"
DASHBOARD_TOKEN = "sandbox-token-dashboard"
ZONE_IDS = {name: zone_id for zone_id, name in ZONES.items()}
START_SECONDS = 20.0

Json = dict[str, Any]


class SandboxRefused(Exception):
    """The management interface said no; the text is its error."""


class Sandbox:
    """What both kinds offer. `api` is the API's base URL, without a slash at its end; `edge` the
    edge's, when it was asked for."""

    token = TOKEN

    def __init__(self) -> None:
        self.url = self.edge = ""
        self._client = httpx.Client(timeout=60, trust_env=False)

    @property
    def api(self) -> str:
        return self.url + API_PREFIX

    def watch(self, *checks: Callable[[httpx.Response], None]) -> None:
        """Call these with every answer that comes from now on."""
        self._client.event_hooks = {"response": list(checks)}

    # Management, one method per call of /sandbox/

    def manage(self, method: str, path: str, body: Json | None = None, **query: Any) -> Any:
        given = {key: value for key, value in query.items() if value is not None}
        answer = self._client.request(
            method, f"{self.url}/sandbox{path}", json=body or {}, params=given or None
        )
        if answer.status_code != 200:
            raise SandboxRefused(f"{answer.status_code} {answer.text}")
        return answer.json()

    def state(self, settled: bool = False) -> Json:
        """Everything without keys; `settled`: without ids, times and tombstones, to compare."""
        return dict(self.manage("GET", "/state", settled="true" if settled else None))

    def zone(self, name: str = "example.com") -> Json:
        """The part of the state that is one zone's."""
        return next(zone for zone in self.state()["zones"] if zone["name"] == name)

    def journal(self, after: int = 0) -> list[Json]:
        return list(self.manage("GET", "/journal", after=after))

    def clear_journal(self) -> None:
        self.manage("DELETE", "/journal")

    def advance(self, seconds: float) -> None:
        """Move the clock forward without waiting."""
        self.manage("POST", "/clock", {"advance": seconds})

    def now(self) -> str:
        return str(self.manage("GET", "/clock")["now"])

    def presented(self, zone: str, hostname: str) -> Json:
        """What the origin of the hostname is shown now; hostname `*`: any without a binding."""
        found: Json = self.manage("GET", "/presented", zone=zone, hostname=hostname)[0]
        return found

    def presented_all(self, zone: str | None = None) -> dict[str, Json]:
        """By hostname, for every hostname that ever had a binding, and `*`."""
        return {row["hostname"]: row for row in self.manage("GET", "/presented", zone=zone)}

    def presented_log(self, zone: str | None = None, hostname: str | None = None) -> list[Json]:
        return list(self.manage("GET", "/presented/log", zone=zone, hostname=hostname))

    def fault(self, action: str, **parameters: Any) -> None:
        """Add a fault: fault("lost_reply", method="POST", path="certificates$", nth=2)."""
        self.manage("PUT", "/faults", {"action": action, **parameters})

    def faults(self) -> list[Json]:
        return list(self.manage("GET", "/faults"))

    def clear_faults(self, name: str | None = None) -> None:
        self.manage("DELETE", "/faults", name=name)

    def held(self) -> list[Json]:
        return list(self.manage("GET", "/held"))

    def wait_held(self, count: int = 1, seconds: float = 20.0) -> list[Json]:
        """The held requests, once there are `count`."""
        end = time.monotonic() + seconds
        while len(found := self.held()) < count:
            if time.monotonic() > end:
                raise SandboxRefused(f"waited {seconds} s for {count} held requests in vain")
            time.sleep(0.01)
        return found

    def release(self, held_id: str | None = None, drop: bool = False) -> list[str]:
        return list(self.manage("POST", "/release", {"id": held_id, "drop": drop}))

    def patch_object(
        self, object_id: str, status: str, then: str | None = None, after_seconds: float = 0
    ) -> None:
        """Set the status of a certificate (its id) or a binding (ZONE_ID/HOSTNAME), until `then`
        follows or for good."""
        self.manage(
            "PATCH",
            f"/objects/{object_id}",
            {"status": status, "then": then, "after_seconds": after_seconds},
        )

    def limits(self, **values: Any) -> Json:
        """Set some, get all: limits(list_lag=20, certificate_outcome="never")."""
        return dict(self.manage("PATCH", "/limits", values))

    def add_token(self, name: str, value: str, **fields: Any) -> None:
        """permissions=[...], zones=[ids], owner="account", status="expired", fresh_seconds=20."""
        self.manage("PUT", "/tokens", {"name": name, "value": value, **fields})

    def add_zone(self, name: str, *, empty: bool = False, **fields: Any) -> str:
        """The new zone's id. Fields: id and the settings' values."""
        return str(self.manage("POST", "/zones", {"name": name, "empty": empty, **fields})["id"])

    def not_editable(self, zone: str, *settings: str) -> None:
        self.manage("PATCH", f"/zones/{zone}", {"not_editable": list(settings)})

    def dns(self, zone: str, *records: Json) -> None:
        """dns("example.com", {"type": "A", "name": ..., "content": ..., "proxied": True})."""
        self.manage("PATCH", f"/zones/{zone}", {"dns_records": list(records)})

    def account(self, **fields: Any) -> Json:
        """What the account may use and has: eligible=["email"], destinations={"webhooks": {}}."""
        return dict(self.manage("PATCH", "/account", fields))

    def shared(self) -> Json:
        return dict(self.manage("GET", "/shared"))

    def origins(self, **origins: Any) -> Json:
        """Where the edge goes for each hostname: origins(**{"*": "127.0.0.1:8443"})."""
        return dict(self.manage("PUT", "/origins", origins))

    def reset(self) -> None:
        """As at the first start: other ids and certificates, real time, limits as given."""
        self.manage("POST", "/reset")

    # The API

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = TOKEN,
        headers: dict[str, str] | None = None,
        **query: Any,
    ) -> httpx.Response:
        """One request to the API as the holder of `token`."""
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        return self._client.request(method, self.api + path, json=body, headers=sent, params=query)

    def outside(self, method: str, path: str, json: Any = None) -> Any:
        """The `result` of a change by somebody else (dashboard): at once, without faults."""
        answer = self.call(method, path, json, token=DASHBOARD_TOKEN)
        if answer.status_code != 200:
            raise SandboxRefused(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json().get("result")


class SandboxThread(Sandbox):
    """`limits` as in sandbox/limits.py; the clock is frozen unless `frozen=False`."""

    def __init__(self, *, frozen: bool = True, data: Path | None = None, **limits: Any) -> None:
        super().__init__()
        self._frozen, self._data = frozen, data
        self._limits = limits
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> SandboxThread:
        sockets = [listen(0), listen(0)]
        ports = [sock.getsockname()[1] for sock in sockets]
        self.url, self.edge = (f"http://{LOOPBACK}:{port}" for port in ports)
        ready = threading.Event()
        app = build(self.url, self._limits, Clock(frozen=self._frozen), self._data, ports[1])
        self._server = Server(app, ready.set)
        self._thread = threading.Thread(target=self._server.run, args=(sockets,), daemon=True)
        self._thread.start()
        if not ready.wait(START_SECONDS):
            raise SandboxRefused("the sandbox did not start")
        return self

    def stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._client.close()
            self._thread.join(START_SECONDS)

    def __enter__(self) -> SandboxThread:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class SandboxProcess(Sandbox):
    """`flags` as on the command line: SandboxProcess("--deploy-seconds", "1", data=folder)."""

    def __init__(self, *flags: str, data: Path | None = None) -> None:
        super().__init__()
        self._flags = [*flags, *(["--data", str(data)] if data else [])]
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> SandboxProcess:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", *self._flags],
            cwd=PROJECT,
            text=True,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        assert self.process.stdout is not None
        first = self.process.stdout.readline().strip()
        if not first.startswith(f"http://{LOOPBACK}:"):
            self.process.wait(START_SECONDS)
            raise SandboxRefused(f"the sandbox did not start (its error is above): {first!r}")
        self.url = first.removesuffix(API_PREFIX)
        if "--edge-port" in self._flags:
            self.edge = self.process.stdout.readline().strip()
        return self

    def stop(self, with_signal: int = signal.SIGTERM) -> int:
        """Its exit status; negative: the signal that killed it."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        status = self.process.wait(START_SECONDS)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return status

    def kill(self) -> int:
        return self.stop(signal.SIGKILL)

    def __enter__(self) -> SandboxProcess:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self._client.close()


def certificate_for(common_name: str = "test.example") -> Json:
    """The body of an upload: a new certificate and its key."""
    certificate, private_key = issue(common_name, wall_clock())
    return {"certificate": certificate, "private_key": private_key}
