"""Tables and lines for people: colours on a terminal only, a table in a file is whole."""

from __future__ import annotations

import json
import re
from threading import Event

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


HEADS = ("Hostname", "Level", "Certificate", "Why")
WHY = "bound to another certificate than the one that the configuration names for this hostname"


def shown_at(
    width: int, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> list[str]:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", str(width))
    row = ((Untrusted(name),), ("hostname",), ("47ada518... until 2027-11-25",), (WHY,))
    show_table(HEADS, [row, row], ["bad", ""])
    text = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    return [line.rstrip() for line in text.splitlines()]


def test_a_table_at_100_columns_wraps_prose_and_no_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "legacy.example.com"
    lines = shown_at(100, name, monkeypatch, capsys)
    assert (
        sum(line.startswith(f"{name}   hostname   47ada518... until 2027-11-25") for line in lines)
        == 2
    )
    assert len(lines) > 4, "the reason is on lines of its own column"
    assert max(map(len, lines)) <= 100


def test_a_row_that_is_too_wide_for_the_terminal_is_stacked_with_its_names_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "a-name-that-is-long-enough.eu-central-1.legacy.example.com"
    lines = shown_at(80, name, monkeypatch, capsys)
    assert lines.count(f"Hostname     {name}") == 2
    assert lines.count("Certificate  47ada518... until 2027-11-25") == 2
    assert lines.count(f"Why          {WHY}") == 2
    assert lines[4] == ""


def test_lines_about_the_work_leave_the_output_clean(capsys: pytest.CaptureFixture[str]) -> None:
    say("two\nlines")
    with progress("reading zones"):
        show_json({"a": 1})
    captured = capsys.readouterr()
    assert captured.err == "two lines\n"
    assert json.loads(captured.out) == {"a": 1}


def test_what_takes_long_says_so_in_a_log_too(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    twice = Event()

    def hear(line: str) -> None:
        told.append(line)
        if len(told) == 2:
            twice.set()

    monkeypatch.setattr("operations.render.terminal.SLOW", 0.01)
    monkeypatch.setattr("operations.render.terminal.say", hear)
    with progress("reading zones"):
        assert twice.wait(30)
    assert told[0] == "reading zones: 0 s"
