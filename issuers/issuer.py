"""What an issuer is: settings that stand in a stack's file, and a certificate for a request.

A further issuer is a file with a subclass of `Issuer`, and a line in `issuers/__init__.py`.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, field_validator

LONGEST_LINE = 300
_PRIVATE = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*KEY-----|\Z)", re.S)


class IssuerError(Exception):
    """What an issuer did not do: a fact, and the next step; both become part of one line."""

    def __init__(self, fact: str, next_step: str) -> None:
        super().__init__(f"{fact}. {next_step}")
        self.fact = fact
        self.next_step = next_step


@dataclass(frozen=True)
class SigningRequest:
    """A PKCS#10 request in PEM (RFC 2986), and what the certificate shall be.

    `life` is None where the issuer's own default is wanted; `now` is the caller's clock.
    """

    csr: str
    common_name: str
    life: timedelta | None
    now: datetime


@dataclass(frozen=True)
class Signed:
    """The leaf in PEM as the issuer answered, and the certificates above the leaf, if told."""

    certificate: str
    chain: tuple[str, ...] = ()


@dataclass(frozen=True)
class References:
    """Where `env:NAME` and `file:PATH` lead: an environment, and the folder of relative paths."""

    environ: Mapping[str, str]
    folder: Path

    def text(self, reference: str) -> str:
        """The text behind a reference, without white space at its ends.

        :raises IssuerError: for a variable that is not set, and for a file that cannot be read.
        """
        kind, _, name = reference.partition(":")
        if kind == "env":
            text = self.environ.get(name, "").strip()
            if not text:
                raise IssuerError(f"the environment variable {name} is not set", f"Export {name}.")
            return text
        path = self.folder / Path(name).expanduser()
        try:
            return path.read_text(encoding="utf-8", errors="replace").strip()
        except OSError as error:
            raise IssuerError(
                f"the file {path} cannot be read ({error.strerror})", "Put the file there."
            ) from None


class Settings(BaseModel):
    """A part of a stack's file: frozen, without unknown names, and never shown in an error."""

    # A stack's file names one issuer or two; pydantic locks while it builds a model.
    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True
    )

    @field_validator("*", mode="before")
    @classmethod
    def _is_not_empty(cls, value: Any) -> Any:
        if value is None:
            raise ValueError("has no value. Give it one, or remove the line.")
        return value


class Issuer(Settings, ABC):
    """Signs requests for client certificates; the fields are what stands in the stack's file.

    No field holds a secret: keys and tokens are references (`env:NAME` or `file:PATH`).
    `default_life` is the life of what is signed where none is asked for, as far as it is known.
    """

    default_life: ClassVar[timedelta | None] = None

    @abstractmethod
    def sign(self, request: SigningRequest, references: References) -> Signed:
        """The certificate for a request.

        :raises IssuerError: when the issuer cannot be reached, refuses, or answers no certificate.
        """

    @abstractmethod
    def authorities(self, references: References) -> tuple[str, ...]:
        """The CA certificates in PEM that sign, as the issuer says; empty where it cannot say.

        No certificate is made: this is how to learn whether an issuer is there.

        :raises IssuerError: when the issuer is not there, or a reference leads nowhere.
        """


def _reference(value: str) -> str:
    kind, _, name = value.partition(":")
    if kind not in ("env", "file") or not name or "\n" in value:
        raise ValueError("is not a reference. Write env:NAME or file:PATH.")
    return value


Reference = Annotated[str, AfterValidator(_reference)]


def one_line(text: str) -> str:
    """What somebody else answered, as part of a line: no private key, at most 300 characters."""
    folded = " ".join(_PRIVATE.sub("[private key]", text).split())
    printable = "".join(character for character in folded if character.isprintable())
    return printable if len(printable) <= LONGEST_LINE else printable[:LONGEST_LINE] + "..."
