"""The community's ingress-nginx: the CAs as a Secret, and annotations of an Ingress.

https://kubernetes.github.io/ingress-nginx/examples/auth/client-certs/
It was retired in March 2026 and gets no more fixes. Not run by this project: the annotations are
those of its documentation.
"""

from __future__ import annotations

from .origin import Origin, indent
from .server import Fragment, Server, kubernetes_name, refuse_fields

PREFIX = "nginx.ingress.kubernetes.io"
MODES = {"on": "on", "optional": "optional_no_ca"}


def fragment(origin: Origin) -> Fragment:
    """The Secret, and what of the Ingress `kubectl apply --server-side` adds to the rest."""
    refuse_fields(origin, SERVER.title, "pins", "crl", "acme", "max_body")
    name = kubernetes_name(origin)
    annotations = {
        "auth-tls-secret": f"NAMESPACE/{name}",
        "auth-tls-verify-client": MODES[origin.stage],
        # Counted as NGINX does, without the root; 1 is its least.
        "auth-tls-verify-depth": str(max(1, origin.depth - 1)),
        "auth-tls-pass-certificate-to-upstream": "false",
    }
    return Fragment(
        (
            f"ingress-nginx: {origin.hostname}, client certificates {origin.stage}.",
            "Put your own for NAMESPACE and INGRESS, then kubectl apply --server-side.",
            "ingress-nginx was retired in March 2026 and gets no more fixes, of security neither:",
            "go on to the Gateway API. Not run by this project; the annotations are documented.",
        ),
        (
            "apiVersion: v1",
            "kind: Secret",
            f"metadata: {{name: {name}, namespace: NAMESPACE}}",
            "stringData:",
            "  ca.crt: |",
            *indent(origin.authorities.splitlines()),
            "---",
            "apiVersion: networking.k8s.io/v1",
            "kind: Ingress",
            "metadata:",
            "  name: INGRESS",
            "  namespace: NAMESPACE",
            "  annotations:",
            *(f'    {PREFIX}/{key}: "{value}"' for key, value in annotations.items()),
        ),
    )


def text(origin: Origin) -> str:
    """The same as the fragment: the Ingress is there already."""
    return fragment(origin).text


SERVER = Server(
    "ingress-nginx", "ingress-nginx", "yaml", text, fragment, "", has_default_host=False
)
