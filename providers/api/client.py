"""The only door to Cloudflare's API (https://developers.cloudflare.com/api/).

`Client` sends one request and answers with Cloudflare's `result`, or raises an error of
`errors.py`. It knows the envelope, which failures may be repeated, the quota and the limits of
time and size. It does not know what a certificate or a binding is.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..values.text import one_line
from . import codes, unreachable
from .credentials import is_loopback
from .deadline import bound
from .errors import CloudflareError, Refused, Unanswered
from .polling import (
    CONFLICT,
    CONNECT,
    FRESH_TOKEN,
    LONGEST_ANSWER,
    PATIENCE,
    SERVER,
    SILENCE,
    THROTTLED,
    Retry,
)
from .quota import Quota, retry_after
from .runtime import Runtime

if TYPE_CHECKING:
    import httpx

MAX_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class Reply:
    """`result` as Cloudflare sent it (object, list or None) and `result_info`."""

    result: Any
    info: Mapping[str, Any]


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
    by_code = next((row.retry for row in codes.rows(failure.codes) if row.retry), None)
    return None if by_code is FRESH_TOKEN and token_known else by_code


class Client:
    """Speaks for one set of credentials; safe for use by many threads."""

    def __init__(
        self, base_url: str, headers: Mapping[str, str], runtime: Runtime, quota: Quota
    ) -> None:
        self._runtime = runtime
        self._quota = quota
        self._token_known = False
        self._http = _connections(base_url, headers)
        self._deadline = bound(self._http)

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
        if retry is FRESH_TOKEN and tries.get(retry.why, 0) == len(retry.pauses):
            self._token_known = True
        if retry is None or tries.get(retry.why, 0) == len(retry.pauses):
            return None
        seconds = retry.pauses[tries.get(retry.why, 0)]
        tries[retry.why] = tries.get(retry.why, 0) + 1
        if retry is THROTTLED:
            if self._quota.is_open():
                self._quota.shut(seconds)
            return 0.0
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
        import httpx

        number = self._quota.admit()
        if method != "GET":
            self._runtime.raise_if_engine_gone()
        self._deadline.begin(LONGEST_ANSWER)
        try:
            with self._http.stream(method, path, params=query, json=body) as response:
                content = _read(response)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise CloudflareError(
                    "the certificate of the API's server is not trusted, so nothing was sent",
                    "Check CLOUDFLARE_BASE_URL; SSL_CERT_FILE names the authority of a proxy.",
                ) from None
            there = unreachable.place(str(self._http.base_url))
            fact = f"Cloudflare cannot be reached: {there}: {unreachable.why(error)}"
            raise Unanswered(fact, sent=False) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            fact = f"no answer from Cloudflare to {method} ({unreachable.why(error)})"
            raise Unanswered(fact) from None
        self._quota.note(number, response.status_code, response.headers)
        return decode(method, path, response.status_code, response.headers, content)


def _connections(base_url: str, headers: Mapping[str, str]) -> httpx.Client:
    """The connections; what the environment says of proxies and authorities is read here."""
    # With click and rich around, httpx imports its command line: three quarters of its import.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
    # Only who asks the API pays for it: a preview without changes imports no HTTP client.
    import httpx

    try:
        return httpx.Client(
            base_url=base_url,
            headers={**headers, "user-agent": "pulumi-aop", "accept-encoding": "gzip"},
            timeout=httpx.Timeout(SILENCE, connect=CONNECT),
            follow_redirects=False,
            # A proxy of the company is wanted for Cloudflare and wrong for loopback.
            trust_env=not is_loopback(base_url),
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=64),
        )
    except ImportError:
        fact = "ALL_PROXY or HTTPS_PROXY names a SOCKS proxy, which is not supported"
        step = "Name an HTTP proxy, or list the API's host in NO_PROXY."
    except OSError:
        fact = "the authorities that SSL_CERT_FILE or SSL_CERT_DIR names cannot be read"
        step = "Let it name a file of certificates in PEM, or unset it."
    except (ValueError, httpx.InvalidURL):
        fact = "HTTPS_PROXY, HTTP_PROXY or ALL_PROXY in the environment is no address of a proxy"
        step = "Set it to http://HOST:PORT, or unset it."
    raise CloudflareError(f"{fact}; nothing was sent", step)


def _read(response: httpx.Response) -> bytes:
    """The body, unpacked; no more of it than `MAX_BYTES`, packed or unpacked, is ever held."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        told = one_line(encoding[:40])
        raise Unanswered(f"Cloudflare's answer is encoded as {told}, not as gzip")
    unpacker = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
    content, size = bytearray(), 0
    for part in response.iter_raw():
        size += len(part)
        try:
            content += unpacker.decompress(part, MAX_BYTES + 1) if unpacker else part
        except zlib.error:
            raise Unanswered("Cloudflare's answer cannot be unpacked (gzip)") from None
        if max(size, len(content)) > MAX_BYTES:
            raise Unanswered(f"Cloudflare's answer is larger than {MAX_BYTES // 2**20} MiB")
    return bytes(content)


def decode(
    method: str, path: str, status: int, headers: Mapping[str, str], content: bytes
) -> Reply:
    """The envelope `{success, errors, messages, result}`: a reply, `Refused` or `Unanswered`.

    `result` may be null or missing, `errors` may hold several or none, and an error from the
    edge can be HTML. Only an envelope is Cloudflare's word: the 404 of a proxy or of a gateway
    does not say that an object is gone.
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
    envelope = _envelope(content)
    if status >= 400 or envelope.get("success") is False:
        # What says only that it is busy or broken may be repeated, whoever says so.
        is_busy = status == 429 or status >= 500
        if envelope.get("success") is not False and not is_busy:
            raise Unanswered(_foreign(method, status, ray))
        raise _refusal(method, path, status, headers, envelope, ray)
    # The deletion of a notification policy is documented to answer without a result.
    has_result = "result" in envelope or method == "DELETE"
    if envelope.get("success") is not True or not has_result:
        raise Unanswered(_foreign(method, status, ray))
    info = envelope.get("result_info")
    return Reply(envelope.get("result"), info if isinstance(info, dict) else {})


def _envelope(content: bytes) -> dict[str, Any]:
    """The object; empty for what is no JSON, no object, or nested beyond reason."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _foreign(method: str, status: int, ray: str) -> str:
    where = f"HTTP {status}" + (f", ray {ray}" if ray else "")
    return f"the answer to {method} is not Cloudflare's: no result and no error in it ({where})"


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _numbers(errors: list[dict[str, Any]]) -> list[int]:
    return [code for error in errors if type(code := error.get("code")) is int]


def _refusal(
    method: str,
    path: str,
    status: int,
    headers: Mapping[str, str],
    envelope: Mapping[str, Any],
    ray: str,
) -> Refused:
    errors = _objects(envelope.get("errors"))
    chain = [link for error in errors for link in _objects(error.get("error_chain"))]
    texts = [str(error.get("message", "")).strip(". ") for error in errors + chain]
    return Refused(
        status,
        _numbers(errors),
        "; ".join(dict.fromkeys(t for t in texts if t))[:500] or "no reason given",
        ray=ray,
        next_step=codes.advice(method, path, status, _numbers(errors + chain)),
        retry_after=retry_after(headers),
    )
