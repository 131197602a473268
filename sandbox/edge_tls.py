"""The edge's side of TLS to an origin, and what a connection that failed says."""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Iterator
from functools import lru_cache

import httpx


@lru_cache(maxsize=64)
def context(pair: str | None, ca: str | None, verifying: bool) -> ssl.SSLContext:
    """TLS 1.2 or 1.3, with the certificate and key of `pair` (one PEM text) or with none.
    ssl.SSLError when OpenSSL refuses them."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.check_hostname = verifying
    made.verify_mode = ssl.CERT_REQUIRED if verifying else ssl.CERT_NONE
    if ca:
        made.load_verify_locations(cadata=ca)
    if pair:
        _load(made, pair)
    return made


def _load(made: ssl.SSLContext, pair: str) -> None:
    """OpenSSL reads keys from files only: from one in memory (Linux), else from one that nobody
    else can read and that is removed at once."""
    in_memory = hasattr(os, "memfd_create")
    number, path = (os.memfd_create("pair"), "") if in_memory else tempfile.mkstemp()
    try:
        with os.fdopen(number, "w") as file:
            file.write(pair)
            file.flush()
            made.load_cert_chain(path or f"/proc/self/fd/{number}")
    finally:
        if path:
            os.unlink(path)


def reading(error: Exception) -> tuple[int, str]:
    """Cloudflare's status for a request to the origin that failed, and what happened."""
    causes = list(_causes(error))
    alert = next((cause for cause in causes if isinstance(cause, ssl.SSLError)), None)
    if isinstance(alert, ssl.SSLCertVerificationError):
        why = alert.verify_message
        return 526, f"has a certificate that the ca of /sandbox/origins does not verify: {why}"
    if alert is not None:
        return 525, f"does not complete TLS: {alert.reason or alert}"
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return 521, "refuses connections"
    if isinstance(error, httpx.ConnectTimeout):
        return 522, "does not accept the connection in time"
    if isinstance(error, httpx.TimeoutException):
        return 524, "does not answer in time"
    return 502, f"ended the connection without a whole answer: {str(error) or type(error).__name__}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
