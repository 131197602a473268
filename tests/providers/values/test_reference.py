"""What `env:NAME` and `file:PATH` lead to, and what they do not."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from providers.values.reference import (
    PROJECT,
    UnreadableReference,
    is_reference,
    resolve_reference,
)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("env:AOP_KEY", True),
        (" env:_k2\n", True),
        ("file:/etc/aop/client.key", True),
        ("file:~/my keys/client.key", True),
        ("env:", False),
        ("env:MY-KEY", False),
        ("env: AOP_KEY", False),
        ("ENV:AOP_KEY", False),
        ("file:", False),
        ("file: x", False),
        ("file:a\nb", False),
        ("file:-----BEGIN PRIVATE KEY-----MIIE", False),
        ("AOP_KEY", False),
        ("", False),
    ],
)
def test_a_reference_is_env_and_a_name_or_file_and_a_path(text: str, is_one: bool) -> None:
    assert is_reference(text) is is_one


def test_the_project_is_the_folder_of_pulumi_yaml() -> None:
    assert (PROJECT / "Pulumi.yaml").is_file()


def test_a_text_that_is_no_reference_is_its_own_answer(tmp_path: Path) -> None:
    assert resolve_reference("-----BEGIN", {}, tmp_path) == "-----BEGIN"


def test_a_relative_path_begins_at_the_project_wherever_the_program_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    for folder in (project, elsewhere):
        folder.mkdir()
    (project / "a.key").write_text("the key")
    monkeypatch.chdir(elsewhere)
    assert resolve_reference("file:a.key", {}, project) == "the key"


def test_a_variable_that_holds_the_path_of_a_file_stands_for_the_file(tmp_path: Path) -> None:
    """GitLab's variables of type File."""
    path = tmp_path / "KEY"
    path.write_text("the key")
    assert resolve_reference("env:KEY", {"KEY": str(path)}, PROJECT) == "the key"


def test_a_passphrase_that_begins_with_a_slash_is_no_path() -> None:
    found = resolve_reference("env:WORD", {"WORD": "/x/y"}, PROJECT, is_passphrase=True)
    assert found == "/x/y"


def fifo(folder: Path) -> str:
    os.mkfifo(folder / "fifo")
    return "file:fifo"


def large(folder: Path) -> str:
    (folder / "large").write_bytes(b"-" * (1024 * 1024 + 1))
    return "file:large"


UNREADABLE: dict[str, tuple[Callable[[Path], str], str]] = {
    "a variable that is not set": (lambda _: "env:NOT_SET", "NOT_SET is not set"),
    "no file": (lambda _: "file:gone.key", "gone.key cannot be read (no such file"),
    "a folder": (lambda _: "file:.", "(it is not a regular file)"),
    "a FIFO": (fifo, "(it is not a regular file)"),
    "a device": (lambda _: "file:/dev/zero", "(it is not a regular file)"),
    "a large file": (large, "(it has more than 1 MiB)"),
    "a NUL": (lambda _: "file:a\0b", "a\\u0000b cannot be read (this is no path)"),
    "the home of nobody": (lambda _: "file:~nobody-of-this-name/a", "(this is no path)"),
    "a long name": (lambda _: "file:" + "a" * 5000, "(file name too long)"),
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("case", UNREADABLE)
def test_what_cannot_be_read_is_one_line_with_the_next_step(case: str, tmp_path: Path) -> None:
    reference, told = UNREADABLE[case]
    with pytest.raises(UnreadableReference) as caught:
        resolve_reference(reference(tmp_path), {}, tmp_path)
    assert told in str(caught.value)
    assert str(caught.value).isprintable()
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("content", [b"\xff\xfe-\0", b"\x30\x82\0\0", b"\xe4\xf6"])
def test_contents_that_are_no_text_come_as_their_base64(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(content)
    assert resolve_reference("file:a", {}, tmp_path).isascii()
