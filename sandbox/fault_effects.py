"""An answer, and what each fault makes of it."""

from __future__ import annotations

import asyncio
import json
import zlib
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.errors import ApiError
from sandbox.faults import Dropped, Fault, HeldRequests

HTML = (
    "<!DOCTYPE html>\n<html><head><title>{0} | api.cloudflare.com</title></head>\n"
    "<body><h1>Error {0}</h1><p>The web server reported an error.</p></body></html>\n"
)


@dataclass
class Answer:
    """`body` is JSON to send, or what to send as it is; `drip` is the seconds between its bytes.

    With `head_drips` the headers come byte by byte, and have no end.
    """

    status: int
    body: dict[str, Any] | str | bytes
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str = "application/json"
    drip: float = 0.0
    head_drips: bool = False

    def content(self) -> str | bytes:
        return json.dumps(self.body) if isinstance(self.body, dict) else self.body

    def errors(self) -> list[dict[str, Any]]:
        found = self.body.get("errors") if isinstance(self.body, dict) else None
        return found if isinstance(found, list) else []

    def retry_after(self) -> float | None:
        value = self.headers.get("Retry-After")
        return None if value is None else float(value)


def refusal(error: ApiError) -> Answer:
    return Answer(error.status, error.envelope(), error.headers)


async def strike(
    fault: Fault, answer: Answer | None, held: HeldRequests, description: dict[str, Any]
) -> Answer | None:
    """The answer to give instead; None to go on as if nothing were. Dropped: no answer at all.
    `answer` is that of the work when the fault comes after it."""
    action = fault.action
    if action in ("reset_before", "lost_reply"):
        raise Dropped
    if action in ("hold_before", "hold_after"):
        await held.hold(description)
        return None
    if action == "stall":
        await asyncio.sleep(fault.parameters["seconds"])
        return None
    if answer is None or action not in ALTERATIONS:
        return _replacement(fault)
    return ALTERATIONS[action](answer, fault.parameters)


def _replacement(fault: Fault) -> Answer:
    given = fault.parameters
    status = given.get("status", 200)
    if fault.action == "html":
        return Answer(status, HTML.format(status), {}, "text/html")
    if fault.action == "foreign":
        return Answer(status, given["text"], given["headers"])
    if fault.action == "redirect":
        return Answer(status, "", {"Location": given["location"]}, "text/plain")
    errors = given.get("errors") or [{"code": given["code"], "message": given["message"]}]
    wait = given.get("retry_after")
    return Answer(
        status,
        {"success": False, "errors": errors, "messages": [], "result": None},
        {} if wait is None else {"Retry-After": str(wait)},
    )


def _truncate(answer: Answer, _: dict[str, Any]) -> Answer:
    text = answer.content()
    return Answer(answer.status, text[: len(text) // 2], answer.headers)


def _missing_fields(answer: Answer, given: dict[str, Any]) -> Answer:
    """`result` removes a key of the envelope, `result.status` one of each result."""
    body = json.loads(answer.content())
    for path in given["fields"]:
        name, _, inner = path.partition(".")
        if not inner:
            body.pop(name, None)
            continue
        for item in _items(body.get(name)):
            item.pop(inner, None)
    return Answer(answer.status, body, answer.headers)


def _set_fields(answer: Answer, given: dict[str, Any]) -> Answer:
    """`errors` sets a key of the envelope, `result_info.total_pages` one of each object in it."""
    body = json.loads(answer.content())
    for path, value in given["fields"].items():
        name, _, inner = path.partition(".")
        if not inner:
            body[name] = value
            continue
        for item in _items(body.get(name)):
            item[inner] = value
    return Answer(answer.status, body, answer.headers)


def _set_headers(answer: Answer, given: dict[str, Any]) -> Answer:
    return replace(answer, headers=answer.headers | given["headers"])


def _drip(answer: Answer, given: dict[str, Any]) -> Answer:
    return replace(answer, drip=given["seconds"], head_drips=given["head"])


def _bomb(answer: Answer, given: dict[str, Any]) -> Answer:
    """Sends a small body that becomes large: the envelope, behind blanks, compressed.

    An encoding without a packer in Python's library (`br`) is what the header says only.
    """
    raw = given["encoding"] == "deflate"
    packer = zlib.compressobj(9, wbits=-15 if raw else 31)
    blanks = b" " * 1_000_000
    parts = [packer.compress(blanks) for _ in range(given["bytes"] // len(blanks))]
    parts += [packer.compress(json.dumps(answer.body).encode()), packer.flush()]
    headers = answer.headers | {"Content-Encoding": given["encoding"]}
    return replace(answer, body=b"".join(parts), headers=headers)


def _unknown_status(answer: Answer, given: dict[str, Any]) -> Answer:
    body = json.loads(answer.content())
    for item in _items(body.get("result")):
        if "status" in item:
            item["status"] = given["value"]
    return Answer(answer.status, body, answer.headers)


def _huge(answer: Answer, given: dict[str, Any]) -> Answer:
    body = json.loads(answer.content())
    body["messages"] = [{"code": 10015, "message": "x" * given["bytes"]}]
    return Answer(answer.status, body, answer.headers)


def _items(result: Any) -> list[dict[str, Any]]:
    found = result if isinstance(result, list) else [result]
    return [item for item in found if isinstance(item, dict)]


ALTERATIONS = {
    "truncated": _truncate,
    "missing_fields": _missing_fields,
    "set_fields": _set_fields,
    "set_headers": _set_headers,
    "drip": _drip,
    "bomb": _bomb,
    "unknown_status": _unknown_status,
    "huge": _huge,
}
