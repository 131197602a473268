"""How an origin refuses everyone else: configurations, what they trust, and the proof.

Knows nothing of Pulumi and of the rest of the project. Texts come from `configuration`, the CAs to
trust from `bundle`, the proof from `probe`.
"""

from __future__ import annotations

from types import MappingProxyType

from . import (
    apache,
    aws_alb,
    caddy,
    cloudflare_ca,
    gateway_api,
    haproxy,
    ingress_nginx,
    nginx,
    traefik,
)
from .bundle import anchors, bundle, chain_depth, pin
from .connection import ClientCertificate
from .origin import Origin, Pin, Stage
from .probe import probe
from .report import SUMMARY, ProbeReport, worst
from .server import Fragment, FragmentPart, Server
from .target import Target, addresses
from .trial import Endpoint, Trial, try_certificate

SERVERS: MappingProxyType[str, Server] = MappingProxyType(
    {
        server.name: server
        for server in (
            nginx.SERVER,
            apache.SERVER,
            haproxy.SERVER,
            caddy.SERVER,
            caddy.NEWER,
            gateway_api.SERVER,
            ingress_nginx.SERVER,
            traefik.SERVER,
            aws_alb.SERVER,
        )
    }
)


def server_named(name: str) -> Server:
    """The record of the server; `ValueError` on one line for a name that stands for none."""
    if name not in SERVERS:
        raise ValueError(f"server: {name!r} is none of {', '.join(SERVERS)}.")
    return SERVERS[name]


def configuration(server: str, origin: Origin) -> str:
    """The text for the server of this name; `ValueError` on one line when none can be written."""
    return server_named(server).text(origin)


def fragment(server: str, origin: Origin) -> Fragment:
    """The lines for a block of this server that exists; `ValueError` as `configuration`."""
    return server_named(server).fragment(origin)


__all__ = [
    "SERVERS",
    "SUMMARY",
    "ClientCertificate",
    "Endpoint",
    "Fragment",
    "FragmentPart",
    "Origin",
    "Pin",
    "ProbeReport",
    "Server",
    "Stage",
    "Target",
    "Trial",
    "addresses",
    "anchors",
    "bundle",
    "chain_depth",
    "cloudflare_ca",
    "configuration",
    "fragment",
    "pin",
    "probe",
    "server_named",
    "try_certificate",
    "worst",
]
