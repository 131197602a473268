"""The README's pictures are those that `make pictures` makes now."""

from __future__ import annotations

import re

import pytest

from tests.docs import pictures
from tests.docs.pages import DOCS

SMALL = 100_000


def test_the_drawing_is_what_the_script_draws() -> None:
    assert pictures.LEVELS.read_text() == pictures.levels_svg(), "run: make pictures"


def test_the_picture_of_the_report_was_made_from_the_page_of_today() -> None:
    assert pictures.DIGEST.read_text() == pictures.digest(pictures.report_html()), (
        "run: make pictures"
    )


def test_no_box_leaves_the_drawing() -> None:
    found = re.search(r'viewBox="0 0 (\d+) (\d+)"', pictures.levels_svg())
    assert found
    for left, top, width, height, *_ in pictures.BOXES:
        assert left + width < int(found[1])
        assert top + height < int(found[2])


@pytest.mark.parametrize("picture", [pictures.LEVELS, pictures.REPORT], ids=lambda p: p.name)
def test_a_picture_is_small_and_the_readme_shows_it(picture) -> None:
    assert 0 < picture.stat().st_size < SMALL
    assert f"](docs/pictures/{picture.name})" in (DOCS.parent / "README.md").read_text()
