"""Why there was no connection, or no answer, in words that lead to its cause.

The text of a failure can hold the address of a proxy, with its password; so only the place that was
asked for, and what kind of failure the system reported, are told.
"""

from __future__ import annotations

import os
import socket
import ssl
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlsplit

from .credentials import is_loopback


def place(url: str) -> str:
    """`api.cloudflare.com:443` of the API's address, and whether a proxy stands before it."""
    parts = urlsplit(url)
    port = parts.port or {"https": 443}.get(parts.scheme, 80)
    return f"{parts.hostname}:{port}{_proxy(url)}"


def _proxy(url: str) -> str:
    """As the client's own rule is: the environment's proxy, and none for loopback."""
    parts = urlsplit(url)
    known = urllib.request.getproxies()
    if is_loopback(url) or not (known.get(parts.scheme) or known.get("all")):
        return ""
    if urllib.request.proxy_bypass(parts.hostname or ""):
        return ""
    return ", through the proxy that the environment names"


def why(error: BaseException) -> str:
    """`connection refused`: what the system said, or else the class of the failure in words."""
    for cause in _causes(error):
        if isinstance(cause, socket.gaierror):
            return "its name is not found by DNS"
        if isinstance(cause, ssl.SSLError) and cause.reason:
            return f"TLS failed: {cause.reason.replace('_', ' ').lower()}"
        if isinstance(cause, OSError) and cause.errno:
            return os.strerror(cause.errno).lower()
    name = type(error).__name__
    return "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()


def _causes(error: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__
