"""The command line of all verbs, and `report` in it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from operations.command import VERBS, operations
from tests.operations.plans import OLD, bindings, plan
from tests.operations.recording import GOLDEN

PROJECT = Path(__file__).resolve().parent.parent.parent
LOSS = plan(bindings({"a.example.com": OLD}, {"a.example.com": None}))
NO_LOSS = plan(bindings({"a.example.com": OLD}, {"a.example.com": OLD}))


def run(*arguments: str, given: str = "") -> Result:
    return CliRunner().invoke(operations, list(arguments), input=given)


def report(text: str, *arguments: str) -> Result:
    return run("report", "-", *arguments, given=text)


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_of_a_verb_has_examples(verb: str) -> None:
    shown = run(verb, "--help")
    assert shown.exit_code == 0
    assert f"python -m operations {verb}" in shown.output.partition("Examples:")[2]
    assert "--json" in shown.output


def test_the_first_line_of_a_report_is_its_risk() -> None:
    assert report(LOSS).output.splitlines()[0] == "### DANGER: 1 hostname loses protection"


GATES = {
    "no gate": (LOSS, (), 0),
    "the gate that it meets": (LOSS, ("--fail-on", "loss"), 1),
    "another gate": (LOSS, ("--fail-on", "issuer"), 0),
    "several gates": (LOSS, ("--fail-on", "issuer", "--fail-on", "loss"), 1),
    "any": (LOSS, ("--fail-on", "any"), 1),
    "nothing dangerous": (NO_LOSS, ("--fail-on", "any"), 0),
}


@pytest.mark.parametrize("case", GATES)
def test_a_gate_ends_with_1_and_the_report_is_there_all_the_same(case: str) -> None:
    text, gates, code = GATES[case]
    done = report(text, *gates)
    assert done.exit_code == code
    assert done.output.startswith("### ")
    assert ("does not pass" in done.stderr) == (code == 1)


def test_a_preview_that_failed_passes_no_gate() -> None:
    said = [{"severity": "error", "urn": "", "message": "no"}]
    failed = plan(bindings({"a.example.com": OLD}, {"a.example.com": OLD}), diagnostics=said)
    assert report(failed, "--fail-on", "loss").exit_code == 1
    assert report(failed).output.startswith("### FAILED: the preview failed with 1 error")


def test_what_is_no_preview_is_one_line() -> None:
    done = report("nonsense")
    assert done.exit_code == 1
    assert done.stderr.splitlines() == [
        "Error: <stdin>: this is not JSON. Give the output of `pulumi preview --json`."
    ]


def test_json_and_html_are_formats_of_the_same_report() -> None:
    assert json.loads(report(LOSS, "--json").output)["verdict"] == "danger"
    assert json.loads(report(LOSS, "--format", "json").output)["verdict"] == "danger"
    assert report(LOSS, "--format", "html").output.startswith("<!doctype html>")


def test_the_report_needs_no_credentials_and_no_network() -> None:
    file = GOLDEN / "prod-change.json"
    done = subprocess.run(
        [sys.executable, "-m", "operations", "report", str(file)],
        cwd=PROJECT,
        env={"PATH": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("### DANGER: 1 hostname falls to a lower level, 2 change")


def test_the_version_is_that_of_the_project() -> None:
    done = run("--version")
    assert done.output == f"cloudflare-aop {(PROJECT / 'VERSION').read_text()}"


def test_the_newest_version_of_the_changelog_is_that_of_the_project() -> None:
    headings = re.findall(r"^## (\S+)", (PROJECT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == (PROJECT / "VERSION").read_text().strip()


@pytest.mark.parametrize(("typed", "meant"), [("rport", "report"), ("covrage", "coverage")])
def test_a_mistyped_verb_is_told_which_one_is_near(typed: str, meant: str) -> None:
    done = run(typed)
    assert done.exit_code == 2
    assert f"No such command '{typed}'. Did you mean '{meant}'?" in done.stderr
    assert "Did you mean" not in run("xyz").stderr


def test_a_stack_without_a_file_is_told_which_stacks_there_are() -> None:
    done = run("coverage", "--stack", "nope")
    assert "Pulumi.nope.yaml does not exist. The stacks there are: dev, prod" in done.stderr


def test_a_failure_earlier_than_its_warning_is_refused() -> None:
    done = run("expiry", "--stack", "dev", "--warn", "10", "--fail", "30")
    assert done.exit_code == 2
    assert "--fail 30 is earlier than --warn 10" in done.stderr
