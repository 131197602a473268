"""Where the API is and who asks, read from the environment and from nowhere else.

A token in stack configuration would land in state and be stale after a rotation. Source of the
names: https://developers.cloudflare.com/fundamentals/api/get-started/
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from .errors import CloudflareError, NoCredentials

API = "https://api.cloudflare.com/client/v4"


def is_loopback(base_url: str) -> bool:
    """Whether the address is this machine itself."""
    host = urlsplit(base_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def base_url(environ: Mapping[str, str]) -> str:
    """The address of the API: `CLOUDFLARE_BASE_URL` or Cloudflare's own.

    Plain http is accepted for loopback only, because the token travels with each request.
    """
    url = environ.get("CLOUDFLARE_BASE_URL", "").strip() or API
    if not _is_address(url):
        raise CloudflareError(
            "CLOUDFLARE_BASE_URL is not an https address without credentials",
            f"Unset it, or set it to {API}; plain http is for loopback only.",
        )
    return url.rstrip("/")


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        is_usable = bool(parts.hostname) and not parts.username and parts.port != 0
    except ValueError:
        return False
    is_plain = parts.scheme == "http" and is_usable and is_loopback(url)
    return (
        is_usable and url.isprintable() and " " not in url and (parts.scheme == "https" or is_plain)
    )


def credentials(environ: Mapping[str, str], token_env: str | None) -> dict[str, str]:
    """The headers that prove who asks, from the environment; never from another place.

    `token_env` names the variable of one resource's token; without it `CLOUDFLARE_API_TOKEN`
    counts, or `CLOUDFLARE_EMAIL` with `CLOUDFLARE_API_KEY`, never both.
    """
    name = token_env or "CLOUDFLARE_API_TOKEN"
    token = environ.get(name, "").strip()
    email = environ.get("CLOUDFLARE_EMAIL", "").strip()
    key = environ.get("CLOUDFLARE_API_KEY", "").strip()
    if token_env is None and token and key:
        raise NoCredentials(
            "both CLOUDFLARE_API_TOKEN and CLOUDFLARE_API_KEY are set", "Unset one of them."
        )
    if token:
        return {"authorization": f"Bearer {_sendable(name, token)}"}
    if token_env is None and email and key:
        return {
            "x-auth-email": _sendable("CLOUDFLARE_EMAIL", email),
            "x-auth-key": _sendable("CLOUDFLARE_API_KEY", key),
        }
    other = "" if token_env else ", or CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY"
    raise NoCredentials(
        f"the environment variable {name} is not set", f"Export an API token as {name}{other}."
    )


def _sendable(name: str, value: str) -> str:
    if not value.isascii() or not value.isprintable() or " " in value:
        raise NoCredentials(
            f"{name} holds characters that no header can carry", "Set it to the value alone."
        )
    return value
