"""The files can be copied: valid, pinned, with few permissions, and they name what exists."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap.cli import VERSION
from bootstrap.verbs import VERBS as TARGETS
from operations.command import VERBS
from tests.pipelines.files import (
    ACTION,
    GITLAB,
    PIPELINES,
    WORKFLOWS,
    commands,
    github,
    gitlab,
    load,
    preparation,
    targets,
    verbs,
)

SCRIPTS = list(commands())
ALL = [*WORKFLOWS, ACTION, GITLAB]
# The one job that writes, and what it may write.
WRITES = {("pull-request.yml", "comment"): {"contents": "read", "pull-requests": "write"}}


def name_of(path: Path) -> str:
    return path.name


@pytest.mark.parametrize(
    ("schema", "files", "more"),
    [
        ("vendor.github-workflows", WORKFLOWS, []),
        ("vendor.github-actions", [ACTION], []),
        ("vendor.gitlab-ci", [GITLAB], ["--data-transform", "gitlab-ci"]),
    ],
    ids=["workflows", "action", "gitlab"],
)
def test_the_files_are_valid_by_the_official_schemas(
    schema: str, files: list[Path], more: list[str]
) -> None:
    if importlib.util.find_spec("check_jsonschema") is None:
        pytest.skip("needs check-jsonschema of requirements-dev.txt")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *more]
    done = subprocess.run([*command, *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_here_runs_by_itself() -> None:
    top = PIPELINES.parent
    assert not list((top / ".github").glob("workflows/*")), "a copy is at work in this repository"
    assert not (top / ".gitlab-ci.yml").exists()


@pytest.mark.parametrize(("where", "script"), SCRIPTS, ids=[where for where, _ in SCRIPTS])
def test_every_target_and_verb_exists(where: str, script: str) -> None:
    assert targets(script) <= set(TARGETS)
    assert verbs(script) <= set(VERBS)


def test_both_forges_run_the_same_targets_and_verbs() -> None:
    def told(is_gitlab: bool) -> set[str]:
        texts = [s for where, s in SCRIPTS if where.startswith("gitlab/") == is_gitlab]
        return {word for text in texts for word in targets(text) | verbs(text)}

    assert told(True) == told(False)
    assert told(True) >= {"test", "report", "preflight", "drift", "expiry", "orphans"}


@pytest.mark.parametrize("path", [*WORKFLOWS, ACTION], ids=name_of)
def test_every_action_is_pinned_to_a_commit_and_its_version_is_told(path: Path) -> None:
    for line in path.read_text().splitlines():
        if "uses:" in line and "./.github/" not in line:
            assert re.search(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


@pytest.mark.parametrize("forge", ["github", "gitlab"])
def test_the_cli_is_the_one_that_the_tests_ran_with(forge: str) -> None:
    assert re.findall(r"--version (\S+)", preparation()[forge]) == [VERSION]
    assert "requirements-operations.txt" in preparation()[forge]


def test_machines_are_pinned() -> None:
    for path in WORKFLOWS:
        for job in github(path):
            assert re.fullmatch(r"ubuntu-\d\d\.\d\d", job.raw["runs-on"]), path.name
    assert re.fullmatch(r"python:\d+\.\d+\.\d+-\w+", load(GITLAB)["default"]["image"])


@pytest.mark.parametrize("path", WORKFLOWS, ids=name_of)
def test_a_workflow_gives_nothing_and_each_job_takes_the_least(path: Path) -> None:
    assert load(path)["permissions"] == {}
    for job in github(path):
        least = WRITES.get((path.name, job.name), {"contents": "read"})
        assert job.raw["permissions"] == least
        assert job.raw["timeout-minutes"] <= 60
        checkouts = [s for s in job.raw["steps"] if "actions/checkout@" in s.get("uses", "")]
        assert [step["with"]["persist-credentials"] for step in checkouts] == [False]


def test_the_job_that_may_write_has_the_base_branch_and_no_secret() -> None:
    (job,) = (j for j in github(WORKFLOWS[-1]) if j.name == "comment")
    (checkout,) = (s for s in job.raw["steps"] if "actions/checkout@" in s.get("uses", ""))
    assert checkout["with"]["ref"] == "${{ github.event.pull_request.base.sha }}"
    assert "secrets." not in str(job.raw)
    assert not job.prepares


@pytest.mark.parametrize("path", WORKFLOWS, ids=name_of)
def test_one_at_a_time_and_no_deployment_is_cut_off(path: Path) -> None:
    wanted = load(path)["concurrency"]
    is_request = path.name == "pull-request.yml"
    assert wanted["cancel-in-progress"] is is_request
    others = [load(other)["concurrency"]["group"] for other in WORKFLOWS if other != path]
    assert wanted["group"] not in others


def test_gitlab_runs_one_at_a_time_per_stack() -> None:
    jobs = {job.name: job.raw for job in gitlab()}
    for name in ("deploy", "drift", "expiry", "orphans"):
        assert jobs[name]["resource_group"] == "$STACK"


def test_no_pull_request_of_a_stranger_gets_a_secret() -> None:
    assert "pull_request_target" not in WORKFLOWS[-1].read_text()
    for job in github(WORKFLOWS[-1]):
        if "secrets." in str(job.raw):
            assert "head.repo.full_name == github.repository" in job.raw["if"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=name_of)
def test_a_job_with_secrets_has_an_environment(path: Path) -> None:
    for job in github(path):
        assert ("secrets." in str(job.raw)) == ("environment" in job.raw), job.name


def test_a_preview_has_no_token_of_cloudflare() -> None:
    (preview,) = (j for j in github(WORKFLOWS[-1]) if j.name == "preview")
    assert "CLOUDFLARE" not in str(preview.raw)


@pytest.mark.parametrize(("where", "script"), SCRIPTS, ids=[where for where, _ in SCRIPTS])
def test_no_secret_is_shown_or_put_on_a_command_line(where: str, script: str) -> None:
    """Secrets come as variables of the environment: a ${{ }} in a script is also an injection."""
    assert "${{" not in script
    secret = r"TOKEN|PASSPHRASE|_KEY|--show-secrets|set -x|printenv|\benv\b"
    assert not re.search(secret, script)


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_no_debug_logs_are_on(path: Path) -> None:
    assert not re.search(r"-v=9|PULUMI_DEBUG|--logtostderr|CI_DEBUG_TRACE", path.read_text())
