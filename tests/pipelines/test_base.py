"""On GitLab the judge comes from the target branch, whatever the merge request changed in it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.pipelines.files import GITLAB, load


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def test_the_gate_and_the_comment_run_the_target_branchs_code(tmp_path: Path) -> None:
    server, runner = tmp_path / "server", tmp_path / "runner"
    server.mkdir()
    git(server, "init", "--quiet")
    (server / "judge").write_text("of main")
    git(server, "add", ".")
    git(server, "commit", "--quiet", "-m", "main")
    git(server, "checkout", "--quiet", "-b", "branch")
    (server / "judge").write_text("of the branch")
    git(server, "commit", "--quiet", "-am", "branch")
    git(tmp_path, "clone", "--quiet", f"file://{server}", "--depth", "1", "-b", "branch", "runner")
    script = "\n".join([*load(GITLAB)[".base"]["before_script"], 'cat "$BASE/judge"'])
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=runner,
        env={**os.environ, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "of main"
    assert (runner / "judge").read_text() == "of the branch"
