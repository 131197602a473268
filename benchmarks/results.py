"""The results of a run: `results.json`, and the page `results.md` made from it alone. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

HEAD = (
    "| resource | hostnames | `--parallel` | command | writes | reads | waits | seconds |"
    " plugin MB | program MB | state MB |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|"
)


HEADING = "\n## Results\n"


@dataclass(frozen=True)
class Measured:
    """One command of one life; `memory`, `program` and `state` in megabytes."""

    resource: str
    hostnames: str
    parallel: str
    command: str
    writes: int
    reads: int
    waits: int
    seconds: float
    memory: float
    program: float
    state: float

    def as_row(self) -> str:
        """One line of the Markdown table."""
        return (
            f"| {self.resource} | {self.hostnames} | {self.parallel} | {self.command} |"
            f" {self.writes} | {self.reads} | {self.waits} |"
            f" {self.seconds:.1f} | {self.memory:.0f} | {self.program:.0f} | {self.state:.2f} |"
        )


def as_json(
    rows: Sequence[Measured],
    notes: Sequence[str],
    missed: Sequence[str],
    machine: dict[str, Any],
) -> str:
    """`{machine, missed, notes, rows}`; `machine` says when, on what and under which load."""
    found = {
        "machine": machine,
        "missed": list(missed),
        "notes": list(notes),
        "rows": [asdict(row) for row in rows],
    }
    return json.dumps(found, indent=1) + "\n"


def as_page(text: str) -> str:
    """The page of the results, from the JSON of a run."""
    found = json.loads(text)
    machine = ", ".join(f"{name} {value}" for name, value in found["machine"].items())
    rows = "\n".join(Measured(**row).as_row() for row in found["rows"])
    notes = "\n".join(found["notes"])
    missed = "\n".join(f"* missed: {line}" for line in found["missed"]) or "All goals reached."
    return f"{machine}\n\n{HEAD}\n{rows}\n\n{notes}\n\n{missed}\n"


def in_page(page: str, results: str) -> str:
    """The page, with these results in place of all below its heading "## Results"."""
    above, heading, _ = page.partition(HEADING)
    return f"{above}{heading}\n{results}" if heading else page
