"""What inputs look like: the model that every resource checks with, and the types of its fields.

Pure. A field takes UNKNOWN wherever a preview does not know a value yet. Each fault of input
becomes one line for the terminal that never shows the value, because that may be a secret.
"""

from __future__ import annotations

import difflib
import ipaddress
import json
import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, Literal

import idna
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from .reference import is_reference


class Unknown:
    """The class of UNKNOWN; a copy, also a deep or pickled one, is the same object."""

    # Without it pydantic takes the object for an empty model when it stands in place of one.
    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __reduce__(self) -> str:
        return "UNKNOWN"


# Any, so that a field declared as str can be compared with it.
UNKNOWN: Final[Any] = Unknown()
# The subject of a certificate that an issuer signs, as the ledger writes it: `CN=NAME`.
SUBJECT, COMMON_NAME = "CN=", r"[A-Za-z0-9][A-Za-z0-9._@:/-]{0,63}"


class Inputs(BaseModel):
    """The inputs of a resource: frozen, without unknown names; any field may be UNKNOWN.

    UNKNOWN also passes for a nested `Inputs`, and as an item of a collection of the types below.
    """

    # A program names most models and validates few; pydantic locks while it builds one.
    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True
    )

    @field_validator("*", mode="wrap")
    @classmethod
    def _unknown_field(cls, value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
        return UNKNOWN if value is UNKNOWN else validate(value)

    @model_validator(mode="wrap")
    @classmethod
    def _unknown_model(cls, value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
        if value is UNKNOWN:
            return UNKNOWN
        try:
            return validate(value)
        except ValidationError as error:
            raise _with_suggestions(error, cls) from None

    def model_dump(self, **options: Any) -> dict[str, Any]:
        """As pydantic's, without its warning that UNKNOWN is not of the declared type."""
        return super().model_dump(**{"warnings": False, **options})


def explain(error: ValidationError) -> list[str]:
    """One line for each fault, `field: fault. Next step.`, in plain words, never with the value.

    Nested fields are written `bindings["app.example.com"].cert_id`.
    """
    lines = [
        f"{_path(line['loc'])}: {_fault(line['type'], line.get('ctx') or {})}"
        for line in error.errors(include_url=False, include_input=False)
    ]
    return [" ".join(line.split()) for line in dict.fromkeys(lines)]


def normalise_hostname(text: str) -> str:
    """Lower-case ASCII (IDNA 2008 after UTS 46) without a trailing dot: `app.example.com`.

    Underscores stay, since DNS and Cloudflare's records know them. At most 63 characters in a
    label and 253 in all (RFC 1035).

    :raises ValueError: one line, with the next step, for anything else.
    """
    name = text.strip()
    for pattern, fault in HOSTNAME_FAULTS:
        if re.search(pattern, name):
            raise ValueError(fault)
    if _is_address(name):
        raise ValueError("is an IP address. Give the hostname that Cloudflare proxies.")
    try:
        mapped = idna.uts46_remap(name, std3_rules=False, transitional=False).removesuffix(".")
    except UnicodeError:
        raise ValueError(_NOT_A_HOSTNAME) from None
    try:
        labels = [_to_ascii(part) for part in mapped.split(".")]
    except UnicodeError:
        raise ValueError(_without_idna(mapped)) from None
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError(_NOT_A_HOSTNAME)
    if len(labels) < 2:
        raise ValueError("is a single label. Give the full hostname, such as app.example.com.")
    if labels[-1].isdigit() or len(".".join(labels)) > 253:
        raise ValueError(_NOT_A_HOSTNAME)
    return ".".join(labels)


def _to_ascii(label: str) -> str:
    return label if label.isascii() else idna.alabel(label).decode()


def _without_idna(mapped: str) -> str:
    """The fault of a name that IDNA 2008 refuses, such as one with emoji, with its xn-- form."""
    labels = [
        part if part.isascii() else f"xn--{part.encode('punycode').decode()}"
        for part in mapped.split(".")
    ]
    if not all(_LABEL.fullmatch(label) for label in labels):
        return _NOT_A_HOSTNAME
    return (
        "has characters that hostnames may not have (IDNA 2008), such as emoji. If it is registered"
        f" nevertheless, give its xn-- form: {'.'.join(labels)}."
    )


_NOT_A_HOSTNAME = (
    "is not a hostname. Give letters, digits and hyphens in labels of 1 to 63 characters, at most"
    " 253 in all, such as app.example.com."
)
_ALONE = "Give the hostname alone, such as app.example.com."
# Tried in this order; the length first, because mapping a long text is slow.
HOSTNAME_FAULTS = (
    (r"^$", "is empty. Give the hostname, such as app.example.com."),
    (r"(?s)^.{1001}", _NOT_A_HOSTNAME),
    (r"://", f"is a URL. {_ALONE}"),
    (r"/", f"has a path. {_ALONE}"),
    (r"@", f"is an e-mail address. {_ALONE}"),
    (r"\*", "has a wildcard, which Cloudflare does not document here. Name each hostname."),
    (r"^[^:]+:\d*$", f"has a port. {_ALONE}"),
)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _text(value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise ValueError("is a number, as YAML reads it. Put it in quotes.")
    if not isinstance(value, str):
        raise ValueError("is not text. Give a string.")
    return value.strip()


def _hostname(value: Any) -> str:
    return normalise_hostname(_text(value))


def _zone_id(value: Any) -> str:
    text = _text(value).lower()
    if re.fullmatch(r"[0-9a-f]{32}", text):
        return text
    what = "is a domain name, not a" if re.fullmatch(r"[\w-]+(\.[\w-]+)+\.?", text) else "is not a"
    raise ValueError(
        f"{what} Zone ID, 32 hexadecimal digits. Copy it from the zone's Overview page in the"
        " Cloudflare dashboard, section API."
    )


def _account_id(value: Any) -> str:
    text = _text(value).lower()
    if re.fullmatch(r"[0-9a-f]{32}", text):
        return text
    raise ValueError(
        "is not an Account ID, 32 hexadecimal digits. Copy it from the account's overview page in"
        " the Cloudflare dashboard."
    )


def _email(value: Any) -> str:
    text = _text(value).lower()
    if re.fullmatch(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+", text):
        return text
    raise ValueError("is not an e-mail address. Give one alone, such as team@example.com.")


def _destination_id(value: Any) -> str:
    text = _text(value).lower()
    if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}", text):
        return text
    what = "is a URL, not the id" if "://" in text else "is not the id"
    raise ValueError(
        f"{what} of a destination of the account, 32 hexadecimal digits. List them with"
        " GET /accounts/ACCOUNT_ID/alerting/v3/destinations/webhooks (or pagerduty)."
    )


def _each_once(values: Any) -> Any:
    """Sorted and without repetitions: their order means nothing."""
    known = sorted({value for value in values if value is not UNKNOWN})
    return (*known, *(value for value in values if value is UNKNOWN))


def _cert_id(value: Any) -> str:
    text = _text(value).lower()
    if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}", text):
        return text
    raise ValueError(
        "is not the id of a certificate, such as 2458ce5a-0c35-4c7f-82c7-8e9487d3ff60."
        " Give the id of a HostnameCertificate."
    )


def _token_env(value: Any) -> str:
    text = _text(value)
    if _is_like_a_token(text):
        raise ValueError(
            "looks like a token itself, and would be kept in plain text. Put the token into an"
            " environment variable and give the name of the variable; revoke a token that was"
            " shown."
        )
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        raise ValueError(
            "is not the name of an environment variable. Give one such as CLOUDFLARE_API_TOKEN_EU."
        )
    return text


def _is_like_a_token(text: str) -> bool:
    # Tokens have 40 characters or more, global keys 37, both at random; names consist of words.
    if not re.fullmatch(r"(?=.*[0-9])(?=.*[a-z])[A-Za-z0-9_-]{32,}", text):
        return False
    is_mixed = text.lower() != text
    return is_mixed or "-" in text or re.search(r"[a-z0-9]{20}", text) is not None


def _switch(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str) and value.strip().lower() in ("on", "off"):
        return value.strip().lower()
    raise ValueError("is neither on nor off. Give one of them.")


def _wait_seconds(value: Any) -> float:
    seconds = _number(value)
    if not 1 <= seconds <= 3600:
        raise ValueError("is not a number of seconds from 1 to 3600. Give 300 or leave it out.")
    return seconds


def _number(value: Any) -> float:
    """An int where the number is whole; NaN, which lies in no range, for what is no number."""
    try:
        number = float("nan" if isinstance(value, bool) else value)
    except (TypeError, ValueError, OverflowError):
        return float("nan")
    return int(number) if number.is_integer() else number


def _warn_days(value: Any) -> float:
    days = _number(value)
    if not 0 <= days <= 3650:
        raise ValueError("is not a number of days from 0 to 3650. Give 30 or leave it out.")
    return days


def _reference(value: Any) -> str:
    text = _text(value)
    if not is_reference(text):
        raise ValueError(
            "is not a reference, and would be kept in plain text. Give env:NAME or file:PATH."
        )
    return text


def _by(read: Callable[[Any], Any]) -> WrapValidator:
    return WrapValidator(lambda value, _: UNKNOWN if value is UNKNOWN else read(value))


ZoneId = Annotated[str, _by(_zone_id)]
AccountId = Annotated[str, _by(_account_id)]
Emails = Annotated[tuple[Annotated[str, _by(_email)], ...], AfterValidator(_each_once)]
DestinationIds = Annotated[
    tuple[Annotated[str, _by(_destination_id)], ...], AfterValidator(_each_once)
]
CertId = Annotated[str, _by(_cert_id)]
Hostname = Annotated[str, _by(_hostname)]
TokenEnv = Annotated[str, _by(_token_env)]
Switch = Annotated[Literal["on", "off"], _by(_switch)]
WaitSeconds = Annotated[float, _by(_wait_seconds)]
WarnDays = Annotated[float, _by(_warn_days)]
Reference = Annotated[str, _by(_reference)]

# By the first part of pydantic's error type; `{...}` is filled from its context.
FAULTS = {
    "missing": "is missing. Add it.",
    "string": "is not text. Give a string.",
    "int": "is not a whole number. Give one such as 100.",
    "float": "is not a number. Give one such as 300.",
    "bool": "is neither true nor false. Give one of them.",
    "literal": "is not one of the possible values. Give {expected}.",
    "enum": "is not one of the possible values. Give {expected}.",
    "dict": "is not a map. Give keys with values.",
    "mapping": "is not a map. Give keys with values.",
    "model": "is not a map. Give keys with values.",
    "list": "is not a list. Give one.",
    "tuple": "is not a list. Give one.",
    "greater": "is too small. Give at least {ge}{gt}.",
    "less": "is too large. Give at most {le}{lt}.",
}


def _fault(kind: str, context: dict[str, Any]) -> str:
    if kind in ("value_error", "assertion_error"):
        return str(context.get("error"))
    if kind == "extra_forbidden":
        near = context.get("near")
        return "is not known here. " + (f"Did you mean {near}?" if near else "Remove it.")
    words = FAULTS.get(kind.split("_")[0], f"is not as it should be ({kind}). Correct it.")
    return words.format_map({"ge": "", "gt": "", "le": "", "lt": "", "expected": "", **context})


def _path(location: tuple[int | str, ...]) -> str:
    """Keys that are not names are quoted, and long ones cut: they may be anything."""
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part == "[key]":
            continue
        elif re.fullmatch(r"[A-Za-z_]\w{0,39}", part):
            path += f".{part}"
        else:
            path += f"[{json.dumps(part if len(part) <= 80 else part[:20] + '...')}]"
    return path.removeprefix(".") if path.startswith(".") else f"inputs{path}"


def named_by_place(error: ValidationError, items: Sequence[str]) -> ValidationError:
    """The same faults of a map that was made from a list; each names the item's place there."""
    lines: list[InitErrorDetails] = []
    for line in error.errors(include_url=False):
        context = {**(line.get("ctx") or {}), "told": line["msg"]}
        location = (items.index(str(line["loc"][0])), *line["loc"][1:])
        kind = PydanticCustomError(line["type"], "{told}", context)
        lines.append({"type": kind, "loc": location, "input": line["input"]})
    return ValidationError.from_exception_data(error.title, lines)


def _with_suggestions(error: ValidationError, model: type[BaseModel]) -> ValidationError:
    """The same faults; at each name unknown to the model the nearest one that it knows."""
    lines: list[InitErrorDetails] = []
    for line in error.errors(include_url=False):
        context = dict(line.get("ctx") or {})
        if line["type"] == "extra_forbidden" and len(line["loc"]) == 1:
            near = difflib.get_close_matches(str(line["loc"][0]), model.model_fields, n=1)
            context.setdefault("near", near[0] if near else "")
        kind = PydanticCustomError(line["type"], "{told}", {**context, "told": line["msg"]})
        lines.append({"type": kind, "loc": line["loc"], "input": line["input"]})
    return ValidationError.from_exception_data(error.title, lines)
