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
from ..text import Text
from .matrix import Ending, Row

TEMPLATE = Path(__file__).with_name("page.html")
LABELS = {"hostname": "Own", "zone": "Zone's", "global": "Shared"}
# A browser shows more, nobody reads it.
MOST_ROWS = 2_000
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)")


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
    return template.render(
        {
            **vars(page),
            "rows": rows[:MOST_ROWS],
            "left_out": max(0, len(rows) - MOST_ROWS),
            "labels": LABELS,
            "made": f"{page.made:%Y-%m-%d %H:%M} UTC",
        }
    )


def pieces(text: str) -> list[tuple[bool, str]]:
    """Our own text cut at its dates, which are not to be broken at their hyphens."""
    return [(i % 2 == 1, part) for i, part in enumerate(_DATE.split(text)) if part]
