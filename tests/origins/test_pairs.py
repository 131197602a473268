"""The requests in which each two ways to ask come together."""

from __future__ import annotations

import itertools

import pytest

from origins.pairs import pairs_of
from origins.request import HTTP_2
from origins.variants import GROUPS, PLAIN_VARIANTS, UNKNOWN_PATH, VARIANTS, Variant

# HTTP/2 has no way to write these.
IMPOSSIBLE = {
    frozenset({over_http2, spelling})
    for over_http2 in (HTTP_2, "a second request over HTTP/2")
    for spelling in ("a whole URL", "no Host")
}
SETS = {
    "all": VARIANTS,
    "plain HTTP": PLAIN_VARIANTS,
    "without HTTP/2": tuple(v for v in VARIANTS if v.request.version != HTTP_2),
    "two": VARIANTS[2:4] + VARIANTS[-1:],
}


@pytest.mark.parametrize("name", SETS)
def test_each_two_ways_of_different_groups_come_together(name: str) -> None:
    variants = SETS[name]
    single = [v for v in variants if not v.other_sni]
    wanted = {
        frozenset({one.title, other.title})
        for one, other in itertools.combinations(single, 2)
        if one.group != other.group
    } - IMPOSSIBLE
    pairs = pairs_of(variants)
    assert {frozenset(p) for v in pairs for p in itertools.combinations(v.ways, 2)} == wanted
    assert len(pairs) <= 48


def test_a_request_shows_all_of_its_ways() -> None:
    known = {v.title: v for v in VARIANTS}
    for pair in pairs_of(VARIANTS):
        assert pair.title == ", ".join(pair.ways)
        assert len({known[way].group for way in pair.ways}) == len(pair.ways) <= len(GROUPS)
        assert all(shows(pair, known[way]) for way in pair.ways), pair.title


def shows(pair: Variant, way: Variant) -> bool:
    """What the way changes of the usual request, the pair changes too; but for a method's path."""
    usual = Variant("", "").request
    is_written_so = all(
        getattr(pair.request, field) == value
        for field, value in vars(way.request).items()
        if value != getattr(usual, field)
    )
    return is_written_so and (pair.path or "").find(way.path or "") >= 0


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_what_could_do_harm_is_asked_only_for_what_is_not_there(method: str) -> None:
    asked = [v for v in (*VARIANTS, *pairs_of(VARIANTS)) if v.request.method == method]
    assert len(asked) > 5
    assert all(UNKNOWN_PATH in (v.path or "") for v in asked)
    assert not any(v.is_safe for v in asked)
