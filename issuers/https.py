"""JSON over HTTPS to an issuer: a pinned root, no redirect, bounded in time and size."""

from __future__ import annotations

import hashlib
import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import Encoding

from . import chain
from .issuer import IssuerError, one_line

# For each step of a connection, and for a whole answer.
SECONDS = 20.0
LONGEST = 60.0
MOST_BYTES = 1_000_000
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class IssuerReply:
    """Status, text, and the text as JSON (None where the text is none)."""

    status: int
    text: str = field(repr=False)

    @property
    def json(self) -> Any:
        try:
            return json.loads(self.text)
        except ValueError:
            return None

    def value(self, *path: str) -> Any:
        """What stands below these keys; None where something else is there."""
        found = self.json
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        return found


def address(url: str) -> str:
    """A base address without a slash at its end; `ValueError` unless https, or on loopback."""
    parts = urlsplit(url)
    is_plain = bool(parts.hostname) and not parts.username and not parts.query
    is_loopback = parts.scheme == "http" and parts.hostname in LOOPBACK
    if is_plain and (parts.scheme == "https" or is_loopback):
        return url.rstrip("/")
    raise ValueError("is not an https address. Write one such as https://ca.internal:9000.")


def root_context(pem: str | None) -> ssl.SSLContext:
    """TLS that trusts the certificates of a PEM text alone; the system's where there is none.

    :raises IssuerError: where the text holds no certificate.
    """
    if pem is None:
        return ssl.create_default_context()
    trusted = chain.read_all(pem)
    context = ssl.create_default_context(
        cadata="".join(one.public_bytes(Encoding.PEM).decode() for one in trusted)
    )
    # Python 3.13 and newer refuse private CAs that name no key identifiers, which older ones take.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def request(
    method: str,
    url: str,
    *,
    tls: ssl.SSLContext,
    body: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> IssuerReply:
    """One request, never repeated: a repeated one could make a second certificate.

    :raises IssuerError: when there is no whole answer.
    """
    # Only a run that asks for a certificate needs the client, and it takes long to import.
    import httpx

    # Proxies of the environment are meant for other hosts than a private CA.
    client = httpx.Client(verify=tls, timeout=SECONDS, follow_redirects=False, trust_env=False)
    until = time.monotonic() + LONGEST
    try:
        with client, client.stream(method, url, json=body, headers=dict(headers or {})) as stream:
            taken = bytearray()
            for part in stream.iter_bytes():
                taken += part
                if len(taken) > MOST_BYTES or time.monotonic() > until:
                    raise IssuerError(f"{url} answers too much or too slowly", "Correct its url.")
            return IssuerReply(stream.status_code, taken.decode(errors="replace"))
    except httpx.TimeoutException:
        fact, then = f"{url} did not answer within {SECONDS:.0f} seconds", "Try again later."
    except httpx.HTTPError as error:
        fact, then = f"{url} cannot be reached ({one_line(str(error))})", "Look whether it runs."
        if "CERTIFICATE_VERIFY_FAILED" in fact:
            then = "Give its root certificate as root."
    raise IssuerError(fact, then)


def is_root(pem: str, fingerprint: str) -> bool:
    """Whether the first certificate has this SHA-256 (hexadecimal, with colons or without)."""
    der = chain.read_all(pem)[0].public_bytes(Encoding.DER)
    return hashlib.sha256(der).hexdigest() == fingerprint.replace(":", "").lower()
