"""The door of the API: what happens to each request around the work itself. Journal, quota, faults,
credentials, latency and conflicts, in that order."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from sandbox import API_PREFIX, errors, fault_effects
from sandbox.fault_effects import Answer
from sandbox.faults import Dropped, Fault
from sandbox.journal import Entry
from sandbox.limits import Limits
from sandbox.persistence import Database
from sandbox.quota import bucket_of
from sandbox.records import Zone
from sandbox.server import reset_connection
from sandbox.state import State
from sandbox.tokens import Token, authenticate, authorise, identify


@dataclass
class Call:
    """One request as the work sees it. `path` is without /client/v4, `token` set once accepted."""

    state: State
    method: str
    path: str
    parameters: dict[str, str]
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    token: Token | None = None
    zone: Zone | None = None

    def json(self) -> dict[str, Any]:
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise errors.INVALID_REQUEST("The request body must be a JSON object")
        return value

    @property
    def at_once(self) -> bool:
        """Somebody else's changes are deployed as they are made."""
        return self.token is not None and self.token.exempt


@dataclass(frozen=True)
class Work:
    """What a method of a path does: `run` returns the JSON of a success or raises ApiError.
    `group` None: any token, whatever its status. `serialised`: one at a time in a zone."""

    run: Callable[[Call], dict[str, Any]]
    group: str | None
    right: str = ""
    serialised: bool = False


class ResetConnection(Response):
    """Closes the connection with a TCP reset, as a network that fails would."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await reset_connection(scope)


class EndlessHead(Response):
    """A head of an answer that goes on and on, byte by byte, until the client leaves."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport: asyncio.Transport = scope["state"]["transport"]
        transport.write(b"HTTP/1.1 200 OK\r\nx-endless: ")
        while not transport.is_closing():
            transport.write(b"x")
            await asyncio.sleep(self.seconds)


async def _one_by_one(content: bytes, seconds: float) -> AsyncIterator[bytes]:
    for number in content:
        yield bytes([number])
        await asyncio.sleep(seconds)


def _response(answer: Answer, headers: dict[str, str]) -> Response:
    if answer.head_drips:
        return EndlessHead(answer.drip)
    content = answer.content()
    if not answer.drip:
        return Response(content, answer.status, headers, answer.media_type)
    content = content.encode() if isinstance(content, str) else content
    body = _one_by_one(content, answer.drip)
    return StreamingResponse(body, answer.status, headers, answer.media_type)


@dataclass
class Front:
    state: State
    database: Database | None
    limits_at_start: Limits
    busy_zones: set[str] = field(default_factory=set)

    async def serve(self, request: Request, works: dict[str, Work]) -> Response:
        """Answer one request; `works` are the methods that its path has."""
        call = Call(
            self.state,
            request.method,
            request.url.path[len(API_PREFIX) :],
            dict(request.path_params),
            dict(request.query_params),
            dict(request.headers),
            await request.body(),
        )
        state = self.state
        token = identify(state.tokens.values(), call.headers)
        by = token.name if token else "unknown"
        entry = state.journal.open(
            state.clock.now(), by, call.method, call.path, call.query, call.body
        )
        answer = None
        try:
            answer = await self._answer(call, entry, token, works)
        except Dropped:
            pass
        finally:
            # A reset by the management interface meanwhile has made another state.
            state.journal.close(
                entry, answer.status if answer else None, answer.errors() if answer else []
            )
            self.save()
        if answer is None:
            return ResetConnection()
        headers = (
            {"cf-ray": f"{uuid.uuid4().hex[:16]}-SBX"}
            | state.quota.headers(bucket_of(token), state.store.limits, state.clock.now())
            | answer.headers
        )
        return _response(answer, headers)

    def save(self) -> None:
        if self.database is not None:
            self.database.save(self.state)

    async def _answer(
        self, call: Call, entry: Entry, token: Token | None, works: dict[str, Work]
    ) -> Answer:
        if token is not None and token.exempt:
            return await self._work(call, token, works)
        state = self.state
        verdict = state.quota.take(bucket_of(token), state.store.limits, state.clock.now())
        entry.violation = verdict.violation
        if verdict.wait is not None:
            return fault_effects.refusal(errors.throttling(verdict.wait))
        fault = state.faults.meet(call.method, call.path, entry.by)
        if fault is None:
            return await self._work(call, token, works)
        entry.fault = fault.name
        answer = await self._with_fault(fault, call, entry, token, works)
        if (wait := answer.retry_after()) is not None:
            state.quota.announce(bucket_of(token), wait, state.clock.now())
        return answer

    async def _with_fault(
        self, fault: Fault, call: Call, entry: Entry, token: Token | None, works: dict[str, Work]
    ) -> Answer:
        description = {
            "n": entry.n,
            "at": entry.at,
            "by": entry.by,
            "method": call.method,
            "path": call.path,
            "fault": fault.name,
            "when": fault.when,
        }
        if fault.when == "before":
            replacement = await fault_effects.strike(fault, None, self.state.held, description)
            return replacement or await self._work(call, token, works)
        answer = await self._work(call, token, works)
        self.save()
        return await fault_effects.strike(fault, answer, self.state.held, description) or answer

    async def _work(self, call: Call, token: Token | None, works: dict[str, Work]) -> Answer:
        try:
            work = works.get(call.method)
            any_status = work is not None and work.group is None
            call.token = authenticate(token, call.headers, self.state.clock.now(), any_status)
            if work is None:
                raise (
                    errors.METHOD_NOT_ALLOWED()
                    if works
                    else errors.no_route(API_PREFIX + call.path)
                )
            self._admit(call, work)
            return await self._in_turn(call, work)
        except errors.ApiError as error:
            return fault_effects.refusal(error)

    def _admit(self, call: Call, work: Work) -> None:
        assert call.token is not None
        zone_id = call.parameters.get("zone_id")
        if zone_id is not None:
            call.zone = self.state.store.zone(zone_id, API_PREFIX + call.path)
        if work.group is not None:
            authorise(call.token, work.group, work.right, zone_id)

    async def _in_turn(self, call: Call, work: Work) -> Answer:
        """The work after its latency; meanwhile other certificate changes in the zone conflict."""
        zone_id = call.zone.id if call.zone and work.serialised and not call.at_once else None
        if zone_id in self.busy_zones and self.state.store.limits.conflicts:
            raise errors.CONFLICT()
        if zone_id:
            self.busy_zones.add(zone_id)
        try:
            latency = 0 if call.at_once else self.state.store.limits.latency_ms
            if latency:
                await asyncio.sleep(latency / 1000)
            return Answer(200, work.run(call))
        finally:
            if zone_id:
                self.busy_zones.discard(zone_id)
