"""All pairs of ways to ask: few requests in which each two ways come together. Pure.

A guard may hold for each way alone and not for two at once, such as a POST below /api/. A covering
array of strength 2 has each pair in one of its rows, and several pairs in most of them
(https://en.wikipedia.org/wiki/Covering_array).
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import fields, replace

from .request import HTTP_2, USUAL, Request
from .variants import GROUPS, PAIRS, VARIANTS, Variant

Row = tuple[Variant, ...]


def pairs_of(variants: Collection[Variant]) -> tuple[Variant, ...]:
    """Requests that together show each two of the variants of different groups at once."""
    rows = (tuple(v for v in row if v in variants) for row in _covering_array())
    return tuple(combine(row) for row in dict.fromkeys(rows) if len(row) > 1)


@functools.cache
def _covering_array() -> tuple[Row, ...]:
    """Of all variants; each row is the first of those that show the most further pairs."""
    bits: dict[tuple[str, str], int] = {}
    shown: dict[Row, int] = {}
    for row in _rows():
        pairs = itertools.combinations((v.title for v in row), 2)
        # A set of pairs is a number with a bit for each: there are some thousand rows.
        shown[row] = sum(1 << bits.setdefault(pair, len(bits)) for pair in pairs)
    left, chosen = (1 << len(bits)) - 1, []
    while left:
        best = max(shown, key=lambda row: (shown[row] & left).bit_count())
        chosen.append(best)
        left &= ~shown[best]
        shown = {row: pairs for row, pairs in shown.items() if pairs & left}
    return tuple(chosen)


def _rows() -> Iterator[Row]:
    """All that one request can show at once: of each group one variant or none, at least two."""
    groups: list[list[Variant | None]] = [
        [None, *(v for v in VARIANTS if v.group == group and not v.other_sni)] for group in GROUPS
    ]
    for chosen in itertools.product(*groups):
        row = tuple(variant for variant in chosen if variant)
        if len(row) > 1 and _is_possible(row):
            yield row


def _is_possible(row: Sequence[Variant]) -> bool:
    """HTTP/2 has neither a whole URL as target nor a request without a host."""
    if all(v.request.version != HTTP_2 for v in row):
        return True
    return all(v.request.target == USUAL.target and v.request.host is not None for v in row)


def combine(row: Sequence[Variant]) -> Variant:
    """All ways in one request; of two paths the later one, since a method may have its own."""
    changes = {
        field.name: value
        for variant in row
        for field in fields(Request)
        if (value := getattr(variant.request, field.name)) != getattr(USUAL, field.name)
    }
    return Variant(
        ", ".join(v.title for v in row),
        PAIRS,
        replace(USUAL, **changes),
        next((v.path for v in reversed(row) if v.path), None),
        upper_sni=any(v.upper_sni for v in row),
        ways=tuple(v.title for v in row),
    )
