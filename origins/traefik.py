"""Traefik 3, for its file provider: TLS options with client certificates, and a router with them.

https://doc.traefik.io/traefik/reference/routing-configuration/http/tls/tls-options/
Not run by this project: written by the documentation. Traefik refuses a wrong certificate at both
stages, limits no depth and reads no revocation lists.
"""

from __future__ import annotations

from .origin import Origin
from .server import Fragment, Server, kubernetes_name, refuse_fields

TYPES = {"on": "RequireAndVerifyClientCert", "optional": "VerifyClientCertIfGiven"}


def _options(origin: Origin) -> list[str]:
    refuse_fields(origin, SERVER.title, "pins", "crl", "acme", "max_body")
    return [
        "tls:",
        "  options:",
        f"    {kubernetes_name(origin)}:",
        "      minVersion: VersionTLS12",
        "      sniStrict: true",
        "      clientAuth:",
        f'        caFiles: ["{origin.client_ca}"]',
        f"        clientAuthType: {TYPES[origin.stage]}",
    ]


def _title(origin: Origin) -> tuple[str, ...]:
    return (
        f"Traefik: {origin.hostname}, client certificates {origin.stage}. Not run by this project;",
        "written by the documentation. Every router of this host needs these options: where two",
        "differ, Traefik takes the default ones, which ask for no certificate.",
    )


def fragment(origin: Origin) -> Fragment:
    """The TLS options; the router that exists names them."""
    name = kubernetes_name(origin)
    named = f"Name them in each router of the host: tls.options: {name} (elsewhere {name}@file)."
    return Fragment((*_title(origin), named), tuple(_options(origin)))


def text(origin: Origin) -> str:
    """The options with the host's certificate, router and service."""
    name = kubernetes_name(origin)
    outcome = "SUCCESS" if origin.stage == "on" else ""
    headers = {origin.header: outcome, **dict.fromkeys(origin.spoofed_headers, "")}
    lines = (
        *_options(origin),
        "  certificates:",
        f'    - certFile: "{origin.certificate}"',
        f'      keyFile: "{origin.private_key}"',
        "http:",
        "  routers:",
        f"    {name}:",
        f'      rule: "Host(`{origin.hostname}`)"',
        f"      service: {name}",
        f"      middlewares: [{name}]",
        "      tls:",
        f"        options: {name}",
        "  middlewares:",
        f"    {name}:",
        "      headers:",
        "        customRequestHeaders:",
        *(f'          {header}: "{value}"' for header, value in headers.items()),
        "  services:",
        f"    {name}:",
        "      loadBalancer:",
        "        servers:",
        f'          - url: "http://{origin.upstream}"',
    )
    return Fragment(_title(origin), lines).text


SERVER = Server("traefik", "Traefik", "yaml", text, fragment, "", has_default_host=False)
