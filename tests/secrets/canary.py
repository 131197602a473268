"""Secrets that are looked for after everything was done with them, in every form they can take.

canary = Canary.of_key("by value", pair)
canary.is_found_in(data)            # whether these bytes hold it
hits([canary], folder, text)     # where it stands, and as what
"""

from __future__ import annotations

import base64
import gzip
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.pki import Pair, PrivateKey, make

KINDS: dict[str, Callable[[], PrivateKey]] = {
    "RSA 2048": lambda: rsa.generate_private_key(65537, 2048),
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
}
# Long enough to be nobody else's, short enough to lie within any wrapped line.
WINDOW = 20
STEP = 10


@dataclass(frozen=True)
class Canary:
    """`needles` are pieces of which one stands in every form of the secret."""

    name: str
    needles: tuple[bytes, ...]

    @classmethod
    def of_token(cls, name: str, token: str) -> Canary:
        """The token as it is, and within base64 (a basic or bearer header, a Kubernetes secret)."""
        return cls(name, (token.encode(), *_within_base64(token.encode())))

    @classmethod
    def of_key(cls, name: str, pair: Pair, another: Pair) -> Canary:
        """The lines of the PEM, joined or not, escaped or not, and base64 of the whole PEM.

        What the certificate shows too, the public key, is no secret, and neither is what
        `another` key of the same kind has as well.
        """
        shown = b"\n".join(
            code
            for text in (pair.certificate.encode(), another.private_key.encode())
            for code in (b"".join(text.splitlines()[1:-1]), *_alignments(text))
        )
        body = [line.encode() for line in pair.private_key.splitlines()[1:-1]]
        pieces = [window for line in body for window in _windows(line)]
        pieces += _within_base64(pair.private_key.encode())
        secret = tuple(piece for piece in pieces if piece not in shown)
        assert len(secret) > 10
        return cls(name, secret)

    def is_found_in(self, data: bytes) -> bool:
        return any(needle in data for needle in self.needles)


@cache
def key_canary(kind: str, name: str = "") -> tuple[Pair, Canary]:
    """One key of each kind, and for each name, for the whole run."""
    pair = make(f"canary {kind}", key=KINDS[kind]())
    return pair, Canary.of_key(name or kind, pair, make(key=KINDS[kind]()))


def hits(canaries: Iterable[Canary], folder: Path, *texts: str) -> list[str]:
    """Where each canary stands: `NAME in PLACE`, in files below the folder and in the texts.

    Key files are the place where a key belongs.
    """
    birds = list(canaries)
    contents = [*_files(folder), *((f"text {n}", t.encode()) for n, t in enumerate(texts))]
    return [
        f"{c.name} in {place}" for place, data in contents for c in birds if c.is_found_in(data)
    ]


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for base, _, names in os.walk(folder, followlinks=False):
        for path in (Path(base) / name for name in names if not name.endswith((".key", ".pyc"))):
            if path.is_file():
                data = path.read_bytes()
                yield str(path.relative_to(folder)), data
                if data[:2] == b"\x1f\x8b":
                    yield f"{path.relative_to(folder)} (unpacked)", gzip.decompress(data)


def _windows(text: bytes) -> list[bytes]:
    return [text[i : i + WINDOW] for i in range(0, len(text) - WINDOW + 1, STEP)]


def _alignments(secret: bytes) -> list[bytes]:
    """Base64 of the secret wherever it begins in what is encoded; the ends, which depend on its
    neighbours, are cut off."""
    found = []
    for before in range(3):
        code = base64.b64encode(b"\0" * before + secret)
        found.append(code[4 if before else 0 : len(code) - 4])
    return found


def _within_base64(secret: bytes) -> list[bytes]:
    return [window for code in _alignments(secret) for window in _windows(code)]


def forms_of(pair: Pair) -> dict[str, bytes]:
    """Ways in which a key gets into a log; each is one that the search must find."""
    pem = pair.private_key
    der = base64.b64decode("".join(pem.splitlines()[1:-1]))
    return {
        "PEM": pem.encode(),
        "one line of the PEM": pem.splitlines()[2].encode(),
        "in JSON": pem.replace("\n", "\\n").encode(),
        "in JSON in JSON": pem.replace("\n", "\\\\n").encode(),
        "with CRLF": pem.replace("\n", "\r\n").encode(),
        "on one line": pem.replace("\n", "").encode(),
        "base64 of DER": base64.b64encode(der),
        "base64 of DER, 76 columns": base64.encodebytes(der),
        "base64 of PEM": base64.b64encode(pem.encode()),
        "base64 of PEM, moved by 1": base64.b64encode(b"x" + pem.encode() + b"y"),
        "base64 of PEM, moved by 2": base64.b64encode(b"xx" + pem.encode()),
        "base64 of PEM, 76 columns": base64.encodebytes(pem.encode()),
        "cut short": re.sub(r"\n-----END.*", "", pem, flags=re.S)[:130].encode(),
        "in the middle of a line": b"level=debug value=" + pem.encode()[40:110] + b"...",
    }
