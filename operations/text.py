"""Sentences that hold values from outside, so that every renderer knows what to escape.

A hostname, a name or an issuer may be anything, Markdown, HTML and terminal codes included. It
travels as an `Untrusted`; only texts that stand in this project's source are plain strings.
"""

from __future__ import annotations

import string
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from providers.api.answers import read_time
from providers.values.text import short

# A hostname has at most 253.
MOST_CHARACTERS = 255
LIMITLESS = 10_000
MOST_NAMES = 5
# A verb that had no answer has changed nothing, or can be given again.
TRY_AGAIN = "Try again."


@dataclass(frozen=True)
class Untrusted:
    """Text from outside, as it came; at most `most` characters of it are shown."""

    text: str
    most: int = MOST_CHARACTERS

    @property
    def shown(self) -> str:
        """The text on one line, without control and direction characters."""
        return safe(self.text, self.most)


Text = tuple[str | Untrusted, ...]


def text(template: str, **values: Untrusted | Text | str | int) -> Text:
    """The text of a template `{name} ends {date}`; a `str` or `int` in it is our own text."""
    parts: list[str | Untrusted] = []
    for literal, name, _, _ in string.Formatter().parse(template):
        if literal:
            parts.append(literal)
        if name is not None:
            value = values[name]
            parts += value if isinstance(value, tuple) else [_part(value)]
    return tuple(parts)


def _part(value: Untrusted | str | int) -> str | Untrusted:
    return value if isinstance(value, Untrusted) else str(value)


def plain(given: Text) -> str:
    """Writes a text as a terminal or a JSON field takes it."""
    return "".join(part.shown if isinstance(part, Untrusted) else part for part in given)


def safe(given: str, most: int = MOST_CHARACTERS) -> str:
    """Keeps printable characters, on one line; others are written as their number."""
    folded = " ".join(given[: 4 * most].split())
    shown = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in folded)
    return shown if len(shown) <= most else shown[: most - 3] + "..."


def join(items: Iterable[Untrusted]) -> Text:
    """Joins the first few names, and says how many more there are."""
    values = list(items)
    parts: list[str | Untrusted] = []
    for value in values[:MOST_NAMES]:
        parts += [", ", value] if parts else [value]
    more = len(values) - MOST_NAMES
    return (*parts, f" and {more} more") if more > 0 else tuple(parts)


def fingerprint(sha256: str) -> Text:
    """The first eight characters of a fingerprint; what is no fingerprint is not known yet."""
    is_known = len(sha256) == 64 and all(c in string.hexdigits for c in sha256)
    return (Untrusted(f"{short(sha256)}..."),) if is_known else ("not known yet",)


def zone_name(name: str, zone_id: str) -> Untrusted:
    """`example.com`, else the beginning of the id, which a plan may not know yet."""
    return Untrusted(name or f"zone {short(zone_id) or 'not known yet'}")


def moment_of(time: str) -> datetime | None:
    """Cloudflare's times; None for anything else, also for a 32nd of the month."""
    try:
        return read_time(time)
    except ValueError:
        return None


def day(expires_on: str) -> str:
    """`2027-11-24` of Cloudflare's times; "" for anything else."""
    moment = moment_of(expires_on)
    return moment.date().isoformat() if moment else ""


def days_left(expires_on: str, now: datetime) -> int | None:
    """Whole days until then, negative once it is over; None when the time is not known."""
    moment = moment_of(expires_on)
    return None if moment is None else (moment - now) // timedelta(days=1)


def in_days(left: int) -> str:
    """`in 12 days`, `in 1 day`, `today`, `12 days ago`."""
    if left < 0:
        return "1 day ago" if left == -1 else f"{-left} days ago"
    return {0: "today", 1: "in 1 day"}.get(left, f"in {left} days")


def count(number: int, singular: str, plural: str = "") -> str:
    """`1 hostname`, `2 hostnames`."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"
