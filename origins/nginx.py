"""The configuration of NGINX 1.19.4 or later, for inclusion in `http { }`.

https://nginx.org/en/docs/http/ngx_http_ssl_module.html
NGINX answers a refused visitor itself, with its statuses 495 (bad certificate) and 496 (none).
"""

from __future__ import annotations

import re

from .origin import CHALLENGE, NO_SUCH_HOST, REFUSED, Origin, indent, socket_address
from .server import Fragment, FragmentPart, Server

# With a resumed session a visitor can pass from one server block to another (CVE-2025-23419).
NO_RESUMPTION = ["ssl_session_tickets off;", "ssl_session_cache off;", "ssl_early_data off;"]
# Any command of its own keeps a block from inheriting those of http { }, among which VerifyCAFile
# would take the place of the block's own CAs.
PROTOCOLS = ["ssl_protocols TLSv1.2 TLSv1.3;", "ssl_conf_command MinProtocol TLSv1.2;"]
# WebSockets (RFC 6455), and no other protocol, pass to the application.
UPGRADE = [
    'set $aop_upgrade "";',
    "set $aop_connection close;",
    'if ($http_upgrade ~* "^websocket$") {',
    "    set $aop_upgrade websocket;",
    "    set $aop_connection upgrade;",
    "}",
]


def text(origin: Origin) -> str:
    """One `server` block: the hostname, or the default host, which ends the TLS handshake."""
    body = _hostname(origin) if origin.hostname else _default(origin)
    formats = _log_format(origin) if origin.log and origin.hostname else []
    plain = _without_tls(origin) if origin.acme and origin.hostname else []
    return "\n".join([*_title(origin), *formats, "server {", *indent(body), "}", *plain, ""])


def _title(origin: Origin) -> list[str]:
    if origin.hostname is None:
        return ["# NGINX: refuses whoever names no known host. Include inside http { }."]
    return [
        f"# NGINX: {origin.hostname}, client certificates {origin.stage}."
        " Include inside http { }."
    ]


def _listen(origin: Origin, port: int, parameters: str = "") -> list[str]:
    if origin.address == "*":
        return [f"listen {port}{parameters};", f"listen [::]:{port}{parameters};"]
    return [f"listen {socket_address(origin.address, port)}{parameters};"]


def _without_tls(origin: Origin) -> list[str]:
    body = [
        *_listen(origin, origin.acme_port),
        f"server_name {origin.hostname};",
        *_challenge(origin),
        "location / {",
        f"    return 301 https://{origin.hostname}$request_uri;",
        "}",
    ]
    return ["", "server {", *indent(body), "}"]


def _challenge(origin: Origin) -> list[str]:
    if origin.acme is None:
        return []
    served = (
        [f'    root "{origin.webroot}";', "    default_type text/plain;"]
        if origin.webroot
        # Without the rewrite the upstream would get the path as the visitor wrote it.
        else [f'    rewrite "^({CHALLENGE})$" "$1?" break;', *_proxied(origin, origin.acme, "NONE")]
    )
    return [
        f'location ~ "^{CHALLENGE}$" {{',
        '    if ($request_method !~ "^(GET|HEAD)$") { return 405; }',
        *served,
        "}",
    ]


def _default(origin: Origin) -> list[str]:
    return [
        *_listen(origin, origin.port, " ssl default_server"),
        "server_name _;",
        *PROTOCOLS,
        *NO_RESUMPTION,
        "ssl_reject_handshake on;",
        # For HTTP/1.0 without a Host, which comes here out of the handshake of another server.
        "return 444;",
    ]


def _log_format(origin: Origin) -> list[str]:
    return [
        f"log_format {origin.identifier} '$remote_addr [$time_iso8601] \"$request\" $status '",
        '    \'verify="$ssl_client_verify" serial=$ssl_client_serial issuer="$ssl_client_i_dn"\';',
    ]


def _hostname(origin: Origin) -> list[str]:
    return [
        *_listen(origin, origin.port, " ssl"),
        f"server_name {origin.hostname};",
        f'ssl_certificate "{origin.certificate}";',
        f'ssl_certificate_key "{origin.private_key}";',
        *PROTOCOLS,
        *NO_RESUMPTION,
        "",
        *_verifying(origin, origin.stage),
        "",
        *([f"client_max_body_size {origin.max_body};"] if origin.max_body else []),
        *UPGRADE,
        *_challenge(origin),
        *(_refusing(origin) if origin.stage == "on" else _letting_in(origin)),
    ]


def _verifying(origin: Origin, mode: str) -> list[str]:
    # OpenSSL counts the CAs between the certificate and the root; 1 is NGINX's default.
    depth = max(1, origin.depth - 1)
    return [
        f'ssl_client_certificate "{origin.client_ca}";',
        # Clients of the CAs in an inherited ssl_trusted_certificate would pass as well.
        f'ssl_trusted_certificate "{origin.client_ca}";',
        f"ssl_verify_client {mode};",
        f"ssl_verify_depth {depth};",
        # Inherited lists would add the certificates among them to the trusted ones.
        f'ssl_crl "{origin.crl or ""}";',
        "ssl_ocsp off;",
        *([f'access_log "{origin.log}" {origin.identifier};'] if origin.log else []),
    ]


def fragment(origin: Origin) -> Fragment:
    """What goes to the beginning of a `server` block, before its own rewrites and returns."""
    mode = "on" if origin.stage == "on" else "optional_no_ca"
    return Fragment(
        (
            f"NGINX: {origin.hostname}, client certificates {origin.stage}. Include this as the",
            "first line of its server { }, the one that listens with ssl. Where `nginx -t` calls",
            "a directive duplicate, take the block's own line out: it would let others in.",
        ),
        (
            "ssl_conf_command MinProtocol TLSv1.2;",
            "ssl_conf_command Options -SessionTicket;",
            "ssl_session_cache off;",
            *_verifying(origin, mode),
            *(_refusing_here(origin) if origin.stage == "on" else _letting_in_here()),
        ),
        (FragmentPart("http", "into http { }", tuple(_log_format(origin))),) if origin.log else (),
    )


def _refusing_here(origin: Origin) -> list[str]:
    """Answers with a text of their own, so that no error_page of the block gets them."""
    known = "|".join(pin.sha1 for pin in origin.pins)
    refused = f'return 403 "{REFUSED} Only pinned certificates pass.\\n";'
    pinned = [f'if ($ssl_client_fingerprint !~ "^({known})$") {{', f"    {refused}", "}"]
    unverified = f'return 403 "{REFUSED} Client certificate: $ssl_client_verify.\\n";'
    return [
        # NGINX answers 400 and 421 before it looks at the certificate. An error_page of the block
        # for these leads to a location, but first through this condition.
        f'if ($ssl_client_verify != "SUCCESS") {{ {unverified} }}',
        # The server name that chose the CAs has to be the host that chose this block.
        'set $aop_names "$ssl_server_name:$host";',
        f'if ($aop_names !~* "^([^:]+):\\1$") {{ return 421 "{NO_SUCH_HOST}\\n"; }}',
        f'if ($ssl_session_reused = "r") {{ return 421 "{NO_SUCH_HOST}\\n"; }}',
        *(pinned if origin.pins else []),
        "error_page 495 496 =403 @aop_refused;",
        "location @aop_refused {",
        "    default_type text/plain;",
        f"    {unverified}",
        "}",
    ]


def _letting_in_here() -> list[str]:
    return [
        "# A certificate that has ended, or is for servers only, is let in too; then NGINX hands",
        "# every method but HEAD on as GET.",
        "error_page 495 = $uri$is_args$args;",
    ]


def _refusing(origin: Origin) -> list[str]:
    known = "|".join(pin.sha1 for pin in origin.pins)
    pinned = [f'if ($ssl_client_fingerprint !~ "^({known})$") {{', "    return 495;", "}"]
    only = " Only pinned certificates pass." if origin.pins else ""
    return [
        *(f"if ({condition}) {{ return 421; }}" for condition in _verified_elsewhere(origin)),
        *(pinned if origin.pins else []),
        "error_page 495 496 =403 @refused;",
        "location @refused {",
        "    default_type text/plain;",
        f'    return 403 "{REFUSED} Client certificate: $ssl_client_verify.{only}\\n";',
        "}",
        "",
        *_application(origin, "/", "$ssl_client_verify"),
    ]


def _letting_in(origin: Origin) -> list[str]:
    """Also a certificate that fails is let in (495), so that this stage never is an outage."""
    known = "|".join(pin.sha1 for pin in origin.pins)
    elsewhere = [
        "set $aop_verify $ssl_client_verify;",
        *(
            f'if ({condition}) {{ set $aop_verify "FAILED:verified for another server"; }}'
            for condition in _verified_elsewhere(origin)
        ),
    ]
    pinned = [
        'set $aop_pin "$ssl_client_verify:$ssl_client_fingerprint";',
        f'if ($aop_pin ~ "^SUCCESS:(?!(?:{known})$)") {{',
        '    set $aop_verify "FAILED:not a pinned certificate";',
        "}",
    ]
    return [
        *elsewhere,
        *(pinned if origin.pins else []),
        *_application(origin, "/", "$aop_verify"),
        "",
        "error_page 495 = @unverified;",
        *_application(origin, "@unverified", "$ssl_client_verify"),
    ]


def _verified_elsewhere(origin: Origin) -> tuple[str, ...]:
    """The conditions under which another block's CAs verified the client: a handshake without this
    server name is the default server's; sessions of this block are never resumed (CVE-2025-23419).
    """
    name = re.escape(str(origin.hostname))
    return f'$ssl_server_name !~* "^{name}$"', '$ssl_session_reused = "r"'


def _application(origin: Origin, location: str, outcome: str) -> list[str]:
    return [
        f"location {location} {{",
        *_proxied(origin, origin.upstream, outcome),
        "    proxy_set_header X-Forwarded-Proto https;",
        "    proxy_set_header Upgrade $aop_upgrade;",
        "    proxy_set_header Connection $aop_connection;",
        "}",
    ]


def _proxied(origin: Origin, upstream: str, outcome: str) -> list[str]:
    return [
        f"    proxy_pass http://{upstream};",
        "    proxy_http_version 1.1;",
        "    proxy_set_header Host $host;",
        f"    proxy_set_header {origin.header} {outcome};",
        *(f'    proxy_set_header {name} "";' for name in origin.spoofed_headers),
    ]


SERVER = Server("nginx", "NGINX", "conf", text, fragment, "/var/log/nginx/{hostname}-aop.log")
