"""Whether HTTP/3 may be served: whether something at the port speaks QUIC. Nothing more is asked.

A packet of a version that does not exist is answered with the versions that do (RFC 9000, 6.1).
"""

from __future__ import annotations

import contextlib
import ipaddress
import secrets
import socket
import struct
import time

RESERVED = 0x1A2A3A4A  # RFC 9000, 15: a version that is never used
SIZE = 1200  # RFC 9000, 14.1: smaller ones are dropped
TIMES = 3


def answers_quic(address: str, port: int, timeout: float) -> bool:
    """Whether a server of QUIC answers there within `timeout` seconds.

    False also where a firewall drops what comes, which looks the same.
    """
    own, theirs = secrets.token_bytes(8), secrets.token_bytes(8)
    head = struct.pack(">BIB", 0xC0, RESERVED, 8) + theirs + bytes([8]) + own
    family = socket.AF_INET6 if ipaddress.ip_address(address).version == 6 else socket.AF_INET
    ends = time.monotonic() + timeout
    with socket.socket(family, socket.SOCK_DGRAM) as sock, contextlib.suppress(OSError):
        sock.connect((address, port))
        for number in range(TIMES):
            # What gets lost is sent again.
            sock.send(head.ljust(SIZE, b"\x00"))
            left = (ends - time.monotonic()) / (TIMES - number)
            sock.settimeout(max(left, 0.001))
            with contextlib.suppress(TimeoutError):
                return _is_version_negotiation(sock.recv(65536), own)
    return False


def _is_version_negotiation(data: bytes, own: bytes) -> bool:
    """RFC 9000, 17.2.1: version 0, to whom it was sent."""
    return len(data) > 14 and data[0] >= 0x80 and data[1:5] == bytes(4) and data[6:14] == own
