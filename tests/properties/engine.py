"""A small engine: it drives the providers as Pulumi does, and can be cut off at any request.

stack = Stack(sandbox)
stack.up({"pay": certificate(pair), "app": binding("app.example.com", "pay")})
stack.up(program, Cut(3, "after"))     # Killed, or a CloudflareError; the next up goes on
"""

from __future__ import annotations

import functools
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import httpx

from providers.api.client import Client
from providers.hostname_binding import HostnameBindingProvider
from providers.hostname_bindings import HostnameBindingsProvider
from providers.hostname_certificate import HostnameCertificateProvider
from providers.plugin import session
from providers.plugin.provider import Provider
from providers.upload_ledger import UploadLedgerProvider
from providers.zone_certificate import ZoneCertificateProvider
from providers.zone_setting import ZoneSettingProvider
from tests.conftest import TOKEN, ZONE, Heard, Moments
from tests.pki import Pair
from tests.providers.life import Life
from tests.sandbox_server import Sandbox

Props = dict[str, Any]
Lives = Mapping[str, Life]
PATIENCE = 60


class Killed(BaseException):
    """The plugin's process ended here; no `except Exception` of the providers sees it."""


@dataclass(frozen=True)
class Cut:
    """The process ends `when` ("before" or "after") its write number `write` is carried out.

    To end at a read is to end after the write before it.
    """

    write: int
    when: str


@dataclass(frozen=True)
class Resource:
    """What a program declares; `inputs` may read the ids of the resources before it."""

    provider: type[Provider[Any, Any]]
    inputs: Callable[[Lives], Props]


Program = Mapping[str, Resource]


@functools.lru_cache(maxsize=1)
def _sparing_client() -> Callable[..., httpx.Client]:
    """httpx.Client without reading the authorities each time: nothing here speaks TLS."""
    return functools.partial(httpx.Client, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


def certificate(pair: Pair, level: str = "hostname", wait: int = PATIENCE) -> Resource:
    provider = HostnameCertificateProvider if level == "hostname" else ZoneCertificateProvider
    given = {
        "zone_id": ZONE,
        "certificate": pair.certificate,
        "private_key": pair.private_key,
        "wait_seconds": wait,
    }
    return Resource(provider, lambda _: given)


def uploads(hostname: Mapping[str, Pair], zone: Mapping[str, Pair]) -> Resource:
    """What comes before the certificates of a program; pairs by the name of the certificate."""
    given = {
        "zone_id": ZONE,
        "hostname_certificates": {name: pair.certificate for name, pair in hostname.items()},
        "zone_certificates": {name: pair.certificate for name, pair in zone.items()},
        "wait_seconds": PATIENCE,
    }
    return Resource(UploadLedgerProvider, lambda _: given)


def binding(hostname: str, shows: str, wait: int = PATIENCE, **more: Any) -> Resource:
    """`shows` is the name of the certificate in the program."""
    given = {"zone_id": ZONE, "hostname": hostname, "enabled": True, "wait_seconds": wait, **more}
    return Resource(HostnameBindingProvider, lambda lives: {**given, "cert_id": lives[shows].id})


def bindings(hostnames: list[str], shows: str, wait: int = PATIENCE, **more: Any) -> Resource:
    given = {"zone_id": ZONE, "wait_seconds": wait, **more}
    return Resource(
        HostnameBindingsProvider,
        lambda lives: {**given, "bindings": dict.fromkeys(hostnames, lives[shows].id)},
    )


def switch(setting: str, value: str = "on", **more: Any) -> Resource:
    given = {"zone_id": ZONE, "setting": setting, "value": value, **more}
    return Resource(ZoneSettingProvider, lambda _: given)


class Stack:
    """The state of one stack, and its runs: each has a plugin process of its own."""

    def __init__(self, sandbox: Sandbox, token: str = TOKEN) -> None:
        self.sandbox = sandbox
        self.moments = Moments(sandbox)  # type: ignore[arg-type]
        self.heard = Heard()
        self.lives: dict[str, Life] = {}
        self._environ = {"CLOUDFLARE_BASE_URL": sandbox.api, "CLOUDFLARE_API_TOKEN": token}

    @contextmanager
    def _run(self, cut: Cut | None) -> Iterator[None]:
        before = session.current()
        mine = session.Session(self._environ, self.moments.clock, self.heard.append)
        session.use(mine)
        try:
            with patch.object(httpx, "Client", _sparing_client()), cutting(cut):
                yield
        finally:
            mine.close()
            session.use(before)
            self.lives = {n: life for n, life in self.lives.items() if life.id or life.pending}

    def up(self, program: Program, cut: Cut | None = None, *, refresh: bool = False) -> None:
        """What is in the program first, in its order; then the deletions, last made first."""
        with self._run(cut):
            if refresh:
                self._refresh()
            for name, resource in program.items():
                life = self.lives.pop(name, None) or Life(resource.provider())
                self.lives[name] = life
                life.up(**resource.inputs(self.lives))
            # As in Pulumi's snapshot: the program's order, then what is left over.
            order = [*program, *(name for name in self.lives if name not in program)]
            self.lives = {name: self.lives[name] for name in order}
            for name in reversed(order):
                self.lives[name].finish()
                if name not in program and self.lives[name].id:
                    self.lives[name].drop()

    def destroy(self, cut: Cut | None = None) -> None:
        with self._run(cut):
            for life in reversed(list(self.lives.values())):
                life.finish()
                if life.id:
                    life.destroy()

    def refresh(self) -> None:
        with self._run(None):
            self._refresh()

    def _refresh(self) -> None:
        for life in self.lives.values():
            if life.id:
                life.refresh()

    def changes(self, program: Program) -> dict[str, object]:
        """What a preview would show, by name; an empty one is what must follow every `up`."""
        with self._run(None):
            found: dict[str, object] = {}
            for name, resource in program.items():
                if name not in self.lives:
                    found[name] = "create"
                elif (seen := self.lives[name].preview(**resource.inputs(self.lives))) != (
                    set(),
                    [],
                ):
                    found[name] = seen
            left = {n: "delete" for n, life in self.lives.items() if n not in program}
            old = {n: "delete old" for n, life in self.lives.items() if life.pending}
        return {**left, **old, **found}


@contextmanager
def cutting(cut: Cut | None) -> Iterator[None]:
    """Ends the process at a request, which other threads of these tests do not send."""
    if cut is None:
        yield
        return
    plain, sent = Client._once, 0

    def once(self: Client, *request: Any) -> Any:
        nonlocal sent
        sent += request[0] != "GET"
        if sent == cut.write and cut.when == "before":
            raise Killed
        try:
            return plain(self, *request)
        finally:
            if sent == cut.write and cut.when == "after":
                raise Killed

    Client._once = once  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        Client._once = plain  # type: ignore[method-assign]
