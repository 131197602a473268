"""The key `aop:orphans_known`: what it takes, and which mistake is named how."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from stacks.orphans_known import parse_orphans_known

FILE = "stacks/Pulumi.prod.yaml"
SHA256 = "ab" * 32
UUID = "2458ce5a-0c35-4c7f-82c7-8e9487d3ff60"


def test_fingerprints_in_any_spelling_and_ids_are_taken_with_their_reason() -> None:
    spelt = ":".join(["AB"] * 32)
    given = {spelt: "of the shop team", UUID: "an old stack", "c" * 32: "the same"}
    assert parse_orphans_known(given, FILE) == {
        SHA256: "of the shop team", UUID: "an old stack", "c" * 32: "the same"
    }  # fmt: skip
    assert parse_orphans_known({}, FILE) == {}


MISTAKES: dict[str, tuple[Any, str]] = {
    "a list": ([SHA256], "is not a map. Write each fingerprint or id as a key"),
    "nothing": (None, "is not a map"),
    "the beginning of a fingerprint": ({"abababab": "x"}, "'abababab' is neither"),
    "a number": ({10**31: "x"}, "Put it in quotes"),
    "no reason": ({SHA256: ""}, f"{SHA256}: has no reason. Say whose it is, and why."),
    "an empty reason": ({SHA256: None}, "has no reason"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_one_line_with_file_and_key(case: str) -> None:
    value, part = MISTAKES[case]
    with pytest.raises(pulumi.RunError) as caught:
        parse_orphans_known(value, FILE)
    line = str(caught.value)
    assert line.startswith(f"{FILE}: aop:orphans_known")
    assert part in line
    assert "\n" not in line
