"""Inputs as people write them, and what they read when one is wrong."""

from __future__ import annotations

import copy
import pickle
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from providers.values.inputs import (
    UNKNOWN,
    CertId,
    Hostname,
    Inputs,
    Switch,
    TokenEnv,
    WaitSeconds,
    ZoneId,
    explain,
    normalise_hostname,
)

FUZZ = settings(derandomize=True, max_examples=200, deadline=None, database=None)
ZONE = "023e105f4ecef8ad9ca31a8372d0c353"
# From Cloudflare's page of 2020.
CERT = "2458ce5a-0c35-4c7f-82c7-8e9487d3ff60"


class Shown(Inputs):
    cert_id: CertId
    enabled: bool = True


class Everything(Inputs):
    zone_id: ZoneId
    bindings: dict[Hostname, Shown] = {}  # noqa: RUF012
    allow_removal: tuple[Hostname, ...] = ()
    setting: Literal["ssl", "tls_client_auth"] = "ssl"
    value: Switch = "on"
    most: int = 100
    certificate: str = ""
    wait_seconds: WaitSeconds = 300
    token_env: TokenEnv | None = None


def lines(**inputs: Any) -> list[str]:
    """What is said of the inputs; the test fails if they are accepted."""
    with pytest.raises(ValidationError) as caught:
        Everything.model_validate({"zone_id": ZONE, **inputs})
    return explain(caught.value)


def test_unknown_passes_in_every_field_and_comes_out_again() -> None:
    given_now = dict.fromkeys(Everything.model_fields, UNKNOWN)
    inputs = Everything.model_validate(given_now)
    assert inputs.model_dump(exclude_defaults=True) == given_now


def test_unknown_passes_inside_of_maps_lists_and_nested_models() -> None:
    given_now = {
        "zone_id": ZONE,
        "bindings": {
            "a.example.com": UNKNOWN,
            "b.example.com": {"cert_id": UNKNOWN, "enabled": UNKNOWN},
        },
        "allow_removal": (UNKNOWN, "a.example.com"),
    }
    inputs = Everything.model_validate(given_now)
    assert inputs.model_dump(exclude_defaults=True) == given_now
    assert inputs.bindings["b.example.com"].cert_id is UNKNOWN


def test_unknown_beside_a_fault_hides_no_fault() -> None:
    assert [line.split(":")[0] for line in lines(zone_id=UNKNOWN, most="x")] == ["most"]


@pytest.mark.parametrize(
    "again",
    [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))],  # noqa: S301
)
def test_a_copy_of_unknown_is_unknown_itself(again: Any) -> None:
    assert again(UNKNOWN) is UNKNOWN
    assert repr(UNKNOWN) == "UNKNOWN"


def test_inputs_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Everything(zone_id=ZONE).most = 3


ACCEPTED: list[tuple[Any, Any, Any]] = [
    (ZoneId, ZONE.upper(), ZONE),
    (ZoneId, f" {ZONE}\n", ZONE),
    (CertId, CERT.upper(), CERT),
    (CertId, CERT.replace("-", ""), CERT.replace("-", "")),
    (Switch, True, "on"),
    (Switch, False, "off"),
    (Switch, "ON", "on"),
    (Switch, " Off", "off"),
    (WaitSeconds, 1, 1),
    (WaitSeconds, 3600.0, 3600),
    (WaitSeconds, 1.5, 1.5),
    (WaitSeconds, "300", 300),
    (TokenEnv, "CLOUDFLARE_API_TOKEN", "CLOUDFLARE_API_TOKEN"),
    (TokenEnv, "_token2", "_token2"),
    (TokenEnv, "CLOUDFLARE_API_TOKEN_OF_CUSTOMER_0042", "CLOUDFLARE_API_TOKEN_OF_CUSTOMER_0042"),
    (TokenEnv, "cloudflare_api_token_of_customer_0042", "cloudflare_api_token_of_customer_0042"),
    (int, 3.0, 3),
]


@pytest.mark.parametrize(("kind", "written", "read"), ACCEPTED)
def test_what_means_the_same_is_read_as_the_same(kind: Any, written: Any, read: Any) -> None:
    got = TypeAdapter(kind).validate_python(written)
    assert (got, type(got)) == (read, type(read))


SAME_HOSTNAMES = {
    "app.example.com": "app.example.com",
    "App.EXAMPLE.com.": "app.example.com",
    " app.example.com\n": "app.example.com",
    "BÜCHER.example": "xn--bcher-kva.example",
    "xn--bcher-kva.example": "xn--bcher-kva.example",
    "bu\u0308cher.example": "xn--bcher-kva.example",
    "straße.example": "xn--strae-oqa.example",
    "例え。テスト": "xn--r8jz45g.xn--zckzah",
    "xn--ls8h.la": "xn--ls8h.la",
    "_acme.b_c.example.com": "_acme.b_c.example.com",
    "_x.bücher.example": "_x.xn--bcher-kva.example",
    "1.example": "1.example",
    f"{'a' * 63}.example": f"{'a' * 63}.example",
}


@pytest.mark.parametrize(("written", "read"), SAME_HOSTNAMES.items())
def test_one_hostname_has_one_spelling(written: str, read: str) -> None:
    assert normalise_hostname(written) == read
    assert normalise_hostname(read) == read


REFUSED_HOSTNAMES = {
    "": "is empty",
    " ": "is empty",
    ".": "is not a hostname",
    "localhost": "is a single label",
    "https://app.example.com/": "is a URL",
    "app.example.com/path": "has a path",
    "app.example.com:443": "has a port",
    "me@example.com": "is an e-mail address",
    "*.example.com": "has a wildcard",
    "192.0.2.1": "is an IP address",
    "2001:db8::1": "is an IP address",
    "[2001:db8::1]": "is an IP address",
    "192.0.2": "is not a hostname",
    "-a.example.com": "is not a hostname",
    "a-.example.com": "is not a hostname",
    "a..example.com": "is not a hostname",
    "a.example.com..": "is not a hostname",
    "a b.example.com": "is not a hostname",
    "a\nb.example.com": "is not a hostname",
    "\ud800.example.com": "is not a hostname",
    "💩.la": "give its xn-- form: xn--ls8h.la",
    "shop.i❤.example": "give its xn-- form: shop.xn--i-7iq.example",
    "💩" * 60 + ".la": "is not a hostname",
    f"{'a' * 64}.example.com": "is not a hostname",
    "a." * 124 + "example": "is not a hostname",
    "a." * 1_000_000: "is not a hostname",
}


@pytest.mark.parametrize("text", REFUSED_HOSTNAMES, ids=lambda text: repr(text[:30]))
def test_what_is_no_hostname_is_refused_with_the_next_step(text: str) -> None:
    with pytest.raises(ValueError, match=REFUSED_HOSTNAMES[text]) as caught:
        normalise_hostname(text)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


TOKENS = {
    "40 characters": "v1StGXR8Z5jdHi6BmyT0e7qK3uLwPnAcXsDf9vGb",
    "with a hyphen": "v1StGXR8-5jdHi6BmyT0e7qK3uLwPnAcXsDf9vGb",
    "lower case": "q7x2m9k4t8w3z6b1c5n0v2l8j4h7g3f9d6s1a5p0",
    "a prefix": "cfut_v1StGXR8Z5jdHi6BmyT0e7qK3uLwPnAcXsDf9vGb",
    "a global key": "c2547eb745079dac9320b638f5e225cf483cc",
}


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
def test_a_token_instead_of_its_name_is_refused_and_not_repeated(token: str) -> None:
    [line] = lines(token_env=token)
    assert line.startswith("token_env: looks like a token itself")
    assert token[:8] not in line


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "a domain": ({"zone_id": "example.com"}, "zone_id: is a domain name, not a Zone ID"),
    "not an id": ({"zone_id": "023e"}, "zone_id: is not a Zone ID, 32 hexadecimal digits. Copy it"),
    "a number": ({"zone_id": 3}, "zone_id: is a number, as YAML reads it. Put it in quotes."),
    "half a number": ({"most": 3.5}, "most: is not a whole number. Give one such as 100."),
    "no name": ({"token_env": "MY-TOKEN"}, "token_env: is not the name of an environment variable"),
    "no switch": ({"value": "yes"}, "value: is neither on nor off. Give one of them."),
    "one is no switch": ({"value": 1}, "value: is neither on nor off. Give one of them."),
    "too short": ({"wait_seconds": 0.5}, "wait_seconds: is not a number of seconds from 1 to 3600"),
    "too long": ({"wait_seconds": 3601}, "wait_seconds: is not a number of seconds"),
    "for ever": ({"wait_seconds": float("inf")}, "wait_seconds: is not a number of seconds"),
    "never": ({"wait_seconds": float("nan")}, "wait_seconds: is not a number of seconds"),
    "true": ({"wait_seconds": True}, "wait_seconds: is not a number of seconds"),
    "no choice": (
        {"setting": "tls"},
        "setting: is not one of the possible values. Give 'ssl' or 'tls_client_auth'.",
    ),
    "no map": ({"bindings": 3}, "bindings: is not a map. Give keys with values."),
    "no list": ({"allow_removal": 3}, "allow_removal: is not a list. Give one."),
    "in a list": ({"allow_removal": ["a.example.com", "x"]}, "allow_removal[1]: is a single label"),
    "a key": (
        {"bindings": {"http://x.example": {"cert_id": CERT}}},
        'bindings["http://x.example"]: is a URL. Give the hostname alone',
    ),
    "nested": (
        {"bindings": {"app.example.com": {"cert_id": "38bf"}}},
        'bindings["app.example.com"].cert_id: is not the id of a certificate',
    ),
    "nested, missing": (
        {"bindings": {"app.example.com": {}}},
        'bindings["app.example.com"].cert_id: is missing. Add it.',
    ),
    "nested, misspelt": (
        {"bindings": {"app.example.com": {"cert_id": CERT, "enabeld": False}}},
        'bindings["app.example.com"].enabeld: is not known here. Did you mean enabled?',
    ),
    "misspelt": ({"wait_second": 3}, "wait_second: is not known here. Did you mean wait_seconds?"),
    "nothing near": ({"qqq": 3}, "qqq: is not known here. Remove it."),
    "a name of two lines": ({"a\nb": 3}, 'inputs["a\\nb"]: is not known here. Remove it.'),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_is_one_line_with_the_field_and_the_next_step(case: str) -> None:
    inputs, begins = FAULTS[case]
    [line] = lines(**inputs)
    assert line.startswith(begins)


def test_every_fault_is_told_at_once() -> None:
    told = lines(zone_id="x", most=3.5, zone=ZONE)
    assert [line.split(":")[0] for line in told] == ["zone_id", "most", "zone"]
    assert told[2] == "zone: is not known here. Did you mean zone_id?"


def test_inputs_that_are_no_map_are_named_inputs() -> None:
    with pytest.raises(ValidationError) as caught:
        Everything.model_validate([])
    assert explain(caught.value) == ["inputs: is not a map. Give keys with values."]


SECRET = "s3cr3t-value"


@pytest.mark.parametrize("field", Everything.model_fields)
@pytest.mark.parametrize("wrap", [lambda it: it, lambda it: [it], lambda it: {"a.b": it}])
def test_no_line_shows_a_value(field: str, wrap: Any) -> None:
    value = wrap(SECRET if field != "certificate" else SECRET.encode() + b"\xff")
    with pytest.raises(ValidationError) as caught:
        Everything.model_validate({"zone_id": ZONE, field: value})
    assert SECRET not in "".join(explain(caught.value))
    assert SECRET not in str(caught.value)


@FUZZ
@given(st.text(), st.sampled_from([ZoneId, CertId, Hostname, TokenEnv, Switch, WaitSeconds]))
def test_any_text_is_accepted_or_refused_on_one_line(text: str, kind: Any) -> None:
    adapter = TypeAdapter(kind)
    said = []
    try:
        read = adapter.validate_python(text)
        assert adapter.validate_python(read) == read
    except ValidationError as error:
        said = explain(error)
    assert all("\n" not in line for line in said)
