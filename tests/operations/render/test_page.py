"""The HTML page: nothing in it comes from the file, it loads and runs nothing."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from operations.render import report_page
from tests.operations.hostile import HOSTILE, hostile


class Tags(HTMLParser):
    """The elements of a page, and the text of its code elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


OURS = Tags(report_page.render(hostile("app.example.com")))


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_nothing_from_the_file_is_html(name: str) -> None:
    page = report_page.render(hostile(name))
    found = Tags(page)
    assert found.tags <= OURS.tags
    assert found.attributes <= OURS.attributes
    assert "49" not in page.partition("</style>")[2].replace("2026", "")
    assert not {"\x1b", "\u202e"} & set(page)


def test_the_page_loads_and_runs_nothing() -> None:
    page = report_page.render(hostile("app.example.com"))
    assert not {"script", "link", "img", "iframe"} & Tags(page).tags
    assert "default-src 'none'" in page
    assert not re.search(r"url\(|@import|https?://", page)
