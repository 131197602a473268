"""Texts for people stay on one line and move no cursor."""

from __future__ import annotations

import pytest

from providers.values.text import one_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two\n  lines\r\n", "two lines"),
        ("CN=\x1b[2Jx\x07", "CN=\\u001b[2Jx\\u0007"),
        ("a\u202eb", "a\\u202eb"),
        ("a\x00b", "a\\u0000b"),
        ("bücher ❤", "bücher ❤"),
    ],
)
def test_what_is_not_printable_is_written_as_its_number(text: str, shown: str) -> None:
    assert one_line(text) == shown
    assert one_line(shown) == shown
