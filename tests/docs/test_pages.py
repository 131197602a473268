"""Every command of docs/ is run by a test, or is one that exists; every link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from bootstrap.verbs import VERBS as TARGETS
from operations.command import VERBS, operations
from stacks.config import ABSENT, parse
from tests.docs.pages import DOCS, blocks
from tests.pipelines.files import PIPELINES, verbs

PAGES = sorted(page.name for page in DOCS.glob("*.md"))
# tests/with_real_servers goes the ways of these, with origins and visitors.
ELSEWHERE = ("incident.md", "rollout.md", "rotation.md")
# Run by tests of their own: test_reuse.py here, tests/state/test_upgrade.py.
ALONE = ("reuse.md", "upgrade.md")
NOTHING_TO_RUN = ("resources.md", "troubles.md")
RUN = [page for page in PAGES if page not in (*ELSEWHERE, *ALONE, *NOTHING_TO_RUN)]
TEXTS = [*DOCS.glob("*.md"), PIPELINES / "README.md", DOCS.parent / "README.md"]
# Commands that no test runs, by their first words, and why.
LEFT = {
    "export ": "the test has its own values",
    "terraform ": "the other tool",
    "pulumi stack export": "in the project that is left",
    "pulumi state delete URN": "in the project that is left",
    "pulumi new ": "test_template.py",
    "cd my-aop": "test_template.py",
    "python3 -m venv ": "the network",
    ".venv/bin/pip install ": "the network",
    "source .venv/bin/activate": "the test has it first on PATH",
    "python -m operations probe ": "the pipelines' walk, against an origin",
    "make lock": "the network",
    "git init": "the reader's repository",
    "git add ": "the reader's repository",
    "pulumi cancel --stack": "tests/cli/test_kills.py",
    "pulumi up --stack prod": "tests/cli/test_kills.py",
}


@pytest.mark.parametrize("page", RUN)
def test_a_command_that_is_not_run_is_a_known_one(page: str) -> None:
    left = [c for block in blocks(page) if not block.is_run for c in block.commands]
    assert [command for command in left if not command.startswith(tuple(LEFT))] == []


@pytest.mark.parametrize("page", RUN)
def test_each_line_of_a_console_block_is_a_command(page: str) -> None:
    for block in blocks(page):
        if block.kind == "console":
            assert len(block.commands) == len(block.text.splitlines()), block.text


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_verbs_and_targets_in_the_text_exist(path: Path) -> None:
    text = path.read_text()
    assert verbs(text) <= set(VERBS)
    assert set(re.findall(r"(?:`|\$ )make ([a-z-]+)", text)) <= set(TARGETS)


@pytest.mark.parametrize("page", PAGES)
def test_options_of_verbs_exist(page: str) -> None:
    for command in (c for block in blocks(page) for c in block.commands):
        found = re.match(r"python -m operations ([a-z]+)(.*)", command)
        if found:
            shown = CliRunner().invoke(operations, [found[1], "--help"]).output
            assert [o for o in re.findall(r"--[a-z-]+", found[2]) if o not in shown] == []


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_every_link_leads_to_a_file(path: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", path.read_text())
    assert [link for link in links if "://" not in link and not (path.parent / link).exists()] == []


@pytest.mark.parametrize("page", RUN)
def test_each_configuration_is_one_that_a_stack_takes(page: str) -> None:
    for block in blocks(page):
        # Rules of Prometheus; test_walks.py looks at them.
        if block.kind == "yaml" and not block.text.startswith("groups:"):
            assert block.file.startswith("stacks/Pulumi."), block.more
            config = yaml.safe_load(block.text)["config"]
            more = (config.get(f"aop:{key}", ABSENT) for key in ("alerts", "issuers"))
            parse(config["aop:zones"], block.file, *more)


@pytest.mark.parametrize("page", NOTHING_TO_RUN)
def test_a_page_that_no_test_runs_has_no_commands(page: str) -> None:
    assert [command for block in blocks(page) for command in block.commands] == []


def test_the_readme_is_short_and_leads_to_every_page() -> None:
    readme = (DOCS.parent / "README.md").read_text()
    assert len(readme.splitlines()) <= 150
    assert [page for page in PAGES if f"docs/{page}" not in readme] == []


@pytest.mark.parametrize("page", RUN)
def test_a_page_is_run_by_a_walk(page: str) -> None:
    walks = (Path(__file__).parent / "test_walks.py").read_text()
    assert f'"{page}"' in walks
