"""What is asked: one address of an origin, and the names that are said there."""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass

from .origin import hostname


@dataclass(frozen=True)
class Target:
    """An origin to ask. `ValueError` on one line for what cannot be asked.

    :param hostname: the name that visitors use; sent as SNI and Host.
    :param address: IP address; `addresses` has all of those of a name.
    :param http_port: where plain HTTP would be; None leaves it out.
    :param path: a path that the application answers to Cloudflare with a status below 500 other
        than 400, 403, 408, 421, 425, 429, 495 and 496.
    :param server_ca: PEM path of what signed the origin's own certificate; default: the system's.
    :param verify_server: False takes any certificate of the origin, such as a self-signed one.
    :param other_name: a name that the origin does not serve, or another that it does.
    :param pinned: the origin pins: then another certificate of the same CA must be refused.
    :param timeout: seconds for one attempt.
    """

    hostname: str
    address: str
    port: int = 443
    http_port: int | None = 80
    path: str = "/"
    server_ca: str | None = None
    verify_server: bool = True
    other_name: str = "unknown-host.invalid"
    pinned: bool = False
    timeout: float = 5.0

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "address", str(ipaddress.ip_address(self.address)))
        except ValueError:
            raise ValueError(f"address: {self.address!r} is not an IP address.") from None
        for field in ("hostname", "other_name"):
            object.__setattr__(self, field, hostname(field, getattr(self, field)))
        if not re.fullmatch(r"/[!-~]*", self.path):
            raise ValueError(f"path: {self.path!r} is not a path; write it with % escapes: /a%20b.")
        for field in ("port", "http_port"):
            port = getattr(self, field)
            if port is not None and not 1 <= port <= 65535:
                raise ValueError(f"{field}: {port} is not a port; ports go from 1 to 65535.")


def addresses(name: str, port: int) -> tuple[str, ...]:
    """All addresses of a name of the origin itself, IPv4 and IPv6; an IP address is its own.

    `ValueError` on one line for a name that does not resolve.
    """
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ValueError(
            f"address: {name} does not resolve. Give the origin's IP address."
        ) from None
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
