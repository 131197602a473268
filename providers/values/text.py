"""Text for people: ids shortened, lists cut, one line each, and no secret in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

MOST_NAMES = 3


def short(identifier: str) -> str:
    """The first eight characters of an id or a fingerprint, as messages show it."""
    return identifier[:8]


def names(items: Sequence[str]) -> str:
    """The first few, and how many more."""
    more = len(items) - MOST_NAMES
    return ", ".join(items[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def one_line(text: str) -> str:
    """Folds white space, so that a message stays on one line of a log.

    What is not printable, such as a terminal's codes in a certificate's subject, is written as
    its number.
    """
    folded = " ".join(text.split())
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in folded)


_PRIVATE = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*KEY-----|\Z)", re.S)


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text without private keys and without any of the secrets that are at hand."""
    text = _PRIVATE.sub("[private key]", text)
    for secret in secrets:
        if len(secret) >= 8:
            text = text.replace(secret, "[secret]")
    return text
