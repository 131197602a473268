"""The interface for tests, apart from the API: everything under /sandbox/, as JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox import API_PREFIX, VERSION, edge_origins, faults, seed, tokens
from sandbox.clock import microseconds, stamp
from sandbox.front import Front
from sandbox.presented import presented_log, presented_now
from sandbox.records import SSL, TLS_CLIENT_AUTH, ZONE_SWITCH, DnsRecord
from sandbox.server import LOOPBACK
from sandbox.state import populate, settled_view, whole_view, zone_named

Body = dict[str, Any]


class Management:
    """Each method answers one call; ValueError becomes 400 and KeyError 404, both as
    `{"error": TEXT}`."""

    def __init__(self, front: Front, url: str, edge_port: int | None) -> None:
        self.front = front
        self.url = url
        self.edge = None if edge_port is None else f"http://{LOOPBACK}:{edge_port}"

    def about(self, request: Request, body: Body) -> Any:
        return {
            "name": "sandbox",
            "version": VERSION,
            "api": self.url + API_PREFIX,
            "edge": self.edge,
            "pid": os.getpid(),
            "now": stamp(self.front.state.clock.now()),
        }

    def state(self, request: Request, body: Body) -> Any:
        if request.query_params.get("settled") == "true":
            return settled_view(self.front.state.store)
        return whole_view(self.front.state)

    def reset(self, request: Request, body: Body) -> Any:
        """Begins as at the first start, with other certificates; held requests are dropped."""
        before = self.front.state
        before.held.release(None, drop=True)
        self.front.busy_zones.clear()
        if self.front.database is not None:
            self.front.database.forget()
        before.clock.restart()
        self.front.state = populate(before.clock, self.front.limits_at_start)
        return {}

    def journal(self, request: Request, body: Body) -> Any:
        return self.front.state.journal.after(int(request.query_params.get("after", "0")))

    def clear_journal(self, request: Request, body: Body) -> Any:
        self.front.state.journal.clear()
        if self.front.database is not None:
            self.front.database.forget_journal()
        return {}

    def clock(self, request: Request, body: Body) -> Any:
        clock = self.front.state.clock
        if request.method == "POST":
            seconds = body.get("advance")
            if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
                raise ValueError("advance: a number of seconds")
            clock.advance(seconds)
        return {"now": stamp(clock.now()), "frozen": clock.frozen}

    def faults(self, request: Request, body: Body) -> Any:
        active = self.front.state.faults
        if request.method == "PUT":
            active.add(faults.parse(body))
        elif request.method == "DELETE":
            active.remove(request.query_params.get("name"))
        return active.as_json()

    def held(self, request: Request, body: Body) -> Any:
        return self.front.state.held.as_json()

    def release(self, request: Request, body: Body) -> Any:
        return self.front.state.held.release(body.get("id"), bool(body.get("drop", False)))

    def patch_object(self, request: Request, body: Body) -> Any:
        _only(body, "status", "then", "after_seconds")
        status, then = body.get("status"), body.get("then")
        if not isinstance(status, str) or not isinstance(then, (str, type(None))):
            raise TypeError("status: a text is needed; then: a text")
        object_id = request.path_params["object_id"]
        kind = self.front.state.store.patch(
            object_id, status, then, microseconds(body.get("after_seconds", 0))
        )
        return {"kind": kind, "id": object_id, "status": status}

    def limits(self, request: Request, body: Body) -> Any:
        store = self.front.state.store
        store.limits = store.limits.replace(body)
        return store.limits.as_json()

    def tokens(self, request: Request, body: Body) -> Any:
        state = self.front.state
        if request.method == "PUT":
            token = tokens.parse(body, state.clock.now())
            state.tokens[token.name] = token
        elif request.method == "DELETE":
            del state.tokens[request.query_params["name"]]
        return [token.public() for token in state.tokens.values()]

    def zones(self, request: Request, body: Body) -> Any:
        """Add a zone; `empty` for one with nothing in it."""
        _only(body, "name", "id", "empty", TLS_CLIENT_AUTH, SSL, ZONE_SWITCH)
        store = self.front.state.store
        name = body.get("name")
        if not isinstance(name, str) or not name:
            raise ValueError("name: a text is needed")
        if any(name == zone.name or body.get("id") == zone.id for zone in store.zones.values()):
            raise ValueError(f"{name}: there is such a zone already")
        settings = {key: body[key] for key in (TLS_CLIENT_AUTH, SSL, ZONE_SWITCH) if key in body}
        zone = seed.add_zone(
            store,
            name.lower(),
            body.get("id"),
            empty=bool(body.get("empty", False)),
            settings=settings,
        )
        return {"id": zone.id, "name": zone.name}

    def zone(self, request: Request, body: Body) -> Any:
        """Which of a zone's settings the API refuses to edit (1015), and its DNS records."""
        _only(body, "not_editable", "dns_records")
        store = self.front.state.store
        zone = zone_named(store, request.path_params["zone"])
        if "not_editable" in body:
            zone.not_editable = list(body["not_editable"])
        if "dns_records" in body:
            zone.dns_records = [DnsRecord(**record) for record in body["dns_records"]]
        store.unsaved.add(("zone", zone.id))
        return {
            "id": zone.id,
            "name": zone.name,
            "not_editable": zone.not_editable,
            "dns_records": [asdict(record) for record in zone.dns_records],
        }

    def account(self, request: Request, body: Body) -> Any:
        """Which mechanisms the account may use, and the destinations that it has, by id."""
        _only(body, "eligible", "destinations")
        account = self.front.state.store.account
        account.eligible = list(body.get("eligible", account.eligible))
        account.destinations = {**account.destinations, **body.get("destinations", {})}
        self.front.state.store.unsaved.add(("account", account.id))
        return {"eligible": account.eligible, "destinations": account.destinations}

    def presented(self, request: Request, body: Body) -> Any:
        return self._rows_of_presented(request, presented_now)

    def presented_log(self, request: Request, body: Body) -> Any:
        found = self._rows_of_presented(request, presented_log)
        return sorted(found, key=lambda change: (change["at"], change["hostname"]))

    def _rows_of_presented(self, request: Request, read: Callable[..., list[Body]]) -> list[Body]:
        store = self.front.state.store
        wanted, hostname = request.query_params.get("zone"), request.query_params.get("hostname")
        zones = (
            [zone_named(store, wanted)]
            if wanted
            else sorted(store.zones.values(), key=lambda zone: zone.name)
        )
        return [
            row
            for zone in zones
            for row in read(store, zone, hostname.lower() if hostname else None)
        ]

    def origins(self, request: Request, body: Body) -> Any:
        """Tells where the edge goes for each hostname; a PUT replaces all of them."""
        state = self.front.state
        if request.method == "PUT":
            state.origins = edge_origins.parse(body)
        return {name: asdict(origin) for name, origin in state.origins.items()}

    def shared(self, request: Request, body: Body) -> Any:
        """The sandbox's stand-in for Cloudflare's shared certificate, and its CA."""
        shared = self.front.state.store.shared
        return {name: shared[name] for name in ("ca", "certificate", "sha256")}


def _only(body: Body, *known: str) -> None:
    unknown = sorted(set(body) - set(known))
    if unknown:
        raise ValueError(f"unknown field: {', '.join(unknown)}; known: {', '.join(known)}")


def routes(management: Management) -> list[Route]:
    table: list[tuple[str, str, Callable[[Request, Body], Any]]] = [
        ("GET", "/", management.about),
        ("GET", "/state", management.state),
        ("POST", "/reset", management.reset),
        ("GET", "/journal", management.journal),
        ("DELETE", "/journal", management.clear_journal),
        ("GET POST", "/clock", management.clock),
        ("GET PUT DELETE", "/faults", management.faults),
        ("GET", "/held", management.held),
        ("POST", "/release", management.release),
        ("PATCH", "/objects/{object_id:path}", management.patch_object),
        ("GET PATCH", "/limits", management.limits),
        ("GET PUT DELETE", "/tokens", management.tokens),
        ("POST", "/zones", management.zones),
        ("PATCH", "/zones/{zone}", management.zone),
        ("PATCH", "/account", management.account),
        ("GET", "/presented", management.presented),
        ("GET", "/presented/log", management.presented_log),
        ("GET", "/shared", management.shared),
        ("GET PUT", "/origins", management.origins),
    ]
    return [
        Route("/sandbox" + path, _endpoint(management, run), methods=methods.split())
        for methods, path, run in table
    ]


def _endpoint(
    management: Management, run: Callable[[Request, Body], Any]
) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        try:
            raw = await request.body()
            body = json.loads(raw) if raw else {}
            if not isinstance(body, dict):
                raise TypeError("the body must be a JSON object")
            answer = run(request, body)
        except KeyError as error:
            return JSONResponse({"error": f"not found: {error.args[0]}"}, 404)
        except (ValueError, TypeError) as error:
            return JSONResponse({"error": str(error)}, 400)
        if request.method != "GET":
            management.front.save()
        return JSONResponse(answer)

    return serve
