"""The configuration of HAProxy 2.4 or later: one frontend that owns its port, and its backend.

https://docs.haproxy.org/2.6/configuration.html
Two frontends on one port would share its connections by chance, so this one also refuses every
other host. HAProxy has no limit on the depth of a chain.
"""

from __future__ import annotations

from .origin import CHALLENGE, NO_SUCH_HOST, REFUSED, Origin, indent, socket_address
from .server import BESIDE_CERTIFICATE, Fragment, FragmentPart, Server


def text(origin: Origin) -> str:
    """A frontend for the hostname with its backend; or one that refuses whoever comes."""
    if origin.webroot:
        raise ValueError(
            "acme: HAProxy serves no files. Give HOST:PORT of what answers challenges."
        )
    if origin.private_key not in (origin.certificate, f"{origin.certificate}.key"):
        raise ValueError(
            f"private_key: HAProxy reads the key from {origin.certificate} or from"
            f" {origin.certificate}.key, not from {origin.private_key}. Put it there."
        )
    return "\n".join(_hostname(origin) if origin.hostname else _default(origin))


def _bind(origin: Origin) -> str:
    return f'{_listen(origin, origin.port)} ssl crt "{origin.certificate}" {TLS} alpn h2,http/1.1'


TLS = "ssl-min-ver TLSv1.2 no-tls-tickets"
# A session is resumed in any bind of the process, verified by the other bind's CAs or by nothing.
# `no-tls-tickets` leaves those that the server keeps.
CACHE = ("tune.ssl.cachesize 0",)
GLOBAL = ["global", *indent(CACHE), ""]


def _listen(origin: Origin, port: int) -> str:
    everywhere = origin.address == "*"
    where = socket_address("::" if everywhere else origin.address, port)
    return f"bind {where}{' v4v6' if everywhere else ''}"


def _default(origin: Origin) -> list[str]:
    return [
        "# HAProxy: refuses whoever comes to this port.",
        f"frontend {origin.identifier}",
        *indent(
            [
                "mode http",
                "timeout client 30s",
                _bind(origin),
                f"http-request deny deny_status 421 {_says(NO_SUCH_HOST)}",
            ]
        ),
        "",
    ]


def _hostname(origin: Origin) -> list[str]:
    return [
        f"# HAProxy: {origin.hostname}, client certificates {origin.stage}."
        " The only frontend of its port.",
        *GLOBAL,
        f"frontend {origin.identifier}",
        *indent(_frontend(origin)),
        "",
        *_backend(origin.identifier, origin.upstream),
        *(_without_tls(origin, origin.acme) if origin.acme else []),
    ]


def _backend(name: str, upstream: str) -> list[str]:
    lines = [
        "mode http",
        "timeout connect 5s",
        "timeout server 60s",
        # Of a WebSocket.
        "timeout tunnel 1h",
        f"server application {upstream}",
    ]
    return [f"backend {name}", *indent(lines), ""]


def _without_tls(origin: Origin, upstream: str) -> list[str]:
    name = f"{origin.identifier}_acme"
    lines = [
        "mode http",
        "timeout client 30s",
        _listen(origin, origin.acme_port),
        *_challenge(origin),
        f"http-request deny deny_status 421 {_says(NO_SUCH_HOST)} unless {_host(origin)}",
        f"http-request redirect prefix https://{origin.hostname} code 301 unless aop_challenge",
        *(f"http-request del-header {one}" for one in (origin.header, *origin.spoofed_headers)),
        f"default_backend {name}",
    ]
    return [f"frontend {name}", *indent(lines), "", *_backend(name, upstream)]


def _challenge(origin: Origin) -> list[str]:
    return [
        f"acl aop_challenge path -m reg '^{CHALLENGE}$'",
        "http-request deny deny_status 405 if aop_challenge !{ method GET HEAD }",
    ]


def _host(origin: Origin) -> str:
    return f"{{ req.hdr(host),field(1,:) -i -m str {origin.hostname} }}"


def _frontend(origin: Origin) -> list[str]:
    return [
        "mode http",
        "timeout client 30s",
        f"{_bind(origin)} {_verification(origin)}",
        *_verdicts(origin),
        *_log(origin),
        "",
        *(_refusing(origin) if origin.stage == "on" else []),
        f"http-request deny deny_status 421 {_says(NO_SUCH_HOST)} unless {_host(origin)}",
        *_limit(origin),
        *(_challenge(origin) if origin.acme else []),
        "",
        *_header(origin),
        "http-request set-header X-Forwarded-Proto https",
        *([f"use_backend {origin.identifier}_acme if aop_challenge"] if origin.acme else []),
        f"default_backend {origin.identifier}",
    ]


def _limit(origin: Origin) -> list[str]:
    if not origin.max_body:
        return []
    return [f"http-request deny deny_status 413 if {{ req.body_size gt {origin.max_body} }}"]


def _verdicts(origin: Origin) -> list[str]:
    return [
        "acl aop_sent ssl_c_used",
        # All three, because each alone reports only a part of the chain.
        "acl aop_wrong ssl_c_verify gt 0",
        "acl aop_wrong ssl_c_ca_err gt 0",
        "acl aop_wrong ssl_c_err gt 0",
        # Another `global` may keep sessions again: then nobody passes with one.
        "acl aop_wrong ssl_fc_is_resumed",
        *_pins(origin),
    ]


def fragment(origin: Origin) -> Fragment:
    """What goes into a `frontend` before its own rules; HAProxy includes no files."""
    return Fragment(
        (
            f"HAProxy: {origin.hostname}, client certificates {origin.stage}. Paste this into its",
            "frontend, before every other http-request rule: it holds for all hosts there.",
        ),
        (*_verdicts(origin), *_log(origin), *(_named(origin) if origin.stage == "on" else [])),
        (
            FragmentPart(
                "bind", "at the end of each of its bind lines", (_verifying_bind(origin),)
            ),
            FragmentPart(
                "global", "into global; else Cloudflare's resumed connections are refused", CACHE
            ),
        ),
    )


def _verifying_bind(origin: Origin) -> str:
    return f"{TLS} {_verification(origin)}"


def _named(origin: Origin) -> list[str]:
    """Also the server name has to be the host: a crt-list may have other CAs for other names."""
    return [
        "http-request set-var(txn.aop_host) req.hdr(host),field(1,:),lower",
        "acl aop_named ssl_fc_sni,lower,strcmp(txn.aop_host) eq 0",
        f"http-request deny deny_status 403 {_says(REFUSED)} unless {_verified(origin)} aop_named",
    ]


def _verification(origin: Origin) -> str:
    if origin.stage == "optional":
        mode = "verify optional crt-ignore-err all ca-ignore-err all"
    else:
        mode = "verify optional" if origin.readable else "verify required"
    crl = f' crl-file "{origin.crl}"' if origin.crl else ""
    return f'ca-file "{origin.client_ca}" {mode}{crl}'


def _pins(origin: Origin) -> list[str]:
    known = " ".join(pin.sha256 for pin in origin.pins)
    return [f"acl aop_pinned ssl_c_der,sha2(256),hex -i -m str {known}"] if origin.pins else []


def _log(origin: Origin) -> list[str]:
    if origin.log is None:
        return []
    return [
        f'log "{origin.log}" local0',
        'log-format "%ci [%tr] %{+Q}r %ST sent=%[ssl_c_used] verify=%[ssl_c_verify]'
        " serial=%[ssl_c_serial,hex]"
        ' issuer=%{+Q}[ssl_c_i_dn]"',
    ]


def _verified(origin: Origin) -> str:
    return "aop_sent !aop_wrong" + (" aop_pinned" if origin.pins else "")


def _refusing(origin: Origin) -> list[str]:
    return [f"http-request deny deny_status 403 {_says(REFUSED)} unless {_verified(origin)}"]


def _header(origin: Origin) -> list[str]:
    return [
        *(f"http-request del-header {name}" for name in origin.spoofed_headers),
        f"http-request set-header {origin.header} FAILED",
        f"http-request set-header {origin.header} NONE unless aop_sent",
        f"http-request set-header {origin.header} SUCCESS if {_verified(origin)}",
    ]


def _says(sentence: str) -> str:
    return f'content-type text/plain string "{sentence}\\n"'


SERVER = Server(
    "haproxy",
    "HAProxy",
    "cfg",
    text,
    fragment,
    "/dev/log",
    private_key=BESIDE_CERTIFICATE,
    # Its only frontend refuses other hosts itself.
    has_default_host=False,
)
