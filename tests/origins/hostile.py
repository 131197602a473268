"""What may stand around a generated text: everything above it is set against it.

Each function wraps a text for its server into a configuration that trusts foreign CAs, keeps
sessions and tickets, opens what it can, and has other hosts with other client CAs on the port.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from .pki import Folder
from .servers import AROUND, MODULES

OTHER = "other.example.com"
DEFAULT = "default.example.com"


@dataclass(frozen=True)
class Level:
    """A hostile server level; `default_verifies`: the foreign default host has another client CA,
    otherwise it asks for no certificate. `other_port` is where HAProxy's other bind listens,
    `hashes` a folder of the foreign CAs by the hashes of their names."""

    folder: Folder
    hashes: Path
    port: int
    other_port: int
    default_verifies: bool = False
    pinned: bool = False

    @property
    def foreign(self) -> str:
        """One CA of our CA's own name and one of another: OpenSSL asks the first of a name."""
        return self.folder.file("foreign.pem")

    @property
    def lists(self) -> str:
        """The foreign CAs again, with their revocation lists, as such files often are."""
        return self.folder.file("foreign_lists.pem")

    @property
    def certificate(self) -> str:
        return self.folder.file("server.pem")


def nginx(level: Level, folder: Path, text: str) -> str:
    tls = (
        f"listen 127.0.0.1:{level.port} ssl http2{{default}}; server_name {{name}};"
        f" ssl_certificate {level.certificate}; ssl_certificate_key {level.certificate}.key;"
        " ssl_ocsp off;"
    )
    verify = f"ssl_verify_client on; ssl_client_certificate {level.foreign};"
    names = [(DEFAULT, " default_server", verify if level.default_verifies else "")]
    names.append((OTHER, "", verify))
    others = "\n".join(
        f'server {{ {tls.format(default=default, name=name)} {more} return 200 "{name}\\n"; }}'
        for name, default, more in names
    )
    around = f"""
        ssl_trusted_certificate {level.foreign};
        ssl_client_certificate {level.foreign};
        ssl_crl {level.lists};
        ssl_ocsp on;
        ssl_verify_client optional_no_ca;
        ssl_verify_depth 9;
        ssl_session_tickets on;
        ssl_session_cache shared:everybody:1m;
        ssl_early_data on;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_conf_command VerifyCAFile {level.foreign};
        error_page 403 421 495 496 =200 /open;
        recursive_error_pages on;
        proxy_intercept_errors on;
        satisfy any;
        allow all;
        {others}
    """
    return AROUND["nginx"](folder, around + text)


def apache(level: Level, folder: Path, text: str) -> str:
    host = f"""
        <VirtualHost 127.0.0.1:{level.port}>
            ServerName {{name}}
            SSLEngine on
            SSLOCSPEnable off
            SSLCertificateFile {level.certificate}
            SSLCertificateKeyFile {level.certificate}.key
            {{more}}
            Alias / {level.hashes}/{{name}}/
        </VirtualHost>
    """
    verify = f"SSLCACertificateFile {level.foreign}\nSSLVerifyClient require"
    for name in (DEFAULT, OTHER):
        (level.hashes / name).mkdir(exist_ok=True)
        (level.hashes / name / "index.html").write_text(f"{name}\n")
    above = APACHE_AUTHORIZATION + _apache_above(level, folder)
    # Pins stand in an <If> alone, which an <If> inside of another's <If> opens: a known limit.
    above += "" if level.pinned else APACHE_IF_IN_IF
    default = host.format(name=DEFAULT, more=verify if level.default_verifies else "")
    other = host.format(name=OTHER, more=verify)
    return AROUND["apache"](folder, above + default + text + other)


def _apache_above(level: Level, folder: Path) -> str:
    modules = next((path for path in MODULES if Path(path).is_dir()), MODULES[0])
    load = "\n".join(
        f"LoadModule {name}_module {modules}/mod_{name}.so"
        for name in ("access_compat", "alias", "dir", "env", "setenvif", "http2")
    )
    return f"""
        {load}
        Protocols h2 http/1.1
        DirectoryIndex index.html
        SSLCACertificatePath {level.hashes}
        SSLCACertificateFile {level.foreign}
        SSLCARevocationPath {level.hashes}
        SSLCARevocationFile {level.lists}
        SSLCARevocationCheck chain no_crl_for_cert_ok
        SSLOCSPEnable on
        ProxyRequests On
        SSLVerifyClient optional_no_ca
        SSLVerifyDepth 9
        SSLSessionTickets on
        SSLSessionCache shmcb:{folder}/sessions(512000)
        SSLOptions +OptRenegotiate +FakeBasicAuth
        SetEnv SSL_CLIENT_VERIFY SUCCESS
        SetEnvIf Host .* SSL_CLIENT_VERIFY=SUCCESS
        RequestHeader set X-Client-Verify SUCCESS
    """


# Sections above the virtual host, each of which opens what an <If> of the virtual host has closed.
APACHE_AUTHORIZATION = """
    <Location "/">
        SSLVerifyClient none
        SSLVerifyDepth 9
        Order allow,deny
        Allow from all
        Satisfy Any
        <If "true">
            Require all granted
        </If>
    </Location>
    <Proxy "*">
        <If "true">
            Require all granted
        </If>
    </Proxy>
    <If "true">
        AuthMerging Or
        Require all granted
    </If>
"""
APACHE_IF_IN_IF = """
    <If "true">
        <If "true">
            Require all granted
        </If>
    </If>
"""


def haproxy(level: Level, folder: Path, text: str) -> str:
    return f"""
global
    maxconn 200
    tune.ssl.cachesize 20000
    ssl-default-bind-options ssl-min-ver TLSv1.0

defaults
    mode http
    timeout client 5s
    timeout connect 5s
    timeout server 5s
    option httplog
    stats enable
    stats uri /statistics

frontend other
    bind 127.0.0.1:{level.other_port} ssl crt {level.certificate} ca-file {level.foreign} verify \
required{" no-tls-tickets" if level.default_verifies else ""}
    http-request return status 200 content-type text/plain string "{OTHER}"

{text}
{"" if level.default_verifies else HAPROXY_KEEPS_SESSIONS}"""


# The last `global` counts: what the text has said in its own is taken back.
HAPROXY_KEEPS_SESSIONS = """
global
    tune.ssl.cachesize 20000
"""


def caddy(level: Level, folder: Path, text: str) -> str:
    verify = f"client_auth {{\n mode require_and_verify\n trusted_ca_cert_file {level.foreign}\n }}"
    pair = f"{level.certificate} {level.certificate}.key"
    return f"""
{{
    admin off
    auto_https disable_redirects
    default_sni {OTHER}
    servers {{
        strict_sni_host insecure_off
    }}
}}
https://{OTHER}:{level.port} {{
    bind 127.0.0.1
    tls {pair} {{
        {verify}
    }}
    respond {OTHER}
}}
https://:{level.port} {{
    bind 127.0.0.1
    tls {pair} {{
        {verify if level.default_verifies else ""}
    }}
    respond {DEFAULT}
}}
{text}"""


LEVELS: dict[str, Callable[[Level, Path, str], str]] = {
    "nginx": nginx,
    "apache": apache,
    "haproxy": haproxy,
    "caddy": caddy,
}


def subject_hash(certificate: x509.Certificate) -> str:
    """What `openssl x509 -subject_hash` prints: the beginning of the canonical name's SHA-1."""
    name = certificate.subject
    canonical = b""
    for attribute in name:
        value = " ".join(str(attribute.value).lower().split()).encode()
        oid = x509.Name([attribute]).public_bytes()
        inner = oid[6 : 6 + 5]  # the object identifier of a two-byte-arc attribute such as CN
        body = inner + b"\x0c" + bytes([len(value)]) + value
        one = b"\x30" + bytes([len(body)]) + body
        canonical += b"\x31" + bytes([len(one)]) + one
    digest = hashlib.sha1(canonical, usedforsecurity=False).digest()
    return digest[:4][::-1].hex()
