"""References to what stands elsewhere: `env:NAME` and `file:PATH`, and how they are read.

Pure apart from the file that is read: the environment and the project's folder are handed in.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from .blocks import text_of
from .text import one_line

# Paths in the configuration are relative to the folder of Pulumi.yaml.
PROJECT = Path(__file__).resolve().parents[2]
MOST_BYTES = 1024 * 1024
_REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:\S.*")


class UnreadableReference(ValueError):
    """What a reference leads to cannot be read. `fact` and `next_step` make one line."""

    def __init__(self, fact: str, next_step: str) -> None:
        super().__init__(f"{fact}. {next_step}")
        self.fact = fact
        self.next_step = next_step


def is_reference(text: str) -> bool:
    """Whether the text only says where something is: `env:NAME` or `file:PATH`."""
    # A key after `file:` would be printed as a path that does not exist.
    return _REFERENCE.fullmatch(text.strip()) is not None and "-----" not in text


def resolve_reference(
    reference: str, environ: Mapping[str, str], project: Path, *, is_passphrase: bool = False
) -> str:
    """What `env:NAME` or `file:PATH` leads to; any other text is its own answer.

    A variable that holds the absolute path of a file stands for that file's contents, as GitLab's
    variables of type File do; a passphrase may begin with a slash, and is taken as it is.

    :raises UnreadableReference: where there is nothing to be read.
    """
    if not is_reference(reference):
        return reference
    what = "passphrase" if is_passphrase else "private key"
    kind, _, name = reference.strip().partition(":")
    if kind == "file":
        return read_file(name, project, what=what)
    text = environ.get(name, "")
    if not text:
        raise UnreadableReference(
            f"the environment variable {name} is not set", f"Export the {what} as {name}."
        )
    if not is_passphrase and os.path.isabs(text) and len(text.splitlines()) == 1:
        return read_file(text.strip(), project, what=what)
    return text


def read_file(name: str, project: Path, *, what: str) -> str:
    """The text of a regular file of at most 1 MiB, `name` relative to the project's folder.

    Contents that are no text come as their base64 (see `text_of`).

    :raises UnreadableReference: for everything else, a FIFO, a device or a socket included.
    """
    try:
        path = project / Path(name).expanduser()
        # Looked at before it is opened: a FIFO without a writer would hold the program for ever.
        if not stat.S_ISREG(path.stat().st_mode):
            why = "it is not a regular file"
        elif len(data := _head(path)) > MOST_BYTES:
            why = "it has more than 1 MiB"
        else:
            return text_of(data)
    except OSError as error:
        why = (error.strerror or "it cannot be opened").lower()
    except (ValueError, RuntimeError):
        # A NUL in the path, or the home of somebody who does not exist.
        why = "this is no path"
    raise UnreadableReference(
        f"the {what} {one_line(name)} cannot be read ({why})",
        f"Put the {what} there, or correct the path{_meaning(name)}.",
    )


def _meaning(name: str) -> str:
    """Where a path begins that is not absolute: neither in the shell's folder nor the file's."""
    if name.startswith("~"):
        return ": ~ is the home of whoever runs pulumi"
    return "" if os.path.isabs(name) else ", which begins in the folder of Pulumi.yaml"


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)
