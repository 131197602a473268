"""Kubernetes' Gateway API 1.5 or later: the CAs as a ConfigMap, and `spec.tls` of a Gateway.

https://gateway-api.sigs.k8s.io/guides/user-guides/tls/ (GEP-91)
Not run by this project: what is written is checked against the schema of the CRD, v1.5.0.
"""

from __future__ import annotations

from .origin import Origin, indent
from .server import Fragment, Server, kubernetes_name, refuse_fields

MODES = {"on": "AllowValidOnly", "optional": "AllowInsecureFallback"}


def fragment(origin: Origin) -> Fragment:
    """The ConfigMap, and what of the Gateway `kubectl apply --server-side` adds to the rest."""
    refuse_fields(origin, SERVER.title, "pins", "crl", "acme", "max_body")
    name = kubernetes_name(origin)
    return Fragment(
        (
            f"Gateway API: {origin.hostname}, client certificates {origin.stage}.",
            "Put your Gateway's name for GATEWAY, then kubectl apply --server-side -n NAMESPACE.",
            f"It holds for every HTTPS listener of port {origin.port} of that Gateway, for every",
            "host. Not run by this project; checked against the CRD's schema of v1.5.0.",
        ),
        (
            "apiVersion: v1",
            "kind: ConfigMap",
            "metadata:",
            f"  name: {name}",
            "data:",
            "  ca.crt: |",
            *indent(origin.authorities.splitlines()),
            "---",
            "apiVersion: gateway.networking.k8s.io/v1",
            "kind: Gateway",
            "metadata:",
            "  name: GATEWAY",
            "spec:",
            "  tls:",
            "    frontend:",
            *_deeper(_frontend(origin, name), 3),
        ),
    )


def _frontend(origin: Origin, name: str) -> list[str]:
    validation = [
        "validation:",
        "  caCertificateRefs:",
        '    - {group: "", kind: ConfigMap, name: ' + name + "}",
        f"  mode: {MODES[origin.stage]}",
    ]
    if origin.port == 443:
        return ["default:", *_deeper(validation, 1)]
    per_port = [f"- port: {origin.port}", "  tls:", *_deeper(validation, 2)]
    return ["default: {}", "perPort:", *_deeper(per_port, 1)]


def _deeper(lines: list[str], levels: int) -> list[str]:
    return ["  " * levels + line for line in lines]


def text(origin: Origin) -> str:
    """The same as the fragment: a Gateway is never this project's alone."""
    return fragment(origin).text


SERVER = Server("gateway-api", "Gateway API", "yaml", text, fragment, "", has_default_host=False)
