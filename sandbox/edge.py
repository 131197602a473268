"""Cloudflare's edge, small: a visitor's request to a hostname goes on to its origin, over TLS with
the client certificate that is presented at that instant.

Each request opens its own connection to the origin, without session resumption: one that had been
opened with a certificate would go on with it after another has taken its place. (Cloudflare keeps
connections; README.md.)
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox import edge_tls
from sandbox.edge_origins import ANY_OTHER, Origin
from sandbox.front import Front
from sandbox.presented import Presented, Presenter
from sandbox.records import SSL, Zone
from sandbox.server import reset_connection
from sandbox.store import Store

WITHOUT_TLS = ("off", "flexible")
VERIFYING = ("strict", "origin_pull")
# RFC 9110, 7.6.1: for one connection only.
ONE_HOP = {b"connection", b"keep-alive", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
Header = tuple[bytes, bytes]
# Cloudflare's: 522 after a connection attempt of some 15 seconds, 524 after 100 without an answer.
TIMES = httpx.Timeout(100, connect=15).as_dict()
NO_IDLE_CONNECTIONS = httpx.Limits(max_keepalive_connections=0)


class Unanswered(Exception):
    """The edge's own answer: Cloudflare's status for the case, and the reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Edge:
    """An ASGI application: any request, any path; the hostname is that of its Host header."""

    def __init__(self, front: Front) -> None:
        self.front = front

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        hostname = request.headers.get("host", "").partition(":")[0].lower().rstrip(".")
        try:
            await self._pass_on(hostname, request, send)
        except Unanswered as error:
            text = f"{error.status} {hostname}: {error}\n"
            await PlainTextResponse(text, error.status)(scope, receive, send)

    async def _pass_on(self, hostname: str, request: Request, send: Send) -> None:
        body = await request.body()
        state = self.front.state
        origin = state.origins.get(hostname) or state.origins.get(ANY_OTHER)
        zone = zone_of(state.store, hostname)
        if zone is None or origin is None:
            missing = "no zone holds it" if zone is None else "no origin: PUT /sandbox/origins"
            raise Unanswered(530, missing)
        now = state.clock.now()
        shown = Presenter(state.store, zone, now).now(hostname)
        mode = zone.setting(SSL, now).value
        told = f"presented: {shown.certificate_sha256 or 'no certificate'} ({shown.why})"
        started = False
        try:
            transport = connector(state.store, shown, mode, origin)
            async with transport:
                answer = await transport.handle_async_request(
                    onward(hostname, mode, origin, request, body)
                )
                response = response_of(answer, shown)
                started = True
                await response(request.scope, request.receive, send)
        except (httpx.TransportError, ssl.SSLError) as error:
            if started:
                await reset_connection(request.scope)
                return
            status, reason = edge_tls.reading(error)
            raise Unanswered(status, f"the origin {origin.address} {reason}; {told}") from None


def beside(app: ASGIApp, edge: Edge, port: int) -> ASGIApp:
    """What is asked at `port` goes to the edge, everything else to `app`."""

    async def choose(scope: Scope, receive: Receive, send: Send) -> None:
        await (edge if scope["server"][1] == port else app)(scope, receive, send)

    return choose


def zone_of(store: Store, hostname: str) -> Zone | None:
    """Finds the zone with the longest name above the hostname, else a zone that binds the name."""
    above = [
        zone
        for zone in store.zones.values()
        if hostname == zone.name or hostname.endswith(f".{zone.name}")
    ]
    external = [zone for zone in store.zones.values() if hostname in store.bindings[zone.id]]
    return max(above or external, key=lambda zone: len(zone.name), default=None)


def connector(
    store: Store, shown: Presented, mode: str, origin: Origin
) -> httpx.AsyncHTTPTransport:
    """What opens the connection; ssl.SSLError when OpenSSL refuses the certificate or its key."""
    context = edge_tls.context(material(store, shown), origin.ca, mode in VERIFYING)
    return httpx.AsyncHTTPTransport(verify=context, trust_env=False, limits=NO_IDLE_CONNECTIONS)


def material(store: Store, shown: Presented) -> str | None:
    """The certificate that is presented and its key, as PEM; None for no certificate."""
    if shown.certificate_sha256 is None:
        return None
    if shown.cert_id is None:
        return store.shared["certificate"] + store.shared["private_key"]
    certificate = store.certificates[shown.cert_id]
    return certificate.certificate + certificate.private_key


def onward(
    hostname: str, mode: str, origin: Origin, request: Request, body: bytes
) -> httpx.Request:
    scope = request.scope
    query = b"?" + scope["query_string"] if scope["query_string"] else b""
    host, _, port = origin.address.partition(":")
    own = {b"cf-connecting-ip": scope["client"][0].encode(), b"x-forwarded-proto": b"http"}
    return httpx.Request(
        request.method,
        httpx.URL(
            scheme="http" if mode in WITHOUT_TLS else "https",
            host=host,
            port=int(port),
            raw_path=scope["raw_path"] + query,
        ),
        headers=[*(h for h in end_to_end(scope["headers"]) if h[0] not in own), *own.items()],
        content=body,
        extensions={"timeout": TIMES, "sni_hostname": hostname},
    )


def end_to_end(headers: Iterable[Header]) -> list[Header]:
    named = ((name.lower(), value) for name, value in headers)
    return [(name, value) for name, value in named if name not in ONE_HOP]


def response_of(answer: httpx.Response, shown: Presented) -> Response:
    """The origin's answer, with a header that says what it was shown."""
    response = StreamingResponse(answer.aiter_raw(), answer.status_code)
    told = f"{shown.level} {shown.certificate_sha256 or 'no certificate'}"
    # The server that this edge runs on writes a Date of its own.
    kept = [header for header in end_to_end(answer.headers.raw) if header[0] != b"date"]
    response.raw_headers = [*kept, (b"sandbox-presented", told.encode())]
    return response
