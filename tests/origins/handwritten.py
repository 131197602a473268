"""Blocks that people have written already, into which a fragment is pasted as its title says.

Each is set against the fragment: error pages, rules and sections of its own that lead past it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from origins import Fragment, Origin

ALSO = "www.example.com"


def _file(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text)
    return folder / name


def nginx(origin: Origin, fragment: Fragment, folder: Path) -> str:
    here = _file(folder, "fragment.conf", fragment.text)
    above = "".join(part.text for part in fragment.parts if part.name == "http")
    return f"""
        {above}
        server {{
            include {here};
            listen 127.0.0.1:{origin.port} ssl http2;
            server_name {origin.hostname} {ALSO};
            ssl_certificate {origin.certificate};
            ssl_certificate_key {origin.private_key};
            ssl_session_tickets on;
            ssl_early_data on;
            error_page 400 403 404 421 /open;
            rewrite ^/old$ /new;
            location / {{ proxy_pass http://{origin.upstream}; }}
            location = /open {{ allow all; satisfy any; proxy_pass http://{origin.upstream}; }}
            location ^~ /.well-known/ {{ allow all; proxy_pass http://{origin.upstream}; }}
        }}
    """


def apache(origin: Origin, fragment: Fragment, folder: Path) -> str:
    here = _file(folder, "fragment.conf", fragment.text)
    return f"""
        <VirtualHost 127.0.0.1:{origin.port}>
            ServerName {origin.hostname}
            ServerAlias {ALSO}
            SSLEngine on
            SSLCertificateFile {origin.certificate}
            SSLCertificateKeyFile {origin.private_key}
            SSLVerifyClient none
            SSLSessionTickets on
            ErrorDocument 403 /open
            <Location "/.well-known/">
                Satisfy Any
                Require all granted
            </Location>
            <If "true">
                Require all granted
            </If>
            ProxyPass "/" "http://{origin.upstream}/"
            Include {here}
        </VirtualHost>
    """


def haproxy(origin: Origin, fragment: Fragment, folder: Path) -> str:
    parts = {part.name: part.text for part in fragment.parts}
    bind = parts["bind"].rstrip()
    return f"""
global
    {parts["global"]}
frontend mine
    mode http
    timeout client 5s
    bind 127.0.0.1:{origin.port} ssl crt {origin.certificate} alpn h2,http/1.1 {bind}
{fragment.text}
    acl sent path_beg /
    http-request allow if {{ path_beg /.well-known/ }}
    use_backend mine if sent
    default_backend mine

backend mine
    mode http
    timeout connect 5s
    timeout server 5s
    server application {origin.upstream}
"""


def caddy(origin: Origin, fragment: Fragment, folder: Path) -> str:
    files = {part.name: _file(folder, f"{part.name}.caddy", part.text) for part in fragment.parts}
    here = _file(folder, "fragment.caddy", fragment.text)
    log = f"import {files['site']}" if "site" in files else ""
    return f"""
https://{origin.hostname}:{origin.port}, https://{ALSO}:{origin.port} {{
    bind 127.0.0.1
    {log}
    tls {origin.certificate} {origin.private_key} {{
        import {files["tls"]}
    }}
    route {{
        import {here}
        handle /.well-known/* {{
            reverse_proxy {origin.upstream}
        }}
        reverse_proxy {origin.upstream}
    }}
}}
"""


BLOCKS: dict[str, Callable[[Origin, Fragment, Path], str]] = {
    "nginx": nginx,
    "apache": apache,
    "haproxy": haproxy,
    "caddy": caddy,
}
