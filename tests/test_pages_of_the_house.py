"""DESIGN.md and CONTRIBUTING.md: cited laws are headings, paths exist, each file has its test."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.test_house import PROJECT, SOURCES, name_of

DESIGN = (PROJECT / "DESIGN.md").read_text()
# "law 5", "laws 5 and 8", "(laws 2, 3 and 9)", also where a line ends in between.
CITED = re.compile(r"\blaws?((?:[\s#]+|,|and|or|to|\d+)*\d)", re.IGNORECASE)
HEADINGS = [int(number) for number in re.findall(r"^### Law (\d+): \S", DESIGN, re.MULTILINE)]


def laws_cited(text: str) -> set[int]:
    return {int(number) for cited in CITED.findall(text) for number in re.findall(r"\d+", cited)}


def test_the_laws_are_headings_by_number() -> None:
    assert list(range(1, len(HEADINGS) + 1)) == HEADINGS
    assert len(HEADINGS) >= 17


@pytest.mark.parametrize(
    ("text", "laws"),
    [
        ("held by law 12 of", {12}),
        ("(laws 5 and 8).", {5, 8}),
        ("laws 2, 3 and\n# 9; 40 of", {2, 3, 9}),
        ("this law of 2020", set()),
    ],
)
def test_a_cited_law_is_found(text: str, laws: set[int]) -> None:
    assert laws_cited(text) == laws


def test_each_law_that_the_sources_cite_is_a_heading() -> None:
    cited = {name_of(path): laws_cited(path.read_text()) for path in SOURCES}
    del cited["tests/test_pages_of_the_house.py"]
    assert any(cited.values())
    assert not {name: laws for name, laws in cited.items() if not laws <= set(HEADINGS)}


def test_the_readme_leads_to_both_pages() -> None:
    readme = (PROJECT / "README.md").read_text()
    assert "(DESIGN.md)" in readme
    assert "(CONTRIBUTING.md)" in readme


def paths_named(text: str) -> set[str]:
    """What stands between backticks and looks like a path; NAME stands for any name."""
    words = re.findall(r"`([\w./]+)`", text)
    return {word for word in words if "NAME" not in word and ("/" in word or word.endswith(".py"))}


@pytest.mark.parametrize("page", ["DESIGN.md", "CONTRIBUTING.md"])
def test_each_path_on_the_page_exists(page: str) -> None:
    named = paths_named((PROJECT / page).read_text())
    assert len(named) > 10
    # A row of a table goes on below the folder that its first path names.
    places = (PROJECT, PROJECT / "operations", PROJECT / "tests")
    assert not {name for name in named if not any((place / name).exists() for place in places)}


MIRRORED = (
    "providers",
    "stacks",
    "origins",
    "issuers",
    "operations",
    "sandbox",
    "bootstrap",
    "pipelines",
)


def rows_of_files_without_a_test_of_their_name() -> list[tuple[list[str], list[str]]]:
    """The patterns of files, and the paths of what proves them, row by row."""
    page = (PROJECT / "CONTRIBUTING.md").read_text()
    table = page.partition("### Files without a test of their name")[2]
    cells = [line.split("|")[1:3] for line in table.splitlines() if line.startswith("| `")]
    return [(re.findall("`(.+?)`", files), re.findall("`(.+?)`", tests)) for files, tests in cells]


def files_without_a_test_of_their_name() -> set[str]:
    names = {name_of(path) for path in SOURCES}
    files = {name for name in names if name.split("/")[0] in MIRRORED and "__" not in name}
    return {name for name in files if _mirror(name) not in names}


def _mirror(name: str) -> str:
    path = Path(name)
    return (Path("tests") / path.parent / f"test_{path.name}").as_posix()


def test_each_file_has_a_test_of_its_name_or_stands_in_the_table() -> None:
    patterns = [p for files, _ in rows_of_files_without_a_test_of_their_name() for p in files]
    without = files_without_a_test_of_their_name()
    assert not {name for name in without if not any(fnmatch(name, p) for p in patterns)}


def test_each_row_of_the_table_is_needed_and_names_tests_that_exist() -> None:
    without = files_without_a_test_of_their_name()
    for patterns, proofs in rows_of_files_without_a_test_of_their_name():
        assert all(any(fnmatch(name, p) for name in without) for p in patterns), patterns
        assert proofs
        assert all((PROJECT / proof).exists() for proof in proofs), proofs
