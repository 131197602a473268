"""Files that a verb writes for people: whole, with their mode, never over others unasked."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from stacks.config import PROJECT

from .command import Stop

PRIVATE = 0o600
PUBLIC = 0o644


def write(files: Mapping[Path, str], mode: int, *, force: bool | None = None) -> None:
    """Writes all, or none when one is there already with another content and without `force`.

    :param force: None where the verb has no --force to be named.
    """
    for path, text in files.items():
        if os.path.lexists(path) and not force and not _holds(path, text):
            raise _taken(path, force)
    for path, text in files.items():
        _write(path, text, mode, force=force)


def _taken(path: Path, force: bool | None) -> Stop:
    step = "Move it away" if force is None else "Give --force to write over it"
    return Stop(f"{path} is there already. {step}, or give another folder.")


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and not path.is_symlink() and path.read_bytes() == text.encode()


def _write(path: Path, text: str, mode: int, *, force: bool | None) -> None:
    """Under another name first: a reader sees all of it or nothing."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
        os.chmod(name, mode)
        if force or _holds(path, text):
            os.replace(name, path)
        else:
            # Unlike a rename, a link never replaces what another process has just put there.
            os.link(name, path)
    except FileExistsError:
        raise _taken(path, force) from None
    finally:
        if os.path.lexists(name):
            os.unlink(name)


def private_folder(path: Path) -> None:
    """The folder with mode 0700; one that others may enter is refused, not changed."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.stat().st_mode & 0o077:
        raise Stop(f"{path} is open to other users: `chmod 700 {path}`, or give another folder.")


def in_project(path: Path) -> str:
    """Names a path as the configuration does: relative to the project where it lies inside."""
    return (path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path).as_posix()
