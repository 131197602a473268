"""Hostility by name: which request is met by which fault, and requests held until released."""

from __future__ import annotations

import asyncio
import re
import uuid
from dataclasses import asdict, dataclass, field
from typing import Any

BEFORE = "before"
AFTER = "after"
HOSTNAME_LIST = r"^/zones/[^/]+/origin_tls_client_auth/hostnames$"

# action -> (when by default, the parameters it takes with their defaults)
ACTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "status": (
        BEFORE,
        {
            "status": 500,
            "code": 10013,
            "message": "An unknown error has occurred",
            "retry_after": None,
        },
    ),
    "list_404": (
        BEFORE,
        {"status": 404, "code": 7003, "message": "No route for that URI", "retry_after": None},
    ),
    "html": (BEFORE, {"status": 502}),
    "success_false_with_200": (BEFORE, {"code": 10013, "message": "An unknown error has occurred"}),
    "several_errors": (
        BEFORE,
        {
            "status": 400,
            "errors": [
                {"code": 10013, "message": "An unknown error has occurred"},
                {"code": 10014, "message": "Another unknown error has occurred"},
            ],
        },
    ),
    "redirect": (BEFORE, {"status": 307, "location": "http://127.0.0.1:9/"}),
    "foreign": (
        BEFORE,
        {"status": 404, "text": '{"message": "no Route matched with those values"}', "headers": {}},
    ),
    "stall": (BEFORE, {"seconds": 30.0}),
    "truncated": (AFTER, {}),
    "missing_fields": (AFTER, {"fields": ["result"]}),
    "set_fields": (AFTER, {"fields": {"errors": 5}}),
    "set_headers": (AFTER, {"headers": {}}),
    "drip": (AFTER, {"seconds": 2.0, "head": False}),
    "bomb": (AFTER, {"encoding": "gzip", "bytes": 100_000_000}),
    "unknown_status": (AFTER, {"value": "reticulating"}),
    "huge": (AFTER, {"bytes": 10_000_000}),
    "reset_before": (BEFORE, {}),
    "lost_reply": (AFTER, {}),
    "hold_before": (BEFORE, {}),
    "hold_after": (AFTER, {}),
}
# These are what they are at one moment only.
FIXED = (
    "truncated",
    "missing_fields",
    "set_fields",
    "set_headers",
    "drip",
    "bomb",
    "unknown_status",
    "huge",
    "reset_before",
    "lost_reply",
    "hold_before",
    "hold_after",
)
MATCHING = {"name", "action", "method", "path", "by", "nth", "times", "when"}


@dataclass
class Fault:
    """Met by the `nth` matching request and the following ones, `times` in all (0: for ever).
    `path` is a regular expression searched in the path after /client/v4."""

    name: str
    action: str
    method: str | None = None
    path: str = ""
    by: str | None = None
    nth: int = 1
    times: int = 1
    when: str = BEFORE
    parameters: dict[str, Any] = field(default_factory=dict)
    seen: int = 0
    applied: int = 0

    def matches(self, method: str, path: str, by: str) -> bool:
        return (
            self.method in (None, method)
            and self.by in (None, by)
            and re.search(self.path, path) is not None
        )

    def is_due(self) -> bool:
        return self.seen >= self.nth and (not self.times or self.seen < self.nth + self.times)


def parse(body: dict[str, Any]) -> Fault:
    """A fault from the management interface; ValueError says what is wrong."""
    action = body.get("action", "")
    if action not in ACTIONS:
        raise ValueError(f"action: one of {', '.join(ACTIONS)}")
    when, defaults = ACTIONS[action]
    unknown = set(body) - MATCHING - set(defaults)
    if unknown:
        raise ValueError(
            f"unknown field: {', '.join(sorted(unknown))}; {action} takes "
            f"{', '.join(sorted(MATCHING | set(defaults)))}"
        )
    if body.get("when", when) != when and action in FIXED:
        raise ValueError(f"when: {action} is always {when} the work")
    fields = {"name": action, "when": when} | {
        key: value for key, value in body.items() if key in MATCHING
    }
    if action == "list_404":
        fields = {"method": "GET", "path": HOSTNAME_LIST, "times": 0} | fields
    if isinstance(fields.get("method"), str):
        fields["method"] = fields["method"].upper()
    if fields["when"] not in (BEFORE, AFTER):
        raise ValueError("when: before or after")
    try:
        re.compile(fields.get("path", ""))
    except re.error as error:
        raise ValueError(f"path: not a regular expression: {error}") from None
    parameters = {key: body.get(key, value) for key, value in defaults.items()}
    return Fault(**fields, parameters=parameters)


class Faults:
    def __init__(self) -> None:
        self.active: dict[str, Fault] = {}
        self.changed = False

    def add(self, fault: Fault) -> None:
        self.active[fault.name] = fault
        self.changed = True

    def remove(self, name: str | None = None) -> None:
        """KeyError when there is no such fault; without a name, all."""
        if name is None:
            self.active.clear()
        else:
            del self.active[name]
        self.changed = True

    def meet(self, method: str, path: str, by: str) -> Fault | None:
        """The fault for this request. Every fault that matches counts it; the first due acts."""
        acting = None
        for fault in self.active.values():
            if not fault.matches(method, path, by):
                continue
            fault.seen += 1
            self.changed = True
            if acting is None and fault.is_due():
                fault.applied += 1
                acting = fault
        return acting

    def as_json(self) -> list[dict[str, Any]]:
        return [asdict(fault) for fault in self.active.values()]


class Dropped(Exception):
    """The connection is to be closed without an answer."""


@dataclass
class Held:
    id: str
    description: dict[str, Any]
    released: asyncio.Future[bool]


class HeldRequests:
    """Requests that wait for POST /sandbox/release."""

    def __init__(self) -> None:
        self._waiting: dict[str, Held] = {}

    async def hold(self, description: dict[str, Any]) -> None:
        """Returns when released; raises Dropped when the release says to drop the connection."""
        held = Held(uuid.uuid4().hex[:8], description, asyncio.get_running_loop().create_future())
        self._waiting[held.id] = held
        try:
            dropped = await held.released
        finally:
            self._waiting.pop(held.id, None)
        if dropped:
            raise Dropped

    def release(self, held_id: str | None, drop: bool) -> list[str]:
        """The ids of the requests that go on; KeyError when there is no such request."""
        chosen = [self._waiting[held_id]] if held_id else list(self._waiting.values())
        for held in chosen:
            if not held.released.done():
                held.released.set_result(drop)
        return [held.id for held in chosen]

    def as_json(self) -> list[dict[str, Any]]:
        return [{"id": held.id, **held.description} for held in self._waiting.values()]
