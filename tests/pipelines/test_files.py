"""The files can be copied: valid, pinned, with few permissions, and they name what exists."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap.cli import VERSION
from bootstrap.demo import PARALLEL
from bootstrap.verbs import VERBS as TARGETS
from operations.command import VERBS
from tests.pipelines.files import (
    ACTION,
    GITLAB,
    PIPELINES,
    STACKS,
    WORKFLOWS,
    Job,
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
(REQUEST,) = (path for path in WORKFLOWS if path.stem == "pull-request")
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
    assert told(True) >= {"test", "report", "preflight", "drift", "expiry", "orphans", "renew"}


@pytest.mark.parametrize("path", [*WORKFLOWS, ACTION], ids=name_of)
def test_every_action_is_pinned_to_a_commit_and_its_version_is_told(path: Path) -> None:
    for line in path.read_text().splitlines():
        if "uses:" in line and "./.github/" not in line:
            assert re.search(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


@pytest.mark.parametrize("forge", ["github", "gitlab"])
def test_what_is_installed_is_known_by_its_checksum(forge: str) -> None:
    assert "bootstrap pulumi-path --args=--pinned" in preparation()[forge]
    assert VERSION in (PIPELINES.parent / "bootstrap" / "pulumi.sha256").read_text()
    installs = re.findall(r"pip\"? install (.*?)(?=\n[^ ]|\Z)", preparation()[forge], re.DOTALL)
    assert installs
    for options in installs:
        assert "--require-hashes" in options
        assert "--only-binary :all:" in options
        assert "locks/requirements-operations.txt" in options


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_nothing_is_piped_into_a_shell(path: Path) -> None:
    assert not re.search(r"\b(curl|wget)\b|\|\s*(ba|z|da)?sh\b|\beval\b", path.read_text())


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


def request_job(name: str) -> Job:
    (job,) = (job for job in github(REQUEST) if job.name == name)
    return job


@pytest.mark.parametrize("name", ["gate", "comment"])
def test_what_judges_and_comments_is_of_the_base_branch_and_has_no_secret(name: str) -> None:
    job = request_job(name)
    (checkout,) = (s for s in job.raw["steps"] if "actions/checkout@" in s.get("uses", ""))
    assert checkout["with"]["ref"] == "${{ github.event.pull_request.base.sha }}"
    assert "secrets." not in str(job.raw)
    assert job.prepares == (name == "gate"), "the job that may write installs nothing"


def test_what_a_pull_request_made_is_unpacked_outside_the_checkout() -> None:
    for path in WORKFLOWS:
        for job in github(path):
            for step in job.raw["steps"]:
                if "artifact@" in step.get("uses", ""):
                    assert step["with"]["path"].startswith("${{ runner.temp }}/"), job.name


def test_gitlab_judges_and_comments_with_the_target_branch() -> None:
    jobs = {job.name: job.raw for job in gitlab()}
    for name in ("gate", "comment"):
        assert 'git worktree add --quiet --detach "$BASE" FETCH_HEAD' in str(jobs[name])
        assert '"$BASE' in "\n".join(jobs[name]["script"])
    assert jobs["gate"].get("environment") is None


@pytest.mark.parametrize("path", WORKFLOWS, ids=name_of)
def test_secrets_are_given_to_the_steps_that_use_them_alone(path: Path) -> None:
    """Not to a job or workflow: its installers would have them too."""
    workflow = load(path)
    shared = {k: v for k, v in workflow.items() if k != "jobs"}
    assert "secrets." not in str(shared)
    for job in github(path):
        assert "secrets." not in str({k: v for k, v in job.raw.items() if k != "steps"})
        for step in job.raw["steps"]:
            if "secrets." in str(step):
                assert re.match(r"pulumi |\.venv/bin/python -m operations |mkdir ", step["run"])


def test_gitlab_installs_without_the_secrets_of_the_job() -> None:
    lines = load(GITLAB)[".prepare"]["before_script"]
    assert [line for line in lines if "env -i " not in line] == []


def test_dependabot_and_renovate_are_tested_and_nothing_else_runs_for_them() -> None:
    jobs = {job.name: job.raw for job in github(REQUEST)}
    for bot in ("dependabot[bot]", "renovate[bot]"):
        assert f'"{bot}"' in jobs["stacks"]["if"]
    assert "if" not in jobs["test"]
    for name in ("preview", "gate", "comment"):
        assert "stacks" in jobs[name]["needs"], "skipped with the job that they need"
    for job in gitlab():
        if job.name in ("preview", "gate", "comment"):
            assert job.raw["rules"][0] == {"if": "$GITLAB_USER_LOGIN =~ $BOTS", "when": "never"}


def test_one_list_of_stacks_drives_every_job_of_a_stack() -> None:
    assert json.loads(STACKS.read_text()) == ["prod"]
    for path in WORKFLOWS:
        for job in github(path):
            if job.name not in ("test", "stacks"):
                wanted = "${{ fromJSON(needs.stacks.outputs.names) }}"
                assert job.raw["strategy"]["matrix"] == {"stack": wanted}
                assert job.raw["strategy"]["fail-fast"] is False
    for job in gitlab():
        if job.name != "test":
            assert job.raw["parallel"] == load(GITLAB)[".stacks"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=name_of)
def test_each_stack_has_environments_and_a_queue_of_its_own(path: Path) -> None:
    for job in github(path):
        if "environment" in job.raw:
            assert job.raw["environment"].startswith("${{ matrix.stack }}-")
        if path.name != "pull-request.yml" and job.name != "stacks":
            assert job.raw["concurrency"]["group"].endswith("-${{ matrix.stack }}")
    for job in gitlab():
        name = job.raw.get("environment", {}).get("name", "")
        assert name in ("", "comment") or name.startswith("$STACK/")


@pytest.mark.parametrize("path", [*WORKFLOWS, GITLAB], ids=name_of)
def test_resources_wait_side_by_side(path: Path) -> None:
    data = load(path)
    shared = data["variables"] if path == GITLAB else data["env"]
    assert shared["PULUMI_PARALLEL"] == PARALLEL


@pytest.mark.parametrize("path", WORKFLOWS, ids=name_of)
def test_one_at_a_time_and_no_deployment_is_cut_off(path: Path) -> None:
    if path.name == "pull-request.yml":
        assert load(path)["concurrency"]["cancel-in-progress"] is True
        return
    for job in github(path):
        if job.name != "stacks":
            assert job.raw["concurrency"] == {
                "group": f"{path.stem}-${{{{ matrix.stack }}}}",
                "cancel-in-progress": False,
            }


def test_gitlab_runs_one_at_a_time_per_stack() -> None:
    jobs = {job.name: job.raw for job in gitlab()}
    for name in ("deploy", "drift", "renew", "expiry", "orphans", "heal-preview", "heal"):
        assert jobs[name]["resource_group"] == "$STACK"


def test_what_was_changed_outside_is_set_right_by_hand_after_its_report_and_an_approval() -> None:
    (path,) = (path for path in WORKFLOWS if path.stem == "heal")
    assert list(load(path)["on"]) == ["workflow_dispatch"]
    jobs = {job.name: job for job in github(path)}
    assert jobs["heal"].raw["needs"] == ["stacks", "preview"]
    assert jobs["heal"].raw["environment"] == "${{ matrix.stack }}-deploy", (
        "which asks for a review"
    )
    assert jobs["preview"].raw["environment"] == "${{ matrix.stack }}-watch", "its token only reads"
    theirs = {job.name: job for job in gitlab()}
    (rule,) = theirs["heal"].raw["rules"]
    assert rule["when"] == "manual"
    assert theirs["heal"].raw["needs"] == ["heal-preview"]
    for before, heal in (("preview", jobs["heal"]), ("heal-preview", theirs["heal"])):
        seen = "".join(script for script, _ in (jobs.get(before) or theirs[before]).scripts)
        assert "--refresh" in seen
        assert "pulumi up" not in seen
        done = "".join(script for script, _ in heal.scripts)
        assert "--refresh" in done


def test_what_is_due_is_renewed_every_night_without_an_approval() -> None:
    (path,) = (path for path in WORKFLOWS if path.stem == "renew")
    (schedule,) = load(path)["on"]["schedule"]
    assert re.fullmatch(r"\d+ [0-5] \* \* \*", schedule["cron"])
    theirs = {job.name: job for job in gitlab()}["renew"]
    ours = {job.name: job for job in github(path)}["renew"]
    assert theirs.raw["rules"] == [{"if": '$CI_PIPELINE_SOURCE == "schedule" && $WATCH == "renew"'}]
    assert ours.raw["environment"] == "${{ matrix.stack }}-renew", "prod-deploy asks for a review"
    assert theirs.raw["environment"]["name"] == "$STACK/renew"
    for job in (ours, theirs):
        done = "\n".join(script for script, _ in job.scripts)
        assert verbs(done) == {"renew", "coverage"}
        assert "pulumi up" not in done, "which does whatever else there is to do"


@pytest.mark.parametrize(("named", "code"), [("prod", 0), ("nope", 1)])
def test_a_stack_is_healed_only_where_the_list_has_it(
    named: str, code: int, tmp_path: Path
) -> None:
    (path,) = (path for path in WORKFLOWS if path.stem == "heal")
    ((script, _),) = github(path)[0].scripts
    output = tmp_path / "output"
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=PIPELINES.parent,
        env={**os.environ, "STACK": named, "GITHUB_OUTPUT": str(output)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == code
    assert output.read_text() == ("" if code else 'names=["prod"]\n')


def test_no_pull_request_of_a_stranger_gets_a_secret() -> None:
    assert "pull_request_target" not in REQUEST.read_text()
    same = "github.event.pull_request.head.repo.full_name == github.repository"
    assert same in request_job("stacks").raw["if"]
    for job in github(REQUEST):
        if "secrets." in str(job.raw):
            assert job.raw["needs"] == "stacks"
            assert "always()" not in str(job.raw.get("if"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=name_of)
def test_a_job_with_secrets_has_an_environment(path: Path) -> None:
    for job in github(path):
        assert ("secrets." in str(job.raw)) == ("environment" in job.raw), job.name


def test_a_preview_has_no_token_of_cloudflare() -> None:
    assert "CLOUDFLARE" not in str(request_job("preview").raw)


@pytest.mark.parametrize(("where", "script"), SCRIPTS, ids=[where for where, _ in SCRIPTS])
def test_no_secret_is_shown_or_put_on_a_command_line(where: str, script: str) -> None:
    """Secrets come as variables of the environment: a ${{ }} in a script is also an injection."""
    assert "${{" not in script
    secret = r"TOKEN|PASSPHRASE|_KEY|--show-secrets|set -x|printenv|\benv\b"
    assert not re.search(secret, script)


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_no_debug_logs_are_on(path: Path) -> None:
    assert not re.search(r"-v=9|PULUMI_DEBUG|--logtostderr|CI_DEBUG_TRACE", path.read_text())
