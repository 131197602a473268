"""PEM blocks in whatever shape people paste them, and what a text is that holds none.

Pure. Sources: RFC 7468 (PEM), X.690 (DER), RFC 7292 (PKCS#12), RFC 5958 (PKCS#8). A certificate
and a private key are looked for by the same rules; what differs stands in a `BlockKind`. Errors
are fragments for `field: FRAGMENT`: one line, the next step last, nothing of the text in it.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass


class PemError(ValueError):
    """The text does not hold exactly one certificate, or key, that Cloudflare could take."""


@dataclass(frozen=True)
class Block:
    """One PEM block; `body` is the text between its lines, "-" where its END line is missing."""

    label: str
    body: str


@dataclass(frozen=True)
class BlockKind:
    """Blocks whose label has this ending; `instead` says, by label, why another is no use.

    `from_der` and `from_pkcs12` are the commands that take this kind out of such a file as PEM.
    """

    ending: str
    none: str
    several: str
    broken: str
    instead: Mapping[str, str]
    from_der: str
    from_pkcs12: str


def blocks_of(text: str, kind: BlockKind) -> list[tuple[str, bytes]]:
    """Label and bytes of each block of the kind; at least one.

    A text that is the base64 of a PEM text is read as that text.

    :raises PemError: where there is none, where one cannot be read, or for another kind of block.
    """
    blocks = find_blocks(text)
    if not blocks and (fault := _binary_fault(_decode(text), kind)):
        raise PemError(fault)
    hits = [block for block in blocks if block.label.endswith(kind.ending)]
    for block in hits or blocks:
        for ending, why in kind.instead.items():
            if block.label.endswith(ending):
                raise PemError(why)
    if not hits:
        raise PemError(kind.none)
    try:
        return [
            (hit.label, base64.b64decode("".join(hit.body.split()), validate=True)) for hit in hits
        ]
    except ValueError:
        raise PemError(kind.broken) from None


# END may lack dashes: the `sed` of Cloudflare's page takes two characters off the last line
# when the file does not end with a newline.
_MARKER = re.compile(r"-----(BEGIN|END) ([A-Z0-9][A-Z0-9# ]{0,40}?)-{3,5}")


def find_blocks(text: str) -> list[Block]:
    """Every block of the text, or of the text whose base64 it is, in their order."""
    text = _unescape(text)
    if "-----" not in text:
        text = _decode(text).decode("utf-8", errors="replace")
    found: list[Block] = []
    start = 0
    for marker in _MARKER.finditer(text):
        if marker[1] == "BEGIN":
            found.append(Block(marker[2], "-"))
            start = marker.end()
        elif found and start and found[-1].label == marker[2]:
            found[-1] = Block(marker[2], text[start : marker.start()])
            start = 0
    return found


def holds_private_key(text: str) -> bool:
    """Whether one of the text's blocks is a private key, encrypted or not, complete or not."""
    return any(block.label.endswith("PRIVATE KEY") for block in find_blocks(text))


def certificates_alone(text: str) -> str:
    """The text's certificate blocks, PEM; the text itself where no block is a private key.

    Of a text that holds keys alone an empty block is left, so that a reader still says so.

    A PEM file with a certificate and its key is common (HAProxy reads such files). Whatever
    enters the program as a certificate is shown in the engine's debug output.
    """
    if not holds_private_key(text):
        return text
    blocks = find_blocks(text)
    kept = [block for block in blocks if block.label.endswith("CERTIFICATE")]
    kept = kept or [Block(block.label, "") for block in blocks[:1]]
    return "".join(
        f"-----BEGIN {block.label}-----\n{block.body.strip()}\n-----END {block.label}-----\n"
        for block in kept
    )


def text_of(data: bytes) -> str:
    """A file's contents as text: UTF-8 as it is, anything else as its base64.

    What reads the text then says what the contents are: DER, PKCS#12, UTF-16.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return base64.b64encode(data).decode()
    return base64.b64encode(data).decode() if "\0" in text else text


def _unescape(text: str) -> str:
    for escape in ("\\r", "\\n", "\\t"):
        text = text.replace(escape, "\n")
    # What is left of escapes that were escaped again.
    return text.replace("\\", "")


_BASE64 = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")


def _decode(text: str) -> bytes:
    """The bytes whose base64 the text is, with or without line breaks; b"" where it is none."""
    code = "".join(text.split()).strip("\"'")
    if not _BASE64.fullmatch(code):
        return b""
    try:
        return base64.b64decode(code, validate=True)
    except ValueError:
        return b""


def _binary_fault(data: bytes, kind: BlockKind) -> str | None:
    """What the bytes are, and the command that makes PEM of them; None where nobody knows."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"B\0E\0G\0I\0N" in data:
        return (
            "is UTF-16 text, as Windows writes it. Convert the file with"
            " `iconv -f UTF-16 -t UTF-8 FILE`."
        )
    contents = _contents(data)
    for start, name, command in (
        (_PKCS12, "PKCS#12", kind.from_pkcs12),
        (_PKCS7, "PKCS#7", "openssl pkcs7 -inform DER -in FILE -print_certs"),
        (b"", "DER", kind.from_der),
    ):
        if contents.startswith(start) and contents:
            return f"is {name}, not PEM. Convert the file with `{command}`."
    return None


# INTEGER 3 (the version) and a SEQUENCE; the OBJECT IDENTIFIER signedData.
_PKCS12 = b"\x02\x01\x03\x30"
_PKCS7 = bytes.fromhex("06092a864886f70d010702")


def _contents(data: bytes) -> bytes:
    """What is inside of the one DER SEQUENCE that the data is; b"" where it is none."""
    if len(data) < 4 or data[0] != 0x30:
        return b""
    if data[1] == 0x80:
        # Of indefinite length, as some PKCS#12 files are (BER).
        return data[2:]
    count = data[1] & 0x7F if data[1] & 0x80 else 0
    length = int.from_bytes(data[2 : 2 + count], "big") if count else data[1]
    inside = data[2 + count :]
    return inside if len(inside) == length else b""
