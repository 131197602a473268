"""Who signs a stack's certificates: `stacks/Pulumi.<stack>.yaml`, key `aop:issuers`.

An issuer stands there under its name, with `ca` and one kind of `issuers.ISSUERS`. Nothing secret
is among the settings: keys and tokens are references.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import pulumi
from pydantic import (
    AfterValidator,
    ValidationInfo,
    create_model,
    model_validator,
)

from origins import bundle

from .fields import CertificateFile
from .section import Section, read_authorities

if TYPE_CHECKING:
    from issuers import Issuer
else:
    # Pydantic reads the annotations; only a file with issuers needs to import them.
    Issuer = Any

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class IssuerConfig:
    """An issuer of the file by its name; `ca` is `file:PATH`, what the origins trust."""

    name: str
    ca: str
    issuer: Issuer
    settings: Mapping[str, Mapping[str, Any]]

    def authorities(self, file: str = "") -> str:
        """The PEM of what the origins trust; `pulumi.RunError`, beginning with `file`."""
        text = read_authorities(self.ca, file)
        try:
            bundle(text)
        except ValueError as error:
            where = f"{file}: " if file else ""
            raise pulumi.RunError(
                f"{where}issuers.{self.name}.ca ({self.ca}): {error} Give the CA that signs: its"
                " root and intermediates, in PEM."
            ) from None
        return text


@dataclass(frozen=True)
class Surroundings:
    """What the zones of a file refer to: its issuers, and whose certificates they are.

    `owner` is how the default common names begin, `PROJECT.STACK`: stacks may share a zone.
    """

    issuers: Mapping[str, IssuerConfig]
    owner: str


class IssuerSection(Section):
    """What stands under an issuer's name: `ca`, and one kind with its settings."""

    ca: CertificateFile

    @model_validator(mode="after")
    def _has_one_kind(self) -> IssuerSection:
        if not (given := self.kinds):
            kinds = ", ".join(name for name in type(self).model_fields if name != "ca")
            raise ValueError(f"does not say who signs. Give one of {kinds}, with its settings.")
        if len(given) > 1:
            raise ValueError(
                f"has {' and '.join(given)}. Keep one: another issuer has its own name."
            )
        return self

    @property
    def kinds(self) -> list[str]:
        """The kinds that have settings; a valid section has one."""
        return [name for name, value in self if name != "ca" and value is not None]


def read_issuers(given: Any) -> dict[str, IssuerConfig]:
    """The issuers of `aop:issuers`.

    :raises ValidationError: the path to each fault begins with `issuers`.
    """
    from issuers import ISSUERS

    found: Any = _model(tuple(ISSUERS.items())).model_validate({"issuers": given})
    return {name: _configured(name, section) for name, section in found.issuers.items()}


@functools.cache
def _model(kinds: tuple[tuple[str, type[Issuer]], ...]) -> type[Section]:
    fields: dict[str, Any] = {kind: (settings | None, None) for kind, settings in kinds}
    section: Any = create_model("IssuerSection", __base__=IssuerSection, **fields)
    names = Annotated[str, AfterValidator(_issuer_name)]
    whole: Any = {"issuers": (dict[names, section], ...)}
    return create_model("IssuersSection", __base__=Section, **whole)


def _issuer_name(value: str) -> str:
    if not NAME.fullmatch(value):
        raise ValueError("is not a name for an issuer. Use letters, digits, dots and hyphens.")
    return value


def _configured(name: str, section: IssuerSection) -> IssuerConfig:
    (kind,) = section.kinds
    issuer: Issuer = getattr(section, kind)
    settings = issuer.model_dump(mode="json", exclude_unset=True)
    return IssuerConfig(name, section.ca, issuer, {kind: settings})


def issuer_named(value: Any, info: ValidationInfo) -> IssuerConfig:
    """The issuer that a certificate of the file names."""
    if isinstance(value, IssuerConfig):
        return value
    known = info.context.issuers if isinstance(info.context, Surroundings) else {}
    if not known:
        raise ValueError(
            "has to stand under aop:issuers, which is missing here. Write it there under its"
            " name; stacks/Pulumi.dev.yaml shows how."
        )
    if not isinstance(value, str) or value not in known:
        raise ValueError(
            f"is not one of aop:issuers, which has {', '.join(known)}. Correct it, or add it there."
        )
    return known[value]
