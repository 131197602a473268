"""Which origin the edge opens for a hostname, as the management interface sets it."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from typing import Any

ANY_OTHER = "*"
# The sandbox never speaks to anything outside this machine.
ADDRESS = re.compile(r"127\.0\.0\.1:([0-9]{1,5})")


@dataclass(frozen=True)
class Origin:
    """`address` is 127.0.0.1:PORT. `ca`, PEM, is what the SSL modes strict and origin_pull verify
    the origin's own certificate against; without it they trust no origin."""

    address: str
    ca: str | None = None


def parse(body: dict[str, Any]) -> dict[str, Origin]:
    """Origins by hostname, `*` for any other; ValueError names the entry and what it may be."""
    return {name.lower().rstrip("."): _origin(name, value) for name, value in body.items()}


def _origin(name: str, value: object) -> Origin:
    fields = {"address": value} if isinstance(value, str) else value
    if not isinstance(fields, dict) or set(fields) - {"address", "ca"}:
        raise ValueError(f'{name}: "127.0.0.1:PORT", or {{"address": ..., "ca": PEM}}')
    address, ca = str(fields.get("address")), fields.get("ca")
    found = ADDRESS.fullmatch(address)
    if found is None or not 0 < int(found[1]) < 65536:
        raise ValueError(f"{name}: {address!r} is not 127.0.0.1:PORT; the edge stays on loopback")
    if ca is not None:
        try:
            ssl.create_default_context(cadata=ca)
        except (ssl.SSLError, ValueError, TypeError):
            raise ValueError(f"{name}: ca is no PEM of certificates") from None
    return Origin(address, ca)
