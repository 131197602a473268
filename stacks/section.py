"""What the parts of a stack's file share: no key without a value, and files that can be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
from pydantic import ValidationInfo, field_validator

from providers import (
    PROJECT,
    Inputs,
    UnreadableReference,
    authorities_in_file,
    leaf_in_file,
)

NAMESPACE = "aop"


def read_authorities(reference: str, file: str = "") -> str:
    """The PEM of the CAs in `file:PATH`; `pulumi.RunError`, beginning with `file`, without them."""
    return _read_file(authorities_in_file, reference, file)


def read_leaf(reference: str, file: str = "") -> str:
    """The PEM of the leaf in `file:PATH`; `pulumi.RunError` as `read_authorities`."""
    return _read_file(leaf_in_file, reference, file)


def _read_file(read: Callable[[str, Path], str], reference: str, file: str) -> str:
    try:
        return read(reference.removeprefix("file:"), PROJECT)
    except UnreadableReference as error:
        where = f"{file}: " if file else ""
        # Nobody's real certificates lie there.
        is_a_test = reference.startswith("file:.local/")
        hint = " `make up` makes test certificates for the sandbox." if is_a_test else ""
        raise pulumi.RunError(f"{where}{error.fact}. {error.next_step}{hint}") from None


class Section(Inputs):
    """A part of the configuration. A key without a value is refused, never read as absent.

    Who empties a key by mistake, with a comment in place of its value for instance, would take
    away the certificate that it names.
    """

    @field_validator("*", mode="before")
    @classmethod
    def _is_not_empty(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None and info.field_name == "hostnames":
            raise ValueError("has no value. List the hostnames below it, or write [] for none.")
        if value is None:
            raise ValueError("has no value. Give it one, or remove the line to take it away.")
        return value
