"""Files that appear whole or not at all, and locks between processes. Linux and macOS."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bootstrap import say


def write(path: Path, content: str | bytes, mode: int = 0o644) -> None:
    """Replace `path` at once; readers see the old content or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def make_folder(final: Path, fill: Callable[[Path], None]) -> None:
    """`fill` a temporary folder beside `final`, then give it its name. Hold a lock around it.

    Nothing in it can be written by others, whatever the umask is.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    for left_by_a_killed_run in final.parent.glob(f".{final.name}.*"):
        shutil.rmtree(left_by_a_killed_run, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{final.name}.", dir=final.parent))
    try:
        fill(folder)
        folder.chmod(0o755)
        for path in folder.rglob("*"):
            path.chmod(path.stat().st_mode & ~0o022)
        if final.exists():
            shutil.rmtree(final)
        folder.rename(final)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Lets one process at a time pass; the lock ends with the process, however that ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another process works here ({path}): waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
