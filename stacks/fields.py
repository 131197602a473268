"""What single values of a stack's file look like, and how a mistake in them is told.

Pure. A fault never shows the value, because that may be a key in the wrong place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ValidationError,
    ValidatorFunctionWrapHandler,
)

from origins import SERVERS
from providers import named_by_place

CLOUDFLARE = "cloudflare"
MODES = ("full", "strict", "origin_pull")
WITHOUT_TLS = ("off", "flexible")


def _certificate_file(value: str) -> str:
    if not value.startswith("file:") or len(value) <= len("file:"):
        raise ValueError("is not a file. Write file:PATH, relative to the project's folder.")
    return value


def _key_reference(value: str) -> str:
    kind, _, name = value.partition(":")
    if kind == "env" and name and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise ValueError(
            "has no name of an environment variable after env:. Give letters, digits and"
            " underscores, such as env:SHOP_KEY."
        )
    if kind not in ("env", "file", "secret") or not name or "\n" in value:
        raise ValueError(
            "is not a reference. Write env:NAME, file:PATH or secret:KEY"
            " (KEY is set with `pulumi config set --secret KEY`)."
        )
    return value


def _authority(value: str) -> str:
    return value if value == CLOUDFLARE else _certificate_file(value)


CertificateFile = Annotated[str, AfterValidator(_certificate_file)]
KeyReference = Annotated[str, AfterValidator(_key_reference)]
Authority = Annotated[str, AfterValidator(_authority)]


def each_once(given: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """A list means on for each. In a map two spellings of one hostname would become one."""
    if isinstance(given, list):
        for number, name in enumerate(given, 1):
            _require_hostname(number, name)
    elif not isinstance(given, Mapping):
        raise ValueError('is not a list of hostnames. Put "- " before each, on a line of its own.')
    by_name = dict.fromkeys(given, True) if isinstance(given, list) else given
    try:
        found = validate(by_name)
    except ValidationError as error:
        # What stands in a list may be anything, a key too: it is named by its place.
        raise (named_by_place(error, given) if isinstance(given, list) else error) from None
    if len(found) == len(given):
        return found
    seen: set[str] = set()
    for written in given:
        (hostname,) = validate({written: by_name[written]})
        if hostname in seen:
            spelt = "" if written == hostname else f", the second time as {written}"
            raise ValueError(f"{hostname} stands twice{spelt}. Keep one.")
        seen.add(hostname)
    return found


def _require_hostname(number: int, entry: Any) -> None:
    if isinstance(entry, Mapping):
        raise ValueError(
            f"entry {number} is a map. Give the hostname alone after the dash; to switch hostnames"
            " off, write all of them as HOSTNAME: on or HOSTNAME: off, without dashes."
        )
    if not isinstance(entry, str):
        raise ValueError(f"entry {number} is not text. Give a hostname, such as app.example.com.")


# YAML reads on as true.
Stage = Annotated[
    Literal["optional", "on"], BeforeValidator(lambda value: "on" if value is True else value)
]


def _server_name(value: str) -> str:
    if value not in SERVERS:
        raise ValueError(f"is not one of {', '.join(SERVERS)}. Correct it.")
    return value


ServerName = Annotated[str, AfterValidator(_server_name)]


def _ssl_mode(value: Any) -> Any:
    modes = "Give full, strict or origin_pull."
    # YAML reads off as false.
    if value is False or value in WITHOUT_TLS:
        why = "In the modes off and flexible Cloudflare speaks no TLS to the origin"
        raise ValueError(f"is a mode without TLS. {why}, and presents nothing. {modes}")
    if isinstance(value, str) and value.strip().lower() == "full (strict)":
        raise ValueError("is the dashboard's name. Write strict.")
    if value not in MODES:
        raise ValueError(f"is not one of the possible values. {modes}")
    return value


SslMode = Annotated[Literal["full", "strict", "origin_pull"], BeforeValidator(_ssl_mode)]
