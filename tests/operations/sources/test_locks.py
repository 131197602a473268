"""The lock of a stack, from the files of a backend."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from operations.checks.locks import locks
from operations.command import Stop
from operations.sources.locks import of_stack
from operations.text import plain

NOBODYS = 2**22 + 1


def whoami(folder: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project in `folder`, and a pulumi that says which backend that has."""
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    program = folder / "pulumi"
    program.write_text(f"#!/bin/sh\necho '{json.dumps({'url': url})}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


def lock(folder: Path, text: str, project: str = "shop") -> None:
    place = folder / ".pulumi/locks/organization" / project / "prod"
    place.mkdir(parents=True, exist_ok=True)
    (place / "52d4406c.json").write_text(text)


def content(pid: int, host: str) -> str:
    since = "2026-11-26T07:25:00.971402202Z"
    return json.dumps({"pid": pid, "username": "ann", "hostname": host, "timestamp": since})


HERE = socket.gethostname()
STEP = "`pulumi cancel --stack prod`, then `pulumi up --refresh`, which goes on."
WAIT = f"Wait for its end; if that run is no more: {STEP}"
CASES = {
    "a run of another machine": (content(7, "runner-3"), WAIT),
    "a run of another machine, of a number that is nobody's here": (
        content(NOBODYS, "runner-3"),
        WAIT,
    ),
    "a run that goes on": (content(os.getpid(), HERE), WAIT),
    "a run that was killed": (
        content(NOBODYS, HERE),
        f"That process has ended, and has left its lock: {STEP}",
    ),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("form", ["file://{}", "file://{}?no_tmp_dir=true"])
def test_a_lock_is_a_problem_with_who_and_since_when_and_what_to_do(
    case: str, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, step = CASES[case]
    whoami(tmp_path, form.format(tmp_path), monkeypatch)
    lock(tmp_path, text)
    lock(tmp_path, text, project="another")
    ((result),) = locks("prod", of_stack("organization/shop/prod", tmp_path))
    said = plain(result.words)
    assert result.grade == "problem"
    assert said.startswith("the stack is locked by ann@")
    assert "since 2026-11-26 07:25 UTC. " in said
    assert said.endswith(step)


def test_a_lock_that_cannot_be_read_is_one_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whoami(tmp_path, f"file://{tmp_path}", monkeypatch)
    lock(tmp_path, "")
    (result,) = locks("prod", of_stack("prod", tmp_path))
    assert "somebody@somewhere, process ?, since a time that is not known" in plain(result.words)


@pytest.mark.parametrize("url", ["file:///nowhere", "file://~"])
def test_without_a_lock_nobody_holds_the_stack(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    whoami(tmp_path, url, monkeypatch)
    assert [r.grade for r in locks("prod", of_stack("prod", tmp_path))] == ["ok"]


OTHERS = {
    "s3://bucket/team?region=eu-west-1": "the locks of s3.",
    "postgres://ann:hunter2@db.example.com/pulumi": "the locks of postgres.",
    "https://app.pulumi.com/ann": "the locks of app.pulumi.com.",
}


@pytest.mark.parametrize("url", OTHERS)
def test_what_was_not_looked_at_is_not_called_ok(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whoami(tmp_path, url, monkeypatch)
    (result,) = locks("prod", of_stack("prod", tmp_path))
    said = plain(result.words)
    assert result.grade == "warning"
    assert said.startswith("not looked at: ")
    assert OTHERS[url] in said
    assert said.endswith("`pulumi cancel --stack prod`")
    assert "hunter2" not in said


def test_locks_that_cannot_be_listed_are_not_called_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whoami(tmp_path, f"file://{tmp_path}", monkeypatch)
    place = tmp_path / ".pulumi/locks/organization/shop/prod"
    place.parent.mkdir(parents=True)
    place.write_text("a file where the folder should be")
    assert [r.grade for r in locks("prod", of_stack("prod", tmp_path))] == ["warning"]


def test_a_folder_relative_to_the_project_or_of_home_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock(tmp_path / "state", content(7, "runner-3"))
    monkeypatch.setenv("HOME", str(tmp_path))
    for url in ("file://./state", "file://~/state"):
        whoami(tmp_path, url, monkeypatch)
        assert [r.grade for r in locks("prod", of_stack("prod", tmp_path))] == ["problem"]


def test_an_answer_of_another_shape_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whoami(tmp_path, "", monkeypatch)
    (tmp_path / "pulumi").write_text("#!/bin/sh\necho root\n")
    with pytest.raises(Stop, match=r"Run `pulumi whoami`\."):
        of_stack("prod", tmp_path)
