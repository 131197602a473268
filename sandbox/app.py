"""One sandbox, put together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp

from sandbox import api, management
from sandbox.clock import Clock
from sandbox.edge import Edge, beside
from sandbox.front import Front
from sandbox.limits import Limits
from sandbox.management import Management
from sandbox.persistence import Database
from sandbox.server import LOOPBACK
from sandbox.state import new_state, populate


def build(
    url: str,
    given: dict[str, Any],
    clock: Clock,
    data: Path | None = None,
    edge_port: int | None = None,
) -> ASGIApp:
    """The application that answers at `url` (http://127.0.0.1:PORT), and as the edge what comes in
    at `edge_port`. Limits that are `given` win over those saved in `data`, and those over the
    defaults."""
    limits = Limits().replace(given)
    database = Database(data) if data is not None else None
    state = new_state(clock, limits)
    if database is None or not database.load(state):
        state = populate(clock, limits)
    state.store.limits = state.store.limits.replace(given)
    front = Front(state, database, limits)
    front.save()
    # Another Host header is another site's page that reaches for loopback.
    app = Starlette(
        routes=[*management.routes(Management(front, url, edge_port)), *api.routes(front)],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[LOOPBACK, "localhost"])],
    )
    return app if edge_port is None else beside(app, Edge(front), edge_port)
