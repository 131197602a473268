"""How an origin refuses everyone else: configurations, what they trust, and the proof.

Knows nothing of Pulumi and of the rest of the project. Texts come from `configuration`, the CAs to
trust from `bundle`, the proof from `probe`.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from . import apache, caddy, cloudflare_ca, haproxy, nginx
from .bundle import bundle, chain_depth, pin
from .connection import ClientCertificate
from .origin import Origin, Pin, Stage
from .probe import Target, probe
from .report import Report

SERVERS: MappingProxyType[str, Callable[[Origin], str]] = MappingProxyType(
    {"nginx": nginx.text, "apache": apache.text, "haproxy": haproxy.text, "caddy": caddy.text}
)


def configuration(server: str, origin: Origin) -> str:
    """The text for nginx, apache, haproxy or caddy; `ValueError` on one line."""
    if server not in SERVERS:
        raise ValueError(f"server: {server!r} is none of {', '.join(SERVERS)}.")
    return SERVERS[server](origin)


__all__ = [
    "SERVERS",
    "ClientCertificate",
    "Origin",
    "Pin",
    "Report",
    "Stage",
    "Target",
    "bundle",
    "chain_depth",
    "cloudflare_ca",
    "configuration",
    "pin",
    "probe",
]
