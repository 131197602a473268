"""Tables, colours and progress: colours and moving lines on a terminal only."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text as Styled

from ..text import LIMITLESS, Text, plain, safe

# Who reads a log knows after so many seconds that the verb is at work.
SLOW = 10.0
# A table in a file is not cut to the width of a terminal that is not there.
WIDE = 10_000
TABLE_GAP = 3
STACKED_GAP = 2
# The last column is prose; a narrower one makes a row of a dozen lines.
PROSE = 20
TONES = {"over": "bold red", "urgent": "red", "soon": "yellow", "bad": "bold red", "good": "green"}


def say(line: str) -> None:
    """A line about the work itself: on stderr, so that output stays clean."""
    click.echo(safe(line, LIMITLESS), err=True)


@contextmanager
def progress(line: str) -> Iterator[None]:
    """What is being done: a moving line on a terminal, in a log a line when that takes long."""
    console = Console(stderr=True, markup=False, highlight=False)
    if console.is_terminal:
        with console.status(Styled(safe(line))):
            yield
        return
    ended = Event()
    teller = Thread(target=_tell_while, args=(line, ended), daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join()


def _tell_while(line: str, ended: Event) -> None:
    begun = time.monotonic()
    while not ended.wait(SLOW):
        say(f"{line}: {time.monotonic() - begun:.0f} s")


def show_json(value: Mapping[str, Any]) -> None:
    """Prints JSON: of every verb an object, which has room for one key more."""
    click.echo(json.dumps(value, indent=2))


def show_table(heads: Sequence[str], rows: Sequence[Sequence[Text]], tones: Sequence[str]) -> None:
    """Rows of words; `tones` names a key of TONES, or "", for each row."""
    cells = [[plain(cell) for cell in row] for row in rows]
    styles = [TONES.get(tone, "") for tone in tones]
    table = Table(*heads, box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for line, style in zip(cells, styles, strict=True):
        table.add_row(*map(Styled, line), style=style)
    console = Console(markup=False, highlight=False, file=sys.stdout)
    if console.is_terminal:
        widths = _widths([heads, *cells], console.width)
        if widths is None:
            _show_stacked(console, heads, cells, styles)
            return
        for column, wide in zip(table.columns, widths, strict=True):
            column.width = wide
        console.print(table)
        return
    console = Console(markup=False, highlight=False, file=sys.stdout, width=WIDE)
    with console.capture() as captured:
        console.print(table)
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


def _widths(lines: Sequence[Sequence[str]], width: int) -> list[int] | None:
    """The width of each column so that no word is broken; None where there is no room for that."""
    columns = list(zip(*lines, strict=True))
    whole = [max(map(cell_len, column)) for column in columns]
    words = (max((cell_len(w) for c in column for w in c.split()), default=0) for column in columns)
    widths = list(words)
    widths[-1] = max(widths[-1], min(PROSE, whole[-1]))
    room = width - sum(widths) - TABLE_GAP * (len(widths) - 1)
    if room < 0:
        return None
    for place, full in enumerate(whole):
        more = min(room, full - widths[place])
        widths[place] += more
        room -= more
    return widths


def _show_stacked(
    console: Console, heads: Sequence[str], rows: Sequence[Sequence[str]], styles: Sequence[str]
) -> None:
    """A line for each cell, and an empty one after each row: a hostname stays whole."""
    wide = max(map(len, heads)) + STACKED_GAP
    for row, style in zip(rows, styles, strict=True):
        for head, cell in zip(heads, row, strict=True):
            if cell:
                console.print(Styled(f"{head:{wide}}{cell}", style=style), soft_wrap=True)
        console.print()
