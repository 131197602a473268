"""Cloudflare's request quota: so many requests per window, then nothing until the window ends."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sandbox.clock import Instant, microseconds
from sandbox.limits import Limits
from sandbox.tokens import Token

UNLIMITED_REQUESTS = 1200


@dataclass
class Window:
    """`closed` once a request was refused; `announced_until` is the end of a wait that an answer
    asked for by Retry-After."""

    ends: Instant = 0
    used: int = 0
    closed: bool = False
    announced_until: Instant = 0


@dataclass(frozen=True)
class Verdict:
    """`wait` is the seconds until the window ends when the request is refused, else None.
    `violation`: the client had already been told to wait."""

    wait: int | None
    violation: bool


def bucket_of(token: Token | None) -> str:
    """Names a token's quota: all of a user share a quota, an account's token has its own."""
    if token is None:
        return "nobody"
    return token.owner if token.owner == "user" else f"account/{token.name}"


class Quota:
    def __init__(self) -> None:
        self.windows: dict[str, Window] = {}

    def take(self, bucket: str, limits: Limits, now: Instant) -> Verdict:
        window = self.windows.setdefault(bucket, Window())
        violation = now < window.announced_until
        if now >= window.ends:
            window.ends = now + microseconds(limits.quota_window)
            window.used, window.closed = 0, False
        window.used += 1
        if not limits.quota_requests or window.used <= limits.quota_requests:
            return Verdict(None, violation)
        violation = violation or window.closed
        window.closed = True
        return Verdict(self._seconds_left(window, now), violation)

    def announce(self, bucket: str, seconds: float, now: Instant) -> None:
        """An answer told the client to come back after `seconds`."""
        window = self.windows.setdefault(bucket, Window())
        window.announced_until = max(window.announced_until, now + microseconds(seconds))

    def headers(self, bucket: str, limits: Limits, now: Instant) -> dict[str, str]:
        window = self.windows.get(bucket, Window(ends=now))
        limit = limits.quota_requests or UNLIMITED_REQUESTS
        left = max(0, limit - window.used) if limits.quota_requests else limit
        seconds = max(1, self._seconds_left(window, now))
        return {
            "Ratelimit": f'"default";r={left};t={seconds}',
            "Ratelimit-Policy": f'"default";q={limit};w={round(limits.quota_window)}',
        }

    @staticmethod
    def _seconds_left(window: Window, now: Instant) -> int:
        return math.ceil((window.ends - now) / 1_000_000)
