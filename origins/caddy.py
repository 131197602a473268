"""The configuration of Caddy: one site for a Caddyfile.

`caddy` is for 2.6 and later: 2.11 still takes its `trusted_ca_cert`, which is deprecated since 2.8.
`caddy-2.8` says `trust_pool` in its place, which 2.6 does not know.

https://caddyserver.com/docs/caddyfile/directives/tls#client_auth
Caddy refuses a wrong certificate at both stages, limits no depth and reads no revocation lists.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from .bundle import der_base64
from .origin import CHALLENGE, NO_SUCH_HOST, REFUSED, Origin, indent
from .server import Fragment, FragmentPart, Server

SERVER_NAME = "{http.request.tls.server_name}"
FINGERPRINT = "{http.request.tls.client.fingerprint}"
# Empty without a certificate, where the fingerprint of newer Caddys is that of nothing; with one it
# is Base64 of DER, which begins with a SEQUENCE of two length bytes.
CERTIFICATE = "{http.request.tls.client.certificate_der_base64}"

NO_LISTS = "crl: Caddy reads no revocation lists. Use pins for Caddy."


Trust = Callable[[list[str]], list[str]]


def _single(authorities: list[str]) -> list[str]:
    return [f"trusted_ca_cert {authority}" for authority in authorities]


def _pooled(authorities: list[str]) -> list[str]:
    return [
        "trust_pool inline {",
        *indent(f"trust_der {authority}" for authority in authorities),
        "}",
    ]


def text(origin: Origin, trust: Trust = _single) -> str:
    """One site: the hostname, or the default host, which answers 421."""
    if origin.crl:
        raise ValueError(NO_LISTS)
    body = _hostname(origin, trust) if origin.hostname else _default(origin)
    bind = [] if origin.address == "*" else [f"bind {origin.address}"]
    return "\n".join(
        [
            *_title(origin),
            f"https://{origin.hostname or ''}:{origin.port} {{",
            *indent([*bind, *body]),
            "}",
            *(_without_tls(origin, bind) if origin.acme and origin.hostname else []),
            "",
        ]
    )


def _title(origin: Origin) -> list[str]:
    if origin.hostname is None:
        return ["# Caddy: refuses whoever names no known host."]
    title = [f"Caddy: {origin.hostname}, client certificates {origin.stage}.", *_limit(origin)]
    return [f"# {line}" for line in title]


def _limit(origin: Origin) -> list[str]:
    if origin.stage == "on":
        return []
    return ["Lets in who has no certificate; a wrong one Caddy refuses at this stage too."]


def _tls(origin: Origin, *options: str) -> list[str]:
    head = f'tls "{origin.certificate}" "{origin.private_key}"'
    return [f"{head} {{", *indent(["protocols tls1.2 tls1.3", *options]), "}"]


def _default(origin: Origin) -> list[str]:
    return [*_tls(origin), f'respond "{NO_SUCH_HOST}" 421']


def _hostname(origin: Origin, trust: Trust) -> list[str]:
    closed = origin.stage == "on" and not origin.readable
    return [
        *_tls(origin, *_client_auth(origin, trust, closed=closed)),
        *_log(origin),
        "",
        *(["request_body {", f"    max_size {origin.max_body}", "}"] if origin.max_body else []),
        *_challenge(origin),
        *_verified(origin),
        "handle @verified {",
        *indent(_application(origin, "SUCCESS")),
        "}",
        "handle {",
        *indent(
            [f'respond "{REFUSED}" 403']
            if origin.stage == "on"
            else _application(origin, "UNVERIFIED" if origin.pins else "NONE")
        ),
        "}",
    ]


def _client_auth(origin: Origin, trust: Trust, *, closed: bool) -> list[str]:
    if not origin.authorities:
        raise ValueError(
            "authorities: Caddy's configuration contains the CAs themselves;"
            " give the text of origins.bundle."
        )
    return [
        "client_auth {",
        f"    mode {'require_and_verify' if closed else 'verify_if_given'}",
        *indent(trust(der_base64(origin.authorities))),
        "}",
    ]


def fragment(origin: Origin, trust: Trust = _single) -> Fragment:
    """What goes to the beginning of a `route` of the site; outside Caddy would sort directives.

    Refuses inside TLS, so that the site is closed wherever a person puts the lines.
    """
    if origin.crl:
        raise ValueError(NO_LISTS)
    log = (FragmentPart("site", "into the site", tuple(_log(origin))),) if origin.log else ()
    return Fragment(
        (
            f"Caddy: {origin.hostname}, client certificates {origin.stage}. Import this as the",
            "first line of a route { } around all that the site serves.",
            *_limit(origin),
        ),
        tuple(_refusing_here(origin) if origin.stage == "on" else ()),
        (
            FragmentPart(
                "tls",
                "into tls { } of the site, which stands there once",
                (
                    "protocols tls1.2 tls1.3",
                    *_client_auth(origin, trust, closed=origin.stage == "on"),
                ),
            ),
            *log,
        ),
    )


def _refusing_here(origin: Origin) -> list[str]:
    return [
        "@aop_refused {",
        "    not {",
        *indent(_shown(origin, "{http.request.host}"), 2),
        "    }",
        "}",
        f'respond @aop_refused "{REFUSED}" 403',
    ]


def _log(origin: Origin) -> list[str]:
    return ["log {", f'    output file "{origin.log}"', "}"] if origin.log else []


def _verified(origin: Origin) -> list[str]:
    """A certificate that was given is a verified one, in both modes, where the handshake was for
    this name: `strict_sni_host insecure_off` lets in handshakes for others."""
    return ["@verified {", *indent(_shown(origin, str(origin.hostname))), "}"]


def _shown(origin: Origin, host: str) -> list[str]:
    if origin.pins:
        known = "|".join(pin.sha256 for pin in origin.pins)
        shown = f"{FINGERPRINT} ^({known})$"
    else:
        shown = f"{CERTIFICATE} ^MI"
    # Two matchers of one kind would mean either; of two kinds they mean both.
    return [f"vars {SERVER_NAME} {host}", f"vars_regexp {shown}"]


def _application(origin: Origin, outcome: str) -> list[str]:
    proxied = _proxied(origin, origin.upstream, outcome)
    if not origin.acme:
        return proxied
    return [*_answering(origin), "handle {", *indent(proxied), "}"]


def _proxied(origin: Origin, upstream: str, outcome: str) -> list[str]:
    return [
        f"reverse_proxy {upstream} {{",
        *(f"    header_up -{name}" for name in origin.spoofed_headers),
        f"    header_up {origin.header} {outcome}",
        "}",
    ]


def _without_tls(origin: Origin, bind: list[str]) -> list[str]:
    body = [
        *bind,
        *_challenge(origin),
        *_answering(origin),
        "handle {",
        f"    redir https://{origin.hostname}{{uri}} 301",
        "}",
    ]
    return ["", f"http://{origin.hostname}:{origin.acme_port} {{", *indent(body), "}"]


def _challenge(origin: Origin) -> list[str]:
    if not origin.acme:
        return []
    return ["@challenge {", "    method GET HEAD", f"    path_regexp aop ^{CHALLENGE}$", "}"]


def _answering(origin: Origin) -> list[str]:
    served = (
        [f'root * "{origin.webroot}"', "file_server"]
        if origin.webroot
        else _proxied(origin, str(origin.acme), "NONE")
    )
    # Without the rewrite what answers would get the path as the visitor wrote it.
    lines = ["rewrite * {http.regexp.aop.0}", *served]
    return ["handle @challenge {", *indent(lines), "}"]


LOG = "/var/log/caddy/{hostname}-aop.log"
SERVER = Server("caddy", "Caddy", "caddy", text, fragment, LOG)
NEWER = Server(
    "caddy-2.8",
    "Caddy 2.8 and later",
    "caddy",
    functools.partial(text, trust=_pooled),
    functools.partial(fragment, trust=_pooled),
    LOG,
)
