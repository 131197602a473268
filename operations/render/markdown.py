"""A report as Markdown for a pull or merge request; at most 65,536 characters.

Values from outside stand in code spans: nothing in them is a link, a mention, an image or HTML.
Source: GitHub Flavored Markdown, 6.1 (code spans), and GitHub's limit for a comment's body.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..plan.changes import Change
from ..plan.dangers import Danger
from ..plan.renewal import words_of
from ..plan.report import Detail, PlanReport, change_lines, diagnostic_line
from ..text import Text, Untrusted, count

LIMIT = 65_536
VERDICTS = {
    "failed": "FAILED",
    "danger": "DANGER",
    "caution": "Caution",
    "calm": "No danger seen in the plan",
}
RESERVED = 80
DANGERS = {**dict.fromkeys(VERDICTS, "What is dangerous"), "caution": "Worth a look"}
# Told when unchanged resources are not in the file.
SAMES = (
    "Unchanged resources are not in this file: what they hold was taken from the stack's outputs."
    " `pulumi preview --json --show-sames` lists them."
)


@dataclass(frozen=True)
class Part:
    """A heading, its lines, and the word for a line that is left out."""

    head: str
    lines: list[str]
    noun: str
    tail: str = ""


def render(report: PlanReport, limit: int = LIMIT, gate: str = "") -> str:
    """What does not fit is left out from the end of each part, and told. `gate` is a line of our
    own words, for the top.

    The parts that matter most get their room first: dangers, then hostnames and zones.
    """
    top = f"### {VERDICTS[report.verdict]}: {report.risk}\n"
    where = f" of stack {code(report.stack)}" if report.stack else ""
    top += f"\nPlan{where}: {report.tally}.\n"
    top += f"\n{gate}\n" if gate else ""
    parts = [part for part in _parts(report) if part.lines]
    # Room for a line that says what is missing is kept for each part.
    fixed = [top, marker(report.stack), *(part.head + part.tail for part in parts)]
    room = limit - sum(len(text) + RESERVED for text in fixed)
    texts = []
    for part in parts:
        text = _fit(part, room)
        room -= len(text) - len(part.head) - len(part.tail)
        texts.append(text)
    return "\n".join([top, *texts, f"{marker(report.stack)}\n"])


def marker(stack: str) -> str:
    """The line by which a pipeline finds its own comment, to change that instead of adding more."""
    return f"<!-- aop-report {re.sub(r'[^A-Za-z0-9_.]', '.', stack)[:100]} -->"


def _parts(report: PlanReport) -> list[Part]:
    news = [change for change in report.changes if change.is_news]
    still = [change for change in report.changes if not change.is_news]
    warnings = [
        f"- {inline(diagnostic_line(d))}"
        for d in report.diagnostics
        if d.severity in ("error", "warning")
    ]
    notes = [inline(found.words) for found in report.unwarned]
    notes += [SAMES] if report.hides_sames else []
    return [
        Part(f"**{DANGERS[report.verdict]}**\n\n", [_danger(d) for d in report.dangers], "danger"),
        Part(
            "**Hostnames and zones**\n\n", [f"- {inline(it)}" for it in change_lines(news)], "line"
        ),
        Part(
            "**In this order**\n\n",
            [f"{number}. {inline(words)}" for number, words in enumerate(report.order, 1)],
            "step",
        ),
        _fold("Warnings of the preview", warnings, "line"),
        _fold(
            f"Properties that change ({count(len(report.details), 'resource')})",
            [text for detail in report.details for text in _detail(detail)],
            "line",
        ),
        _fold(f"Unchanged ({len(still)})", [f"- {inline(_still(c))}" for c in still], "line"),
        Part("", notes, "note"),
    ]


def _still(change: Change) -> Text:
    """A hostname or zone that the plan leaves as it is, and when its certificate is renewed."""
    found = change.after.certificate
    renewal = words_of(found) if found else ""
    return (*change.subject, f": {renewal}") if renewal else change.subject


def _danger(danger: Danger) -> str:
    return f"- **{danger.name}**: {inline(danger.words)}"


def _fold(title: str, lines: list[str], noun: str) -> Part:
    head = f"<details><summary>{title}</summary>\n\n"
    return Part(head, lines, noun, "\n</details>\n")


def _detail(detail: Detail) -> Iterable[str]:
    yield f"- {detail.op} {code(detail.name)} ({code(detail.kind)})"
    for item in detail.properties:
        old, new = (code(text) if text else "none" for text in (item.old, item.new))
        yield f"  - {code(item.path)}: {old} to {new}"


def _fit(part: Part, room: int) -> str:
    lines: list[str] = []
    for text in part.lines:
        room -= len(text) + 1
        if room < 0:
            break
        lines.append(text)
    more = len(part.lines) - len(lines)
    if more:
        lines.append(f"- and {count(more, f'more {part.noun}')}, left out for want of room")
    return part.head + "".join(f"{text}\n" for text in lines) + part.tail


def inline(words: Text) -> str:
    """Our words as they are, values in code spans."""
    return "".join(_span(p.shown) if isinstance(p, Untrusted) else p for p in words)


def code(text: str) -> str:
    """A code span around any text."""
    return _span(Untrusted(text).shown)


def _span(shown: str) -> str:
    # The fence is longer than each run of backticks inside.
    shown = shown or "(empty)"
    runs = [len(run) for run in re.findall("`+", shown)]
    fence = "`" * (max(runs, default=0) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"
