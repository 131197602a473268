"""`python -m operations report`: a plan for a pull or merge request."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import TextIO

import click

from ..command import Stop, Verb, examples
from ..plan import preview
from ..plan.dangers import CLASSES
from ..plan.report import as_json, build
from ..render import markdown, report_page

MORE_GATES = {"danger": "whatever the report calls DANGER", "any": "any of these"}
FORMATS = ("markdown", "json", "html")
HELP = "\n".join(f"  {name:8} {text}" for name, text in {**CLASSES, **MORE_GATES}.items())


@click.command(
    "report",
    cls=Verb,
    help="Turns `pulumi preview --json` into a report. PREVIEW.json may be `-` for standard input;"
    " nothing else is read, and no credentials are needed.\n\n"
    f"\b\nClasses of danger for --fail-on:\n{HELP}\n\n"
    "Exit codes: 0, and 1 when a gate of --fail-on is not passed; with a gate, a failed preview"
    " never passes.",
    epilog=examples(
        "pulumi preview --json --show-sames > preview.json",
        "python -m operations report preview.json > comment.md",
        "python -m operations report preview.json --format html > report.html",
        "python -m operations report preview.json --fail-on danger --accept issuer",
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
def command(file: TextIO, form: str, gates: tuple[str, ...], accepted: tuple[str, ...]) -> None:
    try:
        report = build(preview.read(file.read()), datetime.now(timezone.utc))
    except (preview.Unreadable, UnicodeDecodeError) as error:
        why = error if isinstance(error, preview.Unreadable) else "this is not UTF-8"
        raise Stop(f"{file.name}: {why}") from None
    if form == "html":
        click.echo(report_page.render(report))
    elif form == "json":
        click.echo(json.dumps(as_json(report), indent=2))
    else:
        click.echo(markdown.render(report), nl=False)
    gates = gates or (("danger",) if accepted else ())
    closed = report.closes(gates, accepted)
    if closed:
        raise Stop(f"the plan does not pass --fail-on {', '.join(closed)}")
