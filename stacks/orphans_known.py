"""Certificates at Cloudflare that are knowingly somebody else's: key `aop:orphans_known`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pulumi

ORPHANS_KNOWN = "orphans_known"
# The SHA-256 of a certificate, or an id of Cloudflare: 32 hex digits, or a UUID.
_NAME = re.compile(r"[0-9a-f]{64}|[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def parse_orphans_known(value: Any, file: str) -> dict[str, str]:
    """The reasons by fingerprint or id, both in lower case and without colons.

    :raises pulumi.RunError: it names key and file.
    """
    where = f"{file}: aop:{ORPHANS_KNOWN}"
    if not isinstance(value, Mapping):
        raise pulumi.RunError(
            f"{where}: is not a map. Write each fingerprint or id as a key, and the reason behind."
        )
    found: dict[str, str] = {}
    for key, reason in value.items():
        name = str(key).lower().replace(":", "")
        if not isinstance(key, str) or not _NAME.fullmatch(name):
            raise pulumi.RunError(
                f"{where}: {str(key)[:80]!r} is neither a certificate's SHA-256 nor its id, as"
                " `operations orphans --json` shows them. Put it in quotes."
            )
        if not isinstance(reason, str) or not reason.strip():
            raise pulumi.RunError(f"{where}.{name}: has no reason. Say whose it is, and why.")
        found[name] = reason
    return found
