"""What a preview's file says, whatever is in it."""

from __future__ import annotations

import json
import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operations.plan import preview
from operations.plan.report import build, change_lines
from operations.render import markdown, report_page
from operations.text import plain
from tests.operations.plans import NOW
from tests.operations.recording import GOLDEN

NOT_PREVIEWS = ["", "null", "[]", "{}", "3", '"x"', "\x00", "[" * 100_000, '{"steps', '{"a": 1}']


@pytest.mark.parametrize("text", NOT_PREVIEWS, ids=lambda text: repr(text[:9]))
def test_what_is_no_preview_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(preview.Unreadable) as refused:
        preview.read(text)
    assert "pulumi preview --json" in str(refused.value)
    assert "\n" not in str(refused.value)


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(string.printable + "\u202e\x00", max_size=30),
    st.lists(st.text(max_size=3), max_size=2),
    st.dictionaries(st.text(max_size=3), st.none(), max_size=2),
    st.sampled_from(["2027-99-99T00:00:00Z", "delete", "04da6b54-80e4-46f7-96ec-b56ff0331ba9"]),
)
WHOLE = json.loads((GOLDEN / "prod-change.json").read_text())


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found = [path] if path else []
    for key, item in items if isinstance(value, (dict, list)) else ():
        found += places(item, (*path, key)) if isinstance(item, (dict, list)) else [(*path, key)]
    return found


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(places(WHOLE)), VALUES), min_size=1, max_size=4))
def test_a_file_with_anything_in_it_is_read_or_refused(changes: list[tuple[Any, Any]]) -> None:
    data = json.loads(json.dumps(WHOLE))
    for path, value in changes:
        spot = data
        for key in path[:-1]:
            spot = spot[key] if isinstance(spot, (dict, list)) and _has(spot, key) else {}
        if isinstance(spot, dict) or (isinstance(spot, list) and _has(spot, path[-1])):
            spot[path[-1]] = value
    try:
        made = build(preview.read(json.dumps(data)), NOW)
    except preview.Unreadable:
        return
    assert len(markdown.render(made)) <= markdown.LIMIT
    assert report_page.render(made)
    assert all(plain(line).isprintable() for line in change_lines(made.changes))


def _has(spot: Any, key: Any) -> bool:
    return key in spot if isinstance(spot, dict) else isinstance(key, int) and key < len(spot)
