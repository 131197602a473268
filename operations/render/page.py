"""One self-contained HTML page: no script, nothing from elsewhere, light and dark.

jinja2 escapes everything that it fills in; the page forbids scripts besides (CSP).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from ..plan.dangers import Danger
from ..text import Text, Untrusted, count
from .matrix import TROUBLE, Ending, Row

TEMPLATE = Path(__file__).with_name("page.html")
LABELS = {"hostname": "Own", "zone": "Zone's", "global": "Shared"}
# A browser shows more, nobody reads it.
MOST_ROWS = 2_000
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)")


@dataclass(frozen=True)
class Group:
    """The rows of a zone, with a heading to link to; without a name there is one group."""

    name: Untrusted | None
    rows: Sequence[Row]

    @property
    def tally(self) -> str:
        """`2 of 40 are not as wanted`, or how many there are."""
        bad = sum(row.change == TROUBLE for row in self.rows)
        number = len(self.rows)
        if not bad:
            return count(number, "row")
        return f"{bad} of {number} {'is' if bad == 1 else 'are'} not as wanted"


@dataclass(frozen=True)
class Page:
    """`verdict` colours the top: failed, danger, caution or calm."""

    title: str
    heading: str
    verdict: str
    tally: Text
    rows: Sequence[Row]
    endings: Sequence[Ending]
    made: datetime
    dangers: Sequence[Danger] = ()
    lines: Sequence[Text] = ()
    order: Sequence[Text] = ()
    notes: Sequence[Text] = ()
    has_before: bool = False


def render(page: Page) -> str:
    """The page's text. Rows of the lowest rank come first; of the last ones some are left out."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters["pieces"] = pieces
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    rows = sorted(page.rows, key=lambda row: row.rank)
    groups: dict[Untrusted | None, list[Row]] = {}
    for row in rows[:MOST_ROWS]:
        groups.setdefault(row.group, []).append(row)
    return template.render(
        {
            **vars(page),
            "groups": [Group(name, items) for name, items in groups.items()],
            "has_status": any(row.status for row in rows),
            "left_out": max(0, len(rows) - MOST_ROWS),
            "labels": LABELS,
            "made": f"{page.made:%Y-%m-%d %H:%M} UTC",
        }
    )


def pieces(text: str) -> list[tuple[bool, str]]:
    """Our own text cut at its dates, which are not to be broken at their hyphens."""
    return [(i % 2 == 1, part) for i, part in enumerate(_DATE.split(text)) if part]
