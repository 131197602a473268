"""Tables, colours and progress: colours and moving lines on a terminal only."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text as Styled

from ..text import LIMITLESS, Text, plain, safe

# A table in a file is not cut to the width of a terminal that is not there.
WIDE = 10_000
TONES = {"over": "bold red", "urgent": "red", "soon": "yellow", "bad": "bold red", "good": "green"}


def say(line: str) -> None:
    """A line about the work itself: on stderr, so that output stays clean."""
    click.echo(safe(line, LIMITLESS), err=True)


@contextmanager
def progress(line: str) -> Iterator[None]:
    """What is being done; on a terminal a moving line, otherwise nothing."""
    console = Console(stderr=True, markup=False, highlight=False)
    if not console.is_terminal:
        yield
        return
    with console.status(Styled(safe(line))):
        yield


def show_json(value: Any) -> None:
    """Prints a value as JSON."""
    click.echo(json.dumps(value, indent=2))


def show_table(heads: Sequence[str], rows: Sequence[Sequence[Text]], tones: Sequence[str]) -> None:
    """Rows of words; `tones` names a key of TONES, or "", for each row."""
    table = Table(*heads, box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in table.columns:
        column.overflow = "fold"
    for row, tone in zip(rows, tones, strict=True):
        table.add_row(*(Styled(plain(cell)) for cell in row), style=TONES.get(tone))
    console = Console(markup=False, highlight=False, file=sys.stdout)
    if console.is_terminal:
        console.print(table)
        return
    console = Console(markup=False, highlight=False, file=sys.stdout, width=WIDE)
    with console.capture() as captured:
        console.print(table)
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))
