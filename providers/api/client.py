"""The only door to Cloudflare's API (https://developers.cloudflare.com/api/).

`Client` sends one request and answers with Cloudflare's `result`, or raises an error of
`errors.py`. It knows the envelope, which failures may be repeated, the quota and the limits of
time and size. It does not know what a certificate or a binding is.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from time import monotonic, sleep
from typing import Any

import httpx

from .credentials import is_loopback
from .errors import CloudflareError, Refused, Unanswered, advice
from .quota import Quota, retry_after

TIMEOUT = httpx.Timeout(30.0, connect=5.0)
MAX_BYTES = 8 * 1024 * 1024
PATIENCE = 900.0
SLICE = 10.0


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class Clock:
    """Time as an argument: `now` is aware UTC, `monotonic` and `sleep` are in seconds."""

    now: Callable[[], datetime] = _utc_now
    monotonic: Callable[[], float] = monotonic
    sleep: Callable[[float], None] = sleep


@dataclass(frozen=True)
class Runtime:
    """What a client needs from its process.

    `say` shows a line to the person at the terminal; `raise_if_engine_gone` raises when nothing
    may be written any more; `jitter` answers a number from 0 to 1.
    """

    clock: Clock
    say: Callable[[str], None]
    raise_if_engine_gone: Callable[[], None]
    jitter: Callable[[], float] = random.random

    def wait(self, seconds: float, why: str) -> None:
        """Sleeps in slices of ten seconds; each says what is waited for, and may end the wait."""
        ends = self.clock.monotonic() + seconds
        while (left := ends - self.clock.monotonic()) > 0:
            if left > SLICE:
                self.say(f"waiting for {why}: {left:.0f} s")
            self.clock.sleep(min(left, SLICE))
            self.raise_if_engine_gone()


@dataclass(frozen=True)
class Reply:
    """`result` as Cloudflare sent it (object, list or None) and `result_info`."""

    result: Any
    info: Mapping[str, Any]


@dataclass(frozen=True)
class Retry:
    """One row of the policy: how long to wait before each repetition, in seconds."""

    waits: tuple[float, ...]
    why: str


CONFLICT = Retry((5.0,) * 12, "another change of this zone's certificates to end")
FRESH_TOKEN = Retry((1.0, 2.0, 4.0), "Cloudflare to know the token")
SERVER = Retry((1.0, 2.0, 4.0, 8.0, 15.0), "Cloudflare to recover")
THROTTLED = Retry((5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0), "Cloudflare's request quota")


def retry_for(method: str, failure: CloudflareError, token_known: bool) -> Retry | None:
    """Which failure may be repeated, by method, status and code.

    A POST is never repeated unless Cloudflare surely did not carry it out: the caller looks
    first whether the work was done (certificate.py).
    """
    idempotent = method != "POST"
    if isinstance(failure, Unanswered):
        return SERVER if idempotent or not failure.sent else None
    if not isinstance(failure, Refused):
        return None
    if failure.status == 429:
        return THROTTLED
    if failure.status == 409:
        return CONFLICT
    if failure.status >= 500:
        return SERVER if idempotent else None
    if failure.status in (401, 403) and failure.has(10000) and not token_known:
        return FRESH_TOKEN
    return None


class Client:
    """Speaks for one set of credentials; safe for use by many threads."""

    def __init__(
        self, base_url: str, headers: Mapping[str, str], runtime: Runtime, quota: Quota
    ) -> None:
        self._runtime = runtime
        self._quota = quota
        self._token_known = False
        self._http = httpx.Client(
            base_url=base_url,
            headers={**headers, "user-agent": "pulumi-aop"},
            timeout=TIMEOUT,
            follow_redirects=False,
            # A proxy of the company is wanted for Cloudflare and wrong for loopback.
            trust_env=not is_loopback(base_url),
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=64),
        )

    def get(self, path: str, **query: str | int) -> Reply:
        """GET; repeated after every failure that may pass."""
        return self._call("GET", path, query=query)

    def put(self, path: str, body: Mapping[str, Any]) -> Reply:
        """PUT; all PUTs used here say the wanted state, so they may be repeated."""
        return self._call("PUT", path, body=body)

    def patch(self, path: str, body: Mapping[str, Any]) -> Reply:
        """PATCH; likewise."""
        return self._call("PATCH", path, body=body)

    def delete(self, path: str) -> Reply:
        """DELETE without a body."""
        return self._call("DELETE", path)

    def post(self, path: str, body: Mapping[str, Any]) -> Reply:
        """POST; raises `Unanswered` when it may or may not have been carried out."""
        return self._call("POST", path, body=body)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Reply:
        tries: dict[str, int] = {}
        ends = self._runtime.clock.monotonic() + PATIENCE
        while True:
            self._quota.admit()
            if method != "GET":
                self._runtime.raise_if_engine_gone()
            try:
                reply = self._once(method, path, query, body)
                self._token_known = True
                return reply
            except (Refused, Unanswered) as failure:
                seconds = self._pause(method, failure, tries)
                if seconds is None or self._runtime.clock.monotonic() + seconds > ends:
                    raise

    def _pause(
        self, method: str, failure: Refused | Unanswered, tries: dict[str, int]
    ) -> float | None:
        """Waits as the policy says; None when the failure is final."""
        retry = retry_for(method, failure, self._token_known)
        if retry is FRESH_TOKEN and tries.get(retry.why, 0) == len(retry.waits):
            self._token_known = True
        if retry is None or tries.get(retry.why, 0) == len(retry.waits):
            return None
        seconds = retry.waits[tries.get(retry.why, 0)]
        tries[retry.why] = tries.get(retry.why, 0) + 1
        if retry is THROTTLED:
            told = failure.retry_after if isinstance(failure, Refused) else None
            seconds = told + 1 if told is not None else seconds
            self._quota.shut(seconds)
            return seconds
        seconds *= 1 + 0.2 * self._runtime.jitter()
        self._runtime.wait(seconds, retry.why)
        return 0.0

    def _once(
        self,
        method: str,
        path: str,
        query: Mapping[str, str | int] | None,
        body: Mapping[str, Any] | None,
    ) -> Reply:
        try:
            with self._http.stream(method, path, params=query, json=body) as response:
                content = _read(response)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise CloudflareError(
                    "the certificate of the API's server is not trusted, so nothing was sent",
                    "Check CLOUDFLARE_BASE_URL; SSL_CERT_FILE names the authority of a proxy.",
                ) from None
            raise Unanswered(f"Cloudflare cannot be reached ({_kind(error)})", sent=False) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unanswered(f"no answer from Cloudflare to {method} ({_kind(error)})") from None
        self._quota.note(response.headers)
        return decode(method, path, response.status_code, response.headers, content)


def _kind(error: Exception) -> str:
    """The class of a transport failure in words: its text can hold addresses of proxies."""
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in type(error).__name__)
    return words.strip()


def _read(response: httpx.Response) -> bytes:
    parts: list[bytes] = []
    size = 0
    for part in response.iter_bytes():
        size += len(part)
        if size > MAX_BYTES:
            raise Unanswered(f"Cloudflare's answer is larger than {MAX_BYTES // 2**20} MiB")
        parts.append(part)
    return b"".join(parts)


def decode(
    method: str, path: str, status: int, headers: Mapping[str, str], content: bytes
) -> Reply:
    """The envelope `{success, errors, messages, result}`: a reply, `Refused` or `Unanswered`.

    `result` may be null or missing, `errors` may hold several or none, and an error from the
    edge can be HTML.
    """
    ray = headers.get("cf-ray", "").split("-")[0]
    if 300 <= status < 400:
        raise Refused(
            status,
            (),
            "answered with a redirect, which is not followed: the token stays here",
            ray=ray,
            next_step="Check CLOUDFLARE_BASE_URL.",
        )
    try:
        envelope = json.loads(content)
    except ValueError:
        envelope = None
    if not isinstance(envelope, dict):
        # The 404 of a proxy does not say that an object is gone.
        if status >= 400 and status not in (400, 404):
            raise _refused(method, path, status, headers, [], "no JSON in the answer", ray)
        raise Unanswered(f"Cloudflare's answer to {method} is no JSON (HTTP {status}, ray {ray})")
    errors = [e for e in envelope.get("errors") or [] if isinstance(e, dict)]
    if status >= 400 or envelope.get("success") is False:
        raise _refused(method, path, status, headers, errors, "no reason given", ray)
    if "result" not in envelope:
        raise Unanswered(f"Cloudflare's answer to {method} has no result (ray {ray})")
    info = envelope.get("result_info")
    return Reply(envelope["result"], info if isinstance(info, dict) else {})


def _refused(
    method: str,
    path: str,
    status: int,
    headers: Mapping[str, str],
    errors: list[dict[str, Any]],
    default: str,
    ray: str,
) -> Refused:
    chain = [c for e in errors for c in e.get("error_chain") or [] if isinstance(c, dict)]
    codes = [e["code"] for e in errors if isinstance(e.get("code"), int)]
    texts = [str(e.get("message", "")).strip(". ") for e in errors + chain]
    text = "; ".join(dict.fromkeys(t for t in texts if t))[:500] or default
    more = [c["code"] for c in chain if isinstance(c.get("code"), int)]
    return Refused(
        status,
        codes,
        text,
        ray=ray,
        next_step=advice(method, path, status, codes + more),
        retry_after=retry_after(headers),
    )
