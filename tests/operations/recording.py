"""What the real CLI says of changes to the three stacks, as files that the tests read.

    python -m tests.operations.recording          # records anew, then look at what changed
    python -m tests.operations.recording reports  # the reports only, from the recorded files

The files hold public certificates only. What names a machine is taken out.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from operations.plan import preview
from operations.plan.report import build
from operations.render import markdown
from tests.cli.project import Project
from tests.pki import another_authority
from tests.sandbox_server import SandboxProcess

GOLDEN = Path(__file__).with_name("golden")
# Of a machine, or of no interest to anybody.
LEFT_OUT = {"sourcePosition", "stackTrace", "__provider", "propertyDependencies", "duration"}
SHOW_ALL = ("--show-sames",)


def trim(value: Any) -> Any:
    """Without the keys of LEFT_OUT, at any depth."""
    if isinstance(value, dict):
        return {k: trim(v) for k, v in value.items() if k not in LEFT_OUT}
    return [trim(item) for item in value] if isinstance(value, list) else value


def change_dev(project: Project) -> None:
    """A hostname is switched off, another comes, the shared certificate goes."""
    project.edit("shared_certificate: on\n", "shared_certificate: off\n")
    hostnames = "            shop.example.com: off\n            new.example.com: on\n"
    project.edit("            - shop.example.com\n", hostnames)


def change_staging(project: Project) -> None:
    """The zone's certificate is replaced by one of another issuer."""
    project.pair("zone", issuer=another_authority("Another Origin Pull CA"))


def change_prod(project: Project) -> None:
    """Two hostnames get a new certificate that ends soon, one leaves; the mode is relaxed."""
    project.pair("api", starts=-345, days=20)
    project.edit("            - partners.example.org\n", "")
    project.edit("ssl: strict\n", "ssl: full\n      allow_removal: [partners.example.org]\n")


NAMES = {"dev": ("zone", "shop"), "staging": ("zone",), "prod": ("zone", "pay", "api")}
CHANGES: dict[str, Callable[[Project], None]] = {
    "dev": change_dev,
    "staging": change_staging,
    "prod": change_prod,
}


def scenes(project: Project) -> Iterator[tuple[str, str]]:
    """(name, output of `pulumi preview --json`): the stack for the first time, and changed."""
    for name in NAMES[project.stack]:
        project.pair(name)
    yield f"{project.stack}-first", project.preview("--json", *SHOW_ALL).out
    project.up()
    CHANGES[project.stack](project)
    yield f"{project.stack}-change", project.preview("--json", *SHOW_ALL).out
    yield f"{project.stack}-change-without-sames", project.preview("--json").out


def recorded_at() -> dt.datetime:
    """The clock of the golden reports: when their files were recorded."""
    return dt.datetime.fromisoformat((GOLDEN / "recorded_at").read_text().strip())


def report_of(text: str, now: dt.datetime) -> str:
    """The Markdown of a recorded file."""
    return markdown.render(build(preview.read(text), now))


def record() -> None:
    GOLDEN.mkdir(exist_ok=True)
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    (GOLDEN / "recorded_at").write_text(f"{now.isoformat()}\n")
    for stack in NAMES:
        with (
            tempfile.TemporaryDirectory() as folder,
            SandboxProcess("--deploy-seconds", "0.4") as sandbox,
        ):
            project = Project(Path(folder), sandbox, stack)
            for name, text in scenes(project):
                kept = json.dumps(trim(json.loads(text)), indent=1, sort_keys=True) + "\n"
                (GOLDEN / f"{name}.json").write_text(kept)
                (GOLDEN / f"{name}.md").write_text(report_of(kept, now))
            project.close()


def render() -> None:
    """The reports of the files that are there."""
    for path in GOLDEN.glob("*.json"):
        path.with_suffix(".md").write_text(report_of(path.read_text(), recorded_at()))


if __name__ == "__main__":
    render() if sys.argv[1:] == ["reports"] else record()
