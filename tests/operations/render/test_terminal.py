"""Tables and lines for people: colours on a terminal only, a table in a file is whole."""

from __future__ import annotations

import json

import pytest

from operations.render.terminal import progress, say, show_json, show_table
from operations.text import Text, Untrusted


def test_a_table_in_a_file_is_whole_and_without_colours(
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = f"{'long-' * 40}.example.com"
    rows: list[list[Text]] = [
        [(Untrusted(name),), ("ends today",)],
        [(Untrusted("b\x1b[2J"),), ("fine",)],
    ]
    show_table(["Hostname", "End"], rows, ["over", ""])
    lines = capsys.readouterr().out.splitlines()
    assert any(name in line and line.endswith("ends today") for line in lines)
    assert all(line.isprintable() and line == line.rstrip() for line in lines)


def test_lines_about_the_work_leave_the_output_clean(capsys: pytest.CaptureFixture[str]) -> None:
    say("two\nlines")
    with progress("reading zones"):
        show_json({"a": 1})
    captured = capsys.readouterr()
    assert captured.err == "two lines\n"
    assert json.loads(captured.out) == {"a": 1}
