"""One request over HTTP/2, in the form of HTTP/1 (RFC 9113; RFC 7541 for the headers).

Only what a probe needs is read: the status, which comes first and is one of few codes, and the
body. A server's table of headers has no room here, so that no answer refers to an earlier one.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS, GOAWAY = 0, 1, 3, 4, 7
END_STREAM, END_HEADERS, PADDED, PRIORITY = 1, 4, 8, 32
HEADER_TABLE_SIZE = 1
LARGEST_FRAME = 16384
STREAM = 1
# RFC 7541, appendix A: the pseudo-headers of a request, and the statuses of an answer.
METHOD, AUTHORITY, PATH, HTTPS = 2, 1, 4, b"\x87"
STATUSES = {8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500}
# RFC 7541, appendix B: 0, 1 and 2 have five bits, the other digits six.
DIGITS = {f"{digit:05b}": str(digit) for digit in range(3)}
DIGITS |= {f"{0b011001 + digit - 3:06b}": str(digit) for digit in range(3, 10)}


class NotHttp2(Exception):
    """What came is no answer of HTTP/2."""


def request(method: str, authority: str, path: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """The beginning of a connection, with one request without a body."""
    block = _named(METHOD, method) + HTTPS + _named(AUTHORITY, authority) + _named(PATH, path)
    for name, value in headers:
        block += b"\x00" + _text(name.lower()) + _text(value)
    settings = struct.pack(">HI", HEADER_TABLE_SIZE, 0)
    return (
        PREFACE
        + _frame(SETTINGS, 0, 0, settings)
        + _frame(HEADERS, END_STREAM | END_HEADERS, STREAM, block)
    )


def read(receive: Callable[[], bytes], longest: int) -> bytes:
    """The answer as HTTP/1 would send it; b"" where the server ends the stream without one.

    `NotHttp2` for anything else.
    """
    data, status, body = b"", 0, b""
    while len(body) < longest:
        while len(data) < 9 or len(data) < 9 + int.from_bytes(data[:3], "big"):
            if int.from_bytes(data[:3].ljust(3, b"\0"), "big") > LARGEST_FRAME:
                raise NotHttp2
            more = receive()
            if not more:
                return _answer(status, body)
            data += more
        size, kind, flags = int.from_bytes(data[:3], "big"), data[3], data[4]
        stream, payload = int.from_bytes(data[5:9], "big"), data[9 : 9 + size]
        data = data[9 + size :]
        if kind == GOAWAY or (kind == RESET and stream == STREAM):
            return _answer(status, body)
        if stream != STREAM or kind not in (HEADERS, DATA):
            continue
        payload = _without_padding(payload, kind, flags)
        if kind == DATA:
            body += payload
        elif status < 200:
            status = _status(payload)
        if flags & END_STREAM:
            break
    return _answer(status, body)


def _answer(status: int, body: bytes) -> bytes:
    return f"HTTP/1.1 {status} \r\n\r\n".encode() + body if status >= 200 else b""


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def _named(index: int, value: str) -> bytes:
    """A literal header field without indexing, its name from the static table (6.2.2)."""
    return bytes([index]) + _text(value)


def _text(value: str) -> bytes:
    """A string literal of fewer than 32 thousand octets, not coded (5.1 and 5.2)."""
    size, text = len(value), value.encode("ascii")
    if size < 127:
        return bytes([size]) + text
    rest = size - 127
    octets = [127]
    while rest >= 128:
        octets.append(rest % 128 + 128)
        rest //= 128
    return bytes([*octets, rest]) + text


def _without_padding(payload: bytes, kind: int, flags: int) -> bytes:
    if flags & PADDED and payload:
        payload = payload[1 : len(payload) - payload[0]]
    return payload[5:] if kind == HEADERS and flags & PRIORITY else payload


def _status(block: bytes) -> int:
    """The status, which is the first field of a block (RFC 9113, 8.3.2)."""
    while block and 0x20 <= block[0] < 0x40:  # the table's size changes (RFC 7541, 6.3)
        block = block[1:]
    if not block:
        raise NotHttp2
    first = block[0]
    if first & 0x80:
        index, value = first & 0x7F, str(STATUSES.get(first & 0x7F, ""))
    else:
        index = first & (0x3F if first & 0x40 else 0x0F)
        value = _digits(block[1:]) if index in STATUSES else ""
    if index not in STATUSES or not (value.isascii() and value.isdigit() and len(value) == 3):
        raise NotHttp2
    return int(value)


def _digits(text: bytes) -> str:
    """A string literal of digits; "" for another."""
    size, is_coded = (text[0] & 0x7F, text[0] & 0x80) if text else (0, 0)
    octets = text[1 : 1 + size]
    if not is_coded:
        return octets.decode("ascii", errors="replace")
    bits, found = "".join(f"{octet:08b}" for octet in octets), ""
    while len(found) < 3:
        code = next((bits[:n] for n in (5, 6) if bits[:n] in DIGITS), "")
        if not code:
            return ""
        found, bits = found + DIGITS[code], bits[len(code) :]
    return found
