"""What is known about one origin server: the material from which its configuration is written.

Every value that enters a configuration is checked here, once, so that the writers can quote it
without thinking: nothing of it can end a string, a directive or a comment in any of the four
languages.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from itertools import product
from typing import Any, Literal

Stage = Literal["optional", "on"]

REFUSED = "This origin answers only Cloudflare (Authenticated Origin Pulls)."
NO_SUCH_HOST = "This server has no such host."

# A token is base64url (RFC 8555, 8.3): no dot, no slash, no percent sign leads out of the folder.
CHALLENGE = r"/\.well-known/acme-challenge/[A-Za-z0-9_-]+"
# Underscores are in names that DNS and Cloudflare know, and all servers take them.
_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_HOSTNAME = re.compile(rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)*{_LABEL}\Z")
_PATH = re.compile(r"/[A-Za-z0-9._/@+=,:~ -]*[A-Za-z0-9._@+=,:~-]\Z")
_HEADER = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+){0,3}\Z")
_SIZE = re.compile(r"([0-9]{1,12})([kmg]?)\Z")
_HEX = re.compile(r"[0-9a-f]+\Z")


@dataclass(frozen=True)
class Pin:
    """One client certificate, as the servers can name it; `origins.pin` reads it from a PEM.

    Three hexadecimal digests, because no single one is known to all four servers: `sha256` of
    the DER bytes for HAProxy and Caddy, `sha1` of the DER bytes for NGINX
    ($ssl_client_fingerprint is SHA-1), `pem_sha1` of the PEM text for Apache, whose expressions
    see the certificate as PEM. SHA-1 is enough here: an intruder would need a second preimage of
    an existing certificate that a trusted CA also signs.
    """

    sha256: str
    sha1: str
    pem_sha1: str

    def __post_init__(self) -> None:
        for name, length in (("sha256", 64), ("sha1", 40), ("pem_sha1", 40)):
            value = getattr(self, name)
            if len(value) != length or not _HEX.match(value):
                raise ValueError(f"pin: {name} is not {length} lower-case hexadecimal digits")


@dataclass(frozen=True)
class Origin:
    """A hostname on an origin server, or with `hostname=None` the server's default host, which
    refuses whoever names no known host. `ValueError` on one line for whatever cannot be written.

    :param hostname: ASCII (IDNA) name that visitors ask for; None for the default host.
    :param certificate: absolute path of the server's own certificate with its chain, PEM.
    :param private_key: absolute path of its key. HAProxy reads it from the certificate's file
        or from CERTIFICATE.key, nowhere else.
    :param client_ca: absolute path, on the origin, of the bundle of CAs to trust.
    :param authorities: the text of that bundle, from `origins.bundle`. Caddy's configuration
        contains it, because before 2.8 Caddy read only the first certificate of a file.
    :param depth: how many CAs stand above the client certificate, the root included: 1 when the
        root signed it. `origins.chain_depth` counts them.
    :param stage: "optional" lets everybody in and tells the application and the log; "on"
        refuses everybody else.
    :param readable: whether a visitor without a certificate gets a 403 that says why. False
        ends the TLS handshake instead, before any HTTP is read (NGINX always answers 403).
    :param pins: the only client certificates that pass, for CAs that sign more than these.
    :param crl: absolute path of revocation lists, PEM, one for *every* CA of the bundle.
    :param upstream: HOST:PORT of the application, plain HTTP. WebSockets pass.
    :param max_body: the largest body of a request: bytes, also as a text with k, m or g (1024
        each); None leaves the server's own limit. Apache and HAProxy know
        only the announced length.
    :param acme: who answers ACME's HTTP-01 challenges (RFC 8555, 8.3), also to strangers and
        without TLS, on `acme_port`: the absolute path of a webroot, or HOST:PORT. Only GET and
        HEAD of a token under /.well-known/acme-challenge/; the rest there leads to https.
    :param address: where to listen: an IP address, or "*" for all of IPv4 and IPv6.
    :param header: request header that tells the application: SUCCESS, NONE, or something else
        for a certificate that was not verified. What a visitor sends under this name is removed.
    :param log: absolute path of an access log with the outcome of the verification (HAProxy:
        of a syslog socket, such as /dev/log).
    """

    hostname: str | None
    certificate: str
    private_key: str
    client_ca: str = ""
    authorities: str = ""
    depth: int = 1
    stage: Stage = "on"
    readable: bool = True
    pins: tuple[Pin, ...] = ()
    crl: str | None = None
    upstream: str = "127.0.0.1:8080"
    address: str = "*"
    port: int = 443
    header: str = "X-Client-Verify"
    log: str | None = None
    max_body: str | int | None = None
    acme: str | None = None
    acme_port: int = 80

    def __post_init__(self) -> None:
        for field in fields(self):
            check = _CHECKS.get(field.name)
            value = getattr(self, field.name)
            if check and value is not None:
                object.__setattr__(self, field.name, check(field.name, value))
        if self.hostname is not None:
            _path("client_ca", self.client_ca)
        if self.acme and self.acme_port == self.port:
            raise ValueError(f"acme_port: {self.port} is the port of TLS already. Give another.")

    @property
    def identifier(self) -> str:
        """A name for parts of the configuration, unique per hostname and port."""
        return re.sub(r"[^a-z0-9]", "_", f"aop_{self.hostname or 'default'}_{self.port}")

    @property
    def webroot(self) -> str | None:
        """The folder in `acme`, or None."""
        return self.acme if self.acme and self.acme.startswith("/") else None

    @property
    def spoofed_headers(self) -> list[str]:
        """Spellings that applications behind CGI or WSGI take for the header."""
        words = self.header.split("-")
        joints = product("-_", repeat=len(words) - 1)
        spellings = ["".join(a + b for a, b in zip(words, (*j, ""), strict=True)) for j in joints]
        return spellings[1:]


def socket_address(address: str, port: int) -> str:
    """ADDRESS:PORT, with brackets around IPv6."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def indent(lines: Iterable[str], levels: int = 1) -> list[str]:
    return [" " * 4 * levels + line if line else "" for line in lines]


def hostname(name: str, value: str) -> str:
    """The hostname in lower case, without a trailing dot; `ValueError` when it is none."""
    lower = value.lower().removesuffix(".")
    if not _HOSTNAME.match(lower) or lower.rpartition(".")[2].isdigit():
        raise ValueError(
            f"{name}: {value!r} is not a hostname. Write one name in its ASCII form (xn--...),"
            " without a wildcard."
        )
    return lower


def _path(name: str, value: str) -> str:
    if not _PATH.match(value):
        raise ValueError(
            f"{name}: {value!r} is not an absolute path of letters, digits, spaces and"
            " . _ / @ + = , : ~ -; other characters mean something in a server's configuration."
        )
    return value


def _upstream(name: str, value: str) -> str:
    host, _, port = value.rpartition(":")
    try:
        if host.startswith("[") and host.endswith("]"):
            ipaddress.IPv6Address(_without_scope(host[1:-1]))
        elif re.fullmatch(r"[0-9.]+", host):
            ipaddress.IPv4Address(host)
        else:
            hostname(name, host)
        _port(name, int(port) if re.fullmatch("[0-9]{1,5}", port) else 0)
    except ValueError:
        raise ValueError(
            f"{name}: {value!r} is not HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080."
        ) from None
    return value


def _without_scope(address: str) -> str:
    """The same address; `ValueError` for a scope id (RFC 4007), which may hold any character."""
    if "%" in address:
        raise ValueError("a scope id")
    return address


def _address(name: str, value: str) -> str:
    try:
        return value if value == "*" else str(ipaddress.ip_address(_without_scope(value)))
    except ValueError:
        raise ValueError(
            f"{name}: {value!r} is neither an IP address (without a scope id) nor *."
        ) from None


def _port(name: str, value: int) -> int:
    if not 1 <= value <= 65535:
        raise ValueError(f"{name}: {value} is not a port; ports go from 1 to 65535.")
    return value


def _max_body(name: str, value: str | int) -> int:
    found = _SIZE.match(str(value).lower())
    size = int(found[1]) * 1024 ** " kmg".index(found[2] or " ") if found else 0
    if not 1 <= size <= 1 << 40:
        raise ValueError(
            f"{name}: {value!r} is not a size: a number of bytes, also with k, m or g, such as 20m."
        )
    return size


def _acme(name: str, value: str) -> str:
    try:
        return _path(name, value) if value.startswith("/") else _upstream(name, value)
    except ValueError:
        raise ValueError(
            f"{name}: {value!r} is neither the absolute path of a webroot, of letters, digits,"
            " spaces and . _ / @ + = , : ~ -, nor HOST:PORT, such as 127.0.0.1:8888."
        ) from None


def _depth(name: str, value: int) -> int:
    if not 1 <= value <= 10:
        raise ValueError(f"{name}: {value} CAs above a certificate; expected 1 to 10.")
    return value


def _stage(name: str, value: str) -> str:
    if value not in ("optional", "on"):
        raise ValueError(f"{name}: {value!r} is neither optional nor on.")
    return value


def _header(name: str, value: str) -> str:
    if not _HEADER.match(value):
        raise ValueError(f"{name}: {value!r} is not a header such as X-Client-Verify.")
    return value


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "hostname": hostname,
    "certificate": _path,
    "private_key": _path,
    "depth": _depth,
    "stage": _stage,
    "crl": _path,
    "upstream": _upstream,
    "address": _address,
    "port": _port,
    "header": _header,
    "log": _path,
    "max_body": _max_body,
    "acme": _acme,
    "acme_port": _port,
}
