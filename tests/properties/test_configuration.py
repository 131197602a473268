"""Any JSON as configuration: accepted, or lines that name the file and hold no value."""

from __future__ import annotations

import copy
from typing import Any

import pulumi
from hypothesis import given, settings
from hypothesis import strategies as st

from stacks.config import Environment, parse

FILE = "stacks/Pulumi.test.yaml"
# 40 characters, as tokens have; in lower case it would still be found.
CANARY = "canary7f3kq9xw2mzt5v8r1b6n4j0d2s7g9h3l5p"
VALID: dict[str, Any] = {
    "example.com": {
        "zone_id": "023e105f4ecef8ad9ca31a8372d0c353",
        "token_env": "CLOUDFLARE_API_TOKEN",
        "ssl": "full",
        "shared_certificate": True,
        "zone_certificate": {"certificate": "file:a.pem", "private_key": "env:ZONE_KEY"},
        "hostname_certificates": {
            "shop": {
                "certificate": "file:b.pem",
                "private_key": "file:b.key",
                "hostnames": ["shop.example.com", "api.example.com"],
                "external": False,
            },
        },
        "allow_removal": ["old.example.com"],
        "overwrite": False,
        "require_tls": True,
        "wait_seconds": 60,
    },
}
KEY = f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----\n"
SECRETS = st.sampled_from((CANARY, KEY, f"file:{KEY}", f"env:{CANARY} ", f"Bearer {CANARY}"))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | SECRETS
    | st.sampled_from(("on", "env:KEY", "file:", "secret:k", "*.example.com", "shop.example.com."))
)
NAMES = st.sampled_from(
    (
        "example.com",
        "zone_id",
        "ssl",
        "hostnames",
        "certificate",
        "private_key",
        "shop",
        "EXAMPLE.COM",
    )
) | st.text(max_size=12)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
FUZZ = settings(max_examples=300, derandomize=True, database=None, deadline=None)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to everything in the value, itself included."""
    found = [path]
    if isinstance(value, (dict, list)):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in inner:
            found += places(item, (*path, key))
    return found


def change(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A copy of the value with something else in one place."""
    if not path:
        return new
    whole = copy.deepcopy(value)
    within = whole
    for key in path[:-1]:
        within = within[key]
    within[path[-1]] = new
    return whole


def is_accepted(zones: Any) -> bool:
    """Whether it is a configuration; if not, the refusal is as it must be."""
    told = ""
    try:
        environment = parse(zones, FILE)
    except pulumi.RunError as error:
        told = str(error)
    if not told:
        assert isinstance(environment, Environment)
        return True
    lines = told.splitlines()
    assert lines
    assert all(line.startswith(f"{FILE}: ") for line in lines)
    assert all(len(line) < 500 for line in lines)
    assert CANARY not in told.lower()
    return False


@given(ANYTHING)
@FUZZ
def test_any_json_is_a_configuration_or_is_refused_in_lines_that_name_the_file(zones):
    is_accepted(zones)


@given(st.sampled_from([path for path in places(VALID) if path]), ANYTHING)
@FUZZ
def test_a_configuration_with_anything_in_one_place_is_accepted_or_refused(path, new):
    is_accepted(change(VALID, path, new))


@given(st.sampled_from([path for path in places(VALID) if path]), NAMES, ANYTHING)
@FUZZ
def test_a_configuration_with_one_name_more_is_refused_or_accepted(path, name, new):
    within: Any = VALID
    for key in path:
        within = within[key]
    if isinstance(within, dict):
        is_accepted(change(VALID, (*path, name), new))


def test_the_configuration_that_is_changed_is_a_valid_one():
    assert is_accepted(VALID)
