"""One comment per stack, of the pipeline's own user, that is updated."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from operations.render.markdown import marker
from tests.pipelines.files import PIPELINES
from tests.pipelines.forge import TOKEN, Forge

REPORT = f"### Caution\n\nfirst\n\n{marker('prod')}\n"


@pytest.fixture(params=["github", "gitlab"])
def forge(request: pytest.FixtureRequest) -> Iterator[Forge]:
    with Forge(request.param) as forge:
        yield forge


def comment(
    forge: Forge, folder: Path, text: str = REPORT, code: int = 0, **changed: str
) -> subprocess.CompletedProcess[str]:
    (folder / "report.md").write_text(text)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB", "GITLAB", "CI_"))}
    environ = {**kept, **forge.environ, "no_proxy": "127.0.0.1", **changed}
    environ = {name: value for name, value in environ.items() if value != "ABSENT"}
    done = subprocess.run(
        [sys.executable, PIPELINES / "comment.py", "report.md"],
        cwd=folder, env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    assert TOKEN not in done.stdout + done.stderr
    return done


def test_the_first_report_is_added_and_the_next_takes_its_place(
    forge: Forge, tmp_path: Path
) -> None:
    assert comment(forge, tmp_path).stdout == "added a comment\n"
    text = REPORT.replace("first", "second")
    assert comment(forge, tmp_path, text).stdout == "updated the comment\n"
    assert [c["body"] for c in forge.comments] == [text]


def test_it_is_found_behind_hundreds_of_other_comments(forge: Forge, tmp_path: Path) -> None:
    for number in range(250):
        forge.says(f"comment {number}", "somebody")
    comment(forge, tmp_path)
    comment(forge, tmp_path)
    assert len(forge.comments) == 251


def test_each_stack_has_a_comment_of_its_own(forge: Forge, tmp_path: Path) -> None:
    comment(forge, tmp_path)
    comment(forge, tmp_path, f"x\n{marker('prod-eu')}\n")
    assert len(forge.comments) == 2


def test_a_marker_in_the_comment_of_somebody_else_is_not_followed(
    forge: Forge, tmp_path: Path
) -> None:
    forge.says(marker("prod"), "somebody")
    comment(forge, tmp_path)
    assert forge.writes == ["POST"]


@pytest.mark.parametrize("text", ["", "# not a report\n", "\n\n"], ids=["empty", "other", "blank"])
def test_what_is_no_report_is_not_put_there(forge: Forge, tmp_path: Path, text: str) -> None:
    done = comment(forge, tmp_path, text, code=1)
    assert "is no report" in done.stderr
    assert forge.writes == []


def test_a_token_that_may_not_write_is_one_line(forge: Forge, tmp_path: Path) -> None:
    forge.refuses = True
    done = comment(forge, tmp_path, code=1)
    assert done.stderr == (
        "No comment: the forge answered 403: may the token write comments here?\n"
    )


def test_a_variable_that_is_not_set_is_named(forge: Forge, tmp_path: Path) -> None:
    name = "REPORT_TOKEN" if forge.kind == "gitlab" else "PULL_REQUEST"
    done = comment(forge, tmp_path, code=1, **{name: "ABSENT"})
    assert done.stderr == f"No comment: the variable {name} is not set\n"


def test_a_redirect_is_not_followed_with_the_token(forge: Forge, tmp_path: Path) -> None:
    with Forge(forge.kind) as other:
        forge.leads_to = other.url
        done = comment(forge, tmp_path, code=1)
        assert other.asked == 0
    assert done.stderr == ("No comment: the forge answered 307, to another address: not followed\n")
