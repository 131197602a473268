"""The pages of docs/ as data.

A block ```console run holds commands that a test runs, in the order of the page; ```yaml file=PATH
is the file that a reader would write. Other blocks are only looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
FENCE = re.compile(r"^```(\S*)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """`kind` and `more` are the words behind the fence."""

    kind: str
    more: str
    text: str

    @property
    def is_run(self) -> bool:
        return self.kind == "console" and self.more == "run"

    @property
    def file(self) -> str:
        """The path that a block of a file names, or ""."""
        return self.more.removeprefix("file=") if self.more.startswith("file=") else ""

    @property
    def commands(self) -> list[str]:
        """The lines behind a prompt."""
        return re.findall(r"^\$ (.+)$", self.text, re.MULTILINE)


def blocks(page: str) -> Iterator[Block]:
    for kind, more, text in FENCE.findall((DOCS / page).read_text()):
        yield Block(kind, more.strip(), text)
