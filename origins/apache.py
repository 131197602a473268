"""The configuration of Apache 2.4.47 or later with mod_ssl, mod_headers and mod_proxy_http.

https://httpd.apache.org/docs/2.4/mod/mod_ssl.html
Everything stands at the level of the virtual host: inside <Location> Apache would ask after the
handshake, which under TLS 1.3 clients do not offer, and so refuse Cloudflare as well.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from .origin import CHALLENGE, NO_SUCH_HOST, REFUSED, Origin, indent
from .server import Fragment, Server

NO_MORE_AUTHORITIES = (
    "Have no SSLOpenSSLConfCmd VerifyCAFile, VerifyCAPath or VerifyCAStore outside of virtual",
    "hosts: their CAs would be trusted here too.",
)
MODULES = "# Needs the modules ssl, headers, proxy_http{alias}, and `Listen` once for {ports}."
LETTERS = "[A-Za-z0-9_-]+"
# An inherited `Satisfy Any` with `Allow from all` would open a path again.
ALL_OF_IT = [
    "        <IfModule mod_access_compat.c>",
    "            Satisfy All",
    "        </IfModule>",
]
# Where distributions keep links to public CAs by the hashes of their names.
HASHED = ("/etc/ssl/certs", "/etc/pki/tls/certs", "/etc/pki/ca-trust/extracted/pem/directory-hash")
SESSIONS = [
    "SSLProtocol -all +TLSv1.2 +TLSv1.3",
    # With a resumed session a visitor can pass from one host to another (CVE-2025-23048).
    "SSLSessionTickets off",
    "SSLStrictSNIVHostCheck on",
]
TLS = ["SSLEngine on", *SESSIONS]


def text(origin: Origin) -> str:
    """One `<VirtualHost>`: the hostname, or the default host, which answers 403."""
    body = _hostname(origin) if origin.hostname else _default(origin)
    address = f"[{origin.address}]" if ":" in origin.address else origin.address
    return "\n".join(
        [
            *_title(origin),
            _needs(origin),
            f"<VirtualHost {address}:{origin.port}>",
            *indent(body),
            "</VirtualHost>",
            *(_without_tls(origin, address) if origin.acme and origin.hostname else []),
            "",
        ]
    )


def _needs(origin: Origin) -> str:
    alias = " and alias" if origin.acme or origin.max_body else ""
    plain = f" and {origin.acme_port}" if origin.acme else ""
    return MODULES.format(alias=alias, ports=f"{origin.port}{plain}")


def _title(origin: Origin) -> list[str]:
    if origin.hostname is None:
        return [
            "# Apache: refuses whoever names no known host. Include before all other hosts:",
            "# the first one of an address is its default.",
        ]
    title = [f"Apache: {origin.hostname}, client certificates {origin.stage}.", *_limit(origin)]
    title += NO_MORE_AUTHORITIES
    return [f"# {line}" for line in title]


def _limit(origin: Origin) -> list[str]:
    if origin.stage == "on":
        return []
    return ["Lets in who has no certificate, or one of an unknown CA; an expired one it refuses."]


def _server_certificate(origin: Origin) -> list[str]:
    return [
        f'SSLCertificateFile "{origin.certificate}"',
        f'SSLCertificateKeyFile "{origin.private_key}"',
    ]


def _default(origin: Origin) -> list[str]:
    return [
        "ServerName default.invalid",
        *TLS,
        *_server_certificate(origin),
        "",
        f'ErrorDocument 403 "{NO_SUCH_HOST}"',
        *_denied("true", "false"),
    ]


def _hostname(origin: Origin) -> list[str]:
    return [
        f"ServerName {origin.hostname}",
        *TLS,
        *_server_certificate(origin),
        "",
        *_verifying(origin),
        "",
        *_header(origin),
        "RequestHeader set X-Forwarded-Proto https",
        *_limited(origin),
        "ProxyPreserveHost on",
        *_challenge(origin),
        f'ProxyPass "/" "http://{origin.upstream}/" upgrade=websocket',
        f'ProxyPassReverse "/" "http://{origin.upstream}/"',
    ]


def _without_tls(origin: Origin, address: str) -> list[str]:
    elsewhere = f"^(?!{CHALLENGE}$)(/.*)$"
    body = [
        f"ServerName {origin.hostname}",
        *(f"RequestHeader unset {name}" for name in (origin.header, *origin.spoofed_headers)),
        f'RedirectMatch 301 "{elsewhere}" "https://{origin.hostname}$1"',
        "ProxyPreserveHost on",
        *_challenge(origin),
    ]
    head = f"<VirtualHost {address}:{origin.acme_port}>"
    return ["", head, *indent(body), "</VirtualHost>"]


def _challenge(origin: Origin) -> list[str]:
    if origin.acme is None:
        return []
    folder = f"{(origin.webroot or '').rstrip('/')}/.well-known/acme-challenge"
    served = (
        [
            'ProxyPass "/.well-known/acme-challenge/" "!"',
            f'AliasMatch "^{CHALLENGE.removesuffix(LETTERS)}({LETTERS})$" "{folder}/$1"',
            f'<Directory "{folder}">',
            "    Options None",
            "    AllowOverride None",
            "    Require all granted",
            "</Directory>",
        ]
        if origin.webroot
        else [f'ProxyPassMatch "^({CHALLENGE})$" "http://{origin.acme}$1"']
    )
    path = "%{REQUEST_URI} =~ m#^/\\.well-known/acme-challenge/#"
    return [
        *served,
        f"<If \"{path} && ! (%{{REQUEST_METHOD}} in {{'GET', 'HEAD'}})\">",
        "    Require all denied",
        *ALL_OF_IT,
        "</If>",
    ]


def _limited(origin: Origin) -> list[str]:
    """LimitRequestBody holds for no proxied request."""
    if not origin.max_body:
        return []
    return [
        f'<If "-n %{{HTTP:Content-Length}} && %{{HTTP:Content-Length}} -gt {origin.max_body}">',
        '    Redirect 413 "/"',
        "</If>",
    ]


def _verifying(origin: Origin) -> list[str]:
    return [
        f'SSLCACertificateFile "{origin.client_ca}"',
        *_only_these_authorities(origin),
        f"SSLVerifyClient {_mode(origin)}",
        f"SSLVerifyDepth {origin.depth}",
        *_revocation(origin),
        *_log(origin),
        *(_refusing(origin) if origin.stage == "on" else []),
    ]


def fragment(origin: Origin) -> Fragment:
    """What goes to the end of a `<VirtualHost>`; in one without TLS it refuses everybody."""
    return Fragment(
        (
            f"Apache: {origin.hostname}, client certificates {origin.stage}. Include this at the",
            "end of its <VirtualHost>, the one with SSLEngine on; a panel's include for the",
            "virtual host will do, .htaccess will not. The last of two equal directives counts.",
            *_limit(origin),
            *NO_MORE_AUTHORITIES,
        ),
        (*SESSIONS, *_verifying(origin)),
    )


def _only_these_authorities(origin: Origin) -> list[str]:
    """A SSLCACertificatePath of the server level adds its CAs to those of the virtual host.

    VerifyCAFile takes the place of all others, but OpenSSL finds no revocation lists there; beside
    them the folder of the bundle takes the place of the inherited one. Nothing takes a VerifyCAFile
    of the server level back.
    """
    if origin.crl is None:
        return [f'SSLOpenSSLConfCmd VerifyCAFile "{origin.client_ca}"']
    folder = str(PurePosixPath(origin.client_ca).parent)
    if folder in HASHED:
        raise ValueError(
            f"client_ca: with revocation lists Apache also trusts every CA that is hashed in"
            f" {folder}. Put the bundle into a folder of its own."
        )
    return [f'SSLCACertificatePath "{folder}"', f'SSLCADNRequestFile "{origin.client_ca}"']


def _mode(origin: Origin) -> str:
    if origin.stage == "optional":
        # Lets in a certificate of an unknown CA, so that this stage is no outage.
        return "optional_no_ca"
    return "optional" if origin.readable else "require"


def _revocation(origin: Origin) -> list[str]:
    if origin.crl is None:
        return ["SSLOCSPEnable off"]
    return [
        f'SSLCARevocationFile "{origin.crl}"',
        # The CAs in an inherited folder of lists would be trusted.
        f'SSLCARevocationPath "{PurePosixPath(origin.client_ca).parent}"',
        "SSLCARevocationCheck chain",
        "SSLOCSPEnable off",
    ]


def _log(origin: Origin) -> list[str]:
    if origin.log is None:
        return []
    outcome = r"verify=\"%{SSL_CLIENT_VERIFY}x\" serial=%{SSL_CLIENT_M_SERIAL}x"
    issuer = r"issuer=\"%{SSL_CLIENT_I_DN}x\""
    return [f'CustomLog "{origin.log}" "%h %t \\"%r\\" %>s {outcome} {issuer}"']


def _is_pinned(origin: Origin) -> str:
    known = ", ".join(f"'{pin.pem_sha1}'" for pin in origin.pins)
    return f"sha1(%{{SSL_CLIENT_CERT}}) in {{ {known} }}"


def _refusing(origin: Origin) -> list[str]:
    refused = ["%{SSL_CLIENT_VERIFY} != 'SUCCESS'"]
    if origin.pins:
        refused.append(f"! ({_is_pinned(origin)})")
    return [
        "",
        f'ErrorDocument 403 "{REFUSED}"',
        *_denied(" || ".join(refused), '%{SSL_CLIENT_VERIFY} eq "SUCCESS"'),
    ]


def _denied(condition: str, required: str) -> list[str]:
    """Refuses on a condition, and whatever does not fulfil what SSLRequire wants.

    <If> is merged after every <Location> and <Directory>, one in a <Location> after the <If> that
    these and the server level have. SSLRequire is for an <If> inside of an <If>, which comes still
    later: no section takes a SSLRequire back. "^" also matches what a forward proxy is asked for.
    """
    return [
        '<LocationMatch "^">',
        f"    SSLRequire {required}",
        f'    <If "{condition}">',
        "        Require all denied",
        *ALL_OF_IT,
        "    </If>",
        "</LocationMatch>",
    ]


def _header(origin: Origin) -> list[str]:
    lines = [
        *(f"RequestHeader unset {name}" for name in origin.spoofed_headers),
        f'RequestHeader set {origin.header} "expr=%{{SSL_CLIENT_VERIFY}}"',
    ]
    if origin.pins and origin.stage == "optional":
        another = f"%{{SSL_CLIENT_VERIFY}} == 'SUCCESS' && ! ({_is_pinned(origin)})"
        outcome = '"FAILED:not a pinned certificate"'
        lines.append(f'RequestHeader set {origin.header} {outcome} "expr={another}"')
    return lines


SERVER = Server("apache", "Apache", "conf", text, fragment, "/var/log/apache2/{hostname}-aop.log")
