"""The reports of the three stacks, as the real CLI previews them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from operations.plan import preview
from operations.plan.report import build, change_lines
from operations.text import plain
from tests.cli.project import Project
from tests.operations.recording import GOLDEN, NAMES, recorded_at, report_of, scenes
from tests.sandbox_server import SandboxProcess

RECORDED = sorted(GOLDEN.glob("*.json"))


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_a_recorded_preview_gives_the_golden_report(path: Path) -> None:
    assert report_of(path.read_text(), recorded_at()) == path.with_suffix(".md").read_text()


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_recorded_files_hold_no_key_and_no_path_of_a_machine(path: Path) -> None:
    assert not re.search(r"PRIVATE KEY|\.\./|/home/|/root/|/tmp/", path.read_text())


def test_without_the_unchanged_resources_the_lines_and_dangers_are_the_same() -> None:
    for stack in NAMES:
        found = []
        for name in (f"{stack}-change", f"{stack}-change-without-sames"):
            plan = preview.read((GOLDEN / f"{name}.json").read_text())
            made = build(plan, recorded_at())
            news = change_lines([change for change in made.changes if change.is_news])
            # Independent steps come in any order.
            order = sorted(plain(words) for words in made.order)
            found.append((made.risk, made.verdict, made.dangers, news, order))
        assert found[0] == found[1]


@pytest.mark.cli
@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("stack", NAMES)
def test_the_real_cli_still_says_what_the_golden_reports_show(stack: str, tmp_path: Path) -> None:
    with SandboxProcess("--deploy-seconds", "0.4") as sandbox:
        project = Project(tmp_path, sandbox, stack)
        for name, text in scenes(project):
            golden = (GOLDEN / f"{name}.md").read_text()
            assert normal(report_of(text, recorded_at())) == normal(golden), name
        project.close()


def normal(text: str) -> list[str]:
    """Lines in any order, because independent resources have none, without what each run has
    anew: fingerprints, ids, times and the numbers of the steps."""
    text = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "ID", text)
    text = re.sub(r"\b[0-9a-f]{8,64}\b", "FINGERPRINT", text)
    text = re.sub(r"20\d\d-\d\d-\d\d(T[\d:.]+Z)?", "DAY", text)
    text = re.sub(r"\bin \d+ days\b", "in N days", text)
    return sorted(re.sub(r"^\d+\. ", "N. ", line) for line in text.splitlines())
