"""Names that would be Markdown, HTML or terminal codes, and files of any shape and size."""

from __future__ import annotations

import json
import re
import string
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from operations.plan import preview
from operations.plan.report import PlanReport, as_json, build, change_lines
from operations.render import markdown, report_page
from operations.text import plain
from tests.operations.plans import NEW, NOW, OLD, bindings, certificate, report
from tests.operations.recording import GOLDEN

HOSTILE = {
    "html": "<img src=x onerror=alert(1)>.example.com",
    "script": "</title></code><script>alert(1)</script>",
    "a link": "[click](https://evil.example)",
    "an image": "![x](https://evil.example/x.png)",
    "a mention": "@everybody #1",
    "backticks": "a``b`c```.example.com",
    "only backticks": "``",
    "a heading": "x\n# DANGER: everything is fine\n\n- item",
    "end of details": "</details>\n<details>",
    "a table": "a | b | c",
    "a terminal code": "\x1b[2Jgone\x07",
    "a direction": "moc.elpmaxe\u202e.example.com",
    "a comment": "--> <!-- aop-report",
    "a template": "{{ 7 * 7 }}{% raw %}",
    "a format": "%s {0} {name}",
    "long": "a" * 5000,
    "empty": "",
}
OUR_BLOCKS = re.compile(r"(</?details>|<summary>[\w ()]+</summary>|<!-- aop-report [\w.]+ -->|\s)*")


def hostile(name: str) -> PlanReport:
    steps = [
        certificate("HostnameCertificate", OLD, NEW, name=name),
        bindings({name: OLD}, {name: NEW}, name=name, **{name or "x": "changes"}),
    ]
    steps[0]["newState"]["inputs"]["expires_on"] = name
    said = [{"severity": "warning", "urn": f"urn::{name}", "message": name}]
    config = {"aop:zones": json.dumps({name: {"zone_id": "023e105f4ecef8ad9ca31a8372d0c353"}})}
    return report(*steps, diagnostics=said, config=config)


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_nothing_from_the_file_is_markdown(name: str) -> None:
    text = markdown.render(hostile(name))
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    spans = [child.type for token in tokens for child in token.children or []]
    assert not {"link_open", "image", "html_inline", "em_open", "s_open"} & set(spans)
    assert all(OUR_BLOCKS.fullmatch(t.content) for t in tokens if t.type == "html_block")
    assert [t.tag for t in tokens if t.type == "heading_open"] == ["h3"]
    plain_text = "".join(
        child.content for token in tokens for child in token.children or [] if child.type == "text"
    )
    assert not set("@|{}%\x1b\u202e") & set(plain_text)


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


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_machines_get_printable_texts_too(name: str) -> None:
    made = json.loads(json.dumps(as_json(hostile(name))))
    for text in [change["text"] for change in made["changes"]] + made["order"]:
        assert text.isprintable()


def test_the_page_loads_and_runs_nothing() -> None:
    page = report_page.render(hostile("app.example.com"))
    assert not {"script", "link", "img", "iframe"} & Tags(page).tags
    assert "default-src 'none'" in page
    assert not re.search(r"url\(|@import|https?://", page)


@pytest.mark.parametrize("hostnames", [10, 500, 5000])
def test_a_report_is_bounded_and_tells_what_it_left_out(hostnames: int) -> None:
    names = [f"{'long-' * 10}{number}.example.com" for number in range(hostnames)]
    made = report(
        certificate("HostnameCertificate", OLD, NEW),
        # Each has its own line, for no two get the same certificate.
        bindings(
            dict.fromkeys(names, OLD),
            {name: f"{number:08x}" * 8 for number, name in enumerate(names[1:])},
        ),
    )
    text = markdown.render(made)
    assert len(text) <= markdown.LIMIT
    assert text.startswith("### DANGER: 1 hostname loses protection")
    lines = text.count("\n- `long-")
    left = re.search(r"- and (\d+) more lines?, left out", text)
    assert lines + (int(left[1]) if left else 0) >= hostnames
    assert (left is None) == (hostnames == 10)
    assert text.count("<details>") == text.count("</details>")


@pytest.mark.parametrize("limit", [2_000, 3_000, 10_000])
def test_any_limit_holds(limit: int) -> None:
    for path in GOLDEN.glob("*.json"):
        made = build(preview.read(path.read_text()), NOW)
        assert len(markdown.render(made, limit)) <= limit


NOT_PREVIEWS = ["", "null", "[]", "{}", "3", '"x"', "\x00", "[" * 100_000, '{"steps', '{"a": 1}']


@pytest.mark.parametrize("text", NOT_PREVIEWS, ids=lambda text: repr(text[:9]))
def test_what_is_no_preview_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(preview.Unreadable) as refused:
        preview.read(text)
    assert "pulumi preview --json" in str(refused.value)
    assert "\n" not in str(refused.value)


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(string.printable + "\u202e\x00", max_size=30),
    st.lists(st.text(max_size=3), max_size=2),
    st.dictionaries(st.text(max_size=3), st.none(), max_size=2),
    st.sampled_from(["2027-99-99T00:00:00Z", "delete", "04da6b54-80e4-46f7-96ec-b56ff0331ba9"]),
)
WHOLE = json.loads((GOLDEN / "prod-change.json").read_text())


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found = [path] if path else []
    for key, item in items if isinstance(value, (dict, list)) else ():
        found += places(item, (*path, key)) if isinstance(item, (dict, list)) else [(*path, key)]
    return found


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(places(WHOLE)), VALUES), min_size=1, max_size=4))
def test_a_file_with_anything_in_it_is_read_or_refused(changes: list[tuple[Any, Any]]) -> None:
    data = json.loads(json.dumps(WHOLE))
    for path, value in changes:
        spot = data
        for key in path[:-1]:
            spot = spot[key] if isinstance(spot, (dict, list)) and _has(spot, key) else {}
        if isinstance(spot, dict) or (isinstance(spot, list) and _has(spot, path[-1])):
            spot[path[-1]] = value
    try:
        made = build(preview.read(json.dumps(data)), NOW)
    except preview.Unreadable:
        return
    assert len(markdown.render(made)) <= markdown.LIMIT
    assert report_page.render(made)
    assert all(plain(line).isprintable() for line in change_lines(made.changes))


def _has(spot: Any, key: Any) -> bool:
    return key in spot if isinstance(spot, dict) else isinstance(key, int) and key < len(spot)
