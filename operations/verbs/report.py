"""`python -m operations report`: a plan for a pull or merge request."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TextIO

import click

from ..command import Stop, Verb, examples
from ..plan import preview
from ..plan.dangers import CLASSES
from ..plan.report import FAILED, as_json, build
from ..render import markdown, report_page

MORE_GATES = {"danger": "whatever the report calls DANGER", "any": "any of these"}
ACCEPTED = "danger-accepted"
FORMATS = ("markdown", "json", "html")
HELP = "\n".join(f"  {name:8} {text}" for name, text in {**CLASSES, **MORE_GATES}.items())


@click.command(
    "report",
    cls=Verb,
    help="Turns `pulumi preview --json` into a report. PREVIEW.json may be `-` for standard input;"
    " nothing else is read, and no credentials are needed.\n\n"
    f"\b\nClasses of danger for --fail-on:\n{HELP}\n\n"
    "Exit codes: 0, and 1 when a gate of --fail-on is not passed; with a gate, a failed preview"
    " never passes. A closed gate names the label that accepts exactly this plan's dangers.",
    epilog=examples(
        "pulumi preview --json --show-sames > preview.json",
        "python -m operations report preview.json > comment.md",
        "python -m operations report preview.json --format html > report.html",
        "python -m operations report preview.json --fail-on danger --accept issuer",
        'python -m operations report preview.json --fail-on danger --labels "$LABELS"',
    ),
)
@click.argument("file", metavar="PREVIEW.json", type=click.File("r", encoding="utf-8"))
@click.option("--format", "form", type=click.Choice(FORMATS), default="markdown")
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
@click.option(
    "--fail-on",
    "gates",
    multiple=True,
    type=click.Choice([*CLASSES, *MORE_GATES]),
    help="End with 1 when the plan has such a danger. Repeatable.",
)
@click.option(
    "--accept",
    "accepted",
    multiple=True,
    type=click.Choice(list(CLASSES)[1:]),
    help="This class does not close a gate. Repeatable; alone it stands beside --fail-on danger.",
)
@click.option(
    "--labels",
    default="",
    help=f"The labels of the pull request, with commas between; {ACCEPTED}:DIGEST opens the gate.",
)
def command(
    file: TextIO, form: str, gates: tuple[str, ...], accepted: tuple[str, ...], labels: str
) -> None:
    try:
        report = build(preview.read(file.read()), datetime.now(UTC))
    except (preview.Unreadable, UnicodeDecodeError) as error:
        why = error if isinstance(error, preview.Unreadable) else "this is not UTF-8"
        raise Stop(f"{file.name}: {why}") from None
    closed = report.closes(gates or (("danger",) if accepted else ()), accepted)
    label = f"{ACCEPTED}:{report.digest(closed)}" if closed and FAILED not in closed else ""
    is_accepted = bool(label) and label in labels.split(",")
    if form == "html":
        click.echo(report_page.render(report))
    elif form == "json":
        click.echo(json.dumps(as_json(report), indent=2))
    else:
        click.echo(markdown.render(report, gate=gate_line(closed, label, is_accepted)), nl=False)
    if closed and not is_accepted:
        way = f"; the label {label} accepts exactly this" if label else ""
        raise Stop(f"the plan does not pass --fail-on {', '.join(closed)}{way}")


def gate_line(closed: list[str], label: str, is_accepted: bool) -> str:
    """What the report says of the gate, as Markdown; nothing where it is open."""
    if not closed:
        return ""
    classes = ", ".join(closed)
    if is_accepted:
        return f"The gate is open: the label `{label}` accepts exactly this ({classes})."
    if not label:
        return "The gate is closed: a preview that failed cannot be accepted."
    return f"The gate is closed ({classes}). The label `{label}` accepts exactly this plan."
