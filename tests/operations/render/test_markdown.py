"""The report as Markdown: nothing in it comes from the file, and any limit holds."""

from __future__ import annotations

import re

import pytest
from markdown_it import MarkdownIt

from operations.plan import preview
from operations.plan.report import build
from operations.render import markdown
from tests.operations.hostile import HOSTILE, hostile
from tests.operations.plans import NEW, NOW, OLD, bindings, certificate, report
from tests.operations.recording import GOLDEN

OUR_BLOCKS = re.compile(r"(</?details>|<summary>[\w ()]+</summary>|<!-- aop-report [\w.]+ -->|\s)*")


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
