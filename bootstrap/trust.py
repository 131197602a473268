"""Whether only we and root can change a program, as OpenSSH asks of its key files."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from pathlib import Path


def who_else_can_write(path: Path) -> str:
    """Why a program at `path` could be another user's, in words; "" when it could not.

    Each folder above counts too: whoever may write there can put another file in its place. In a
    folder with the sticky bit, such as /tmp, nobody can do that to what is ours.
    """
    for place in (path, *path.parents):
        found = place.stat()
        if found.st_uid not in (0, os.getuid()):
            return f"{place} belongs to {_user(found.st_uid)}"
        if stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX:
            continue
        if found.st_mode & stat.S_IWOTH:
            return f"{place} can be written by everybody"
        if found.st_mode & stat.S_IWGRP and not _is_own_group(found.st_gid):
            return f"{place} can be written by the group {_group(found.st_gid)}"
    return ""


def _is_own_group(gid: int) -> bool:
    """A group of the user's name with nobody else in it, which Debian makes for each user."""
    if gid == 0:
        return True
    try:
        group, user = grp.getgrgid(gid), pwd.getpwuid(os.getuid())
    except KeyError:
        return False
    return group.gr_name == user.pw_name and set(group.gr_mem) <= {user.pw_name}


def _user(uid: int) -> str:
    try:
        return f"the user {pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"the user {uid}"


def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
