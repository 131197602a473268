"""Who holds a stack's lock in a self-managed backend on files.

A run of the pulumi CLI writes `.pulumi/locks/organization/PROJECT/STACK/ID.json`, with pid,
username, hostname and timestamp (pkg/backend/diy/lock.go); a run that was killed leaves the file.
Other backends are not looked at: their locks can be read by pulumi alone, and a verb says so.
"""

from __future__ import annotations

import json
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from stacks.config import PROJECT

from ..command import Stop
from .configuration import project_name
from .state import pulumi

LOCKS = (".pulumi", "locks", "organization")


@dataclass(frozen=True)
class Lock:
    """A lock as its file says; `has_ended` only where that run was one of this machine."""

    user: str
    host: str
    pid: int
    since: str
    has_ended: bool


@dataclass(frozen=True)
class Unseen:
    """Whether somebody holds the stack is not known, since the locks could not be read.

    :param where: where they are, in words without a user or a password of the backend's URL.
    """

    where: str


def of_stack(stack: str, project: Path = PROJECT) -> list[Lock] | Unseen:
    """The locks of a stack.

    :raises Stop: when the pulumi CLI does not say which backend that is.
    """
    url = _backend(pulumi("whoami", "--json", project=project))
    if url.scheme != "file":
        return Unseen(url.hostname or url.scheme if url.scheme == "https" else url.scheme)
    # `file://~` and `file://./state` have their first word where others have a host.
    folder = project / Path(url.netloc + url.path).expanduser()
    place = folder.joinpath(*LOCKS, project_name(project), stack.rpartition("/")[2])
    try:
        names = sorted(os.listdir(place))
    except FileNotFoundError:
        return []
    except OSError:
        return Unseen(str(place))
    return [lock for name in names if name.endswith(".json") and (lock := _read(place / name))]


def _backend(answer: str) -> SplitResult:
    """The URL of the backend, from what `pulumi whoami --json` has answered."""
    try:
        return urlsplit(str(json.loads(answer)["url"]))
    except (ValueError, KeyError, TypeError):
        raise Stop("pulumi does not say which backend it uses. Run `pulumi whoami`.") from None


def _read(path: Path) -> Lock | None:
    """The lock in a file; None where that run ends just now, and takes its file away."""
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (ValueError, OSError):
        found = {}
    pid, host = found.get("pid"), str(found.get("hostname", "somewhere"))
    number = pid if isinstance(pid, int) else 0
    return Lock(
        user=str(found.get("username", "somebody")),
        host=host,
        pid=number,
        since=str(found.get("timestamp", "")),
        has_ended=host == socket.gethostname() and number > 0 and not _is_running(number),
    )


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # there, and another user's
        pass
    return True
