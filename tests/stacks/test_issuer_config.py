"""Issuers in a stack's file: one kind each, by reference, and what the origins trust."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest

from issuers import ISSUERS, Issuer, References, Signed, SigningRequest
from issuers.ca_key import CaKey
from issuers.step_ca import StepCa
from stacks.config import Environment, parse
from tests.pki import ca_certificate, make

FILE = "stacks/Pulumi.dev.yaml"
STEP_CA = {
    "url": "https://ca.internal:9000",
    "root": "file:root.pem",
    "provisioner": "aop",
    "key": "env:STEP_CA_KEY",
}
CA_KEY = {"certificate": "file:ca.pem", "key": "env:CA_KEY"}


def environment(issuers: Any) -> Environment:
    zones = {"example.com": {"zone_id": "023e105f4ecef8ad9ca31a8372d0c353"}}
    return parse(zones, FILE, issuers=issuers)


def test_an_issuer_is_known_by_its_name_with_the_settings_as_they_were_given() -> None:
    found = environment({"internal": {"ca": "file:ca.pem", "step_ca": STEP_CA}}).issuers
    issuer = found["internal"]
    assert (issuer.name, issuer.ca) == ("internal", "file:ca.pem")
    assert isinstance(issuer.issuer, StepCa)
    assert issuer.settings == {"step_ca": STEP_CA}


class Toy(Issuer):
    """A fifth issuer: a file and a line of `ISSUERS`, and nothing else."""

    colour: str

    def sign(self, request: SigningRequest, references: References) -> Signed:
        return Signed(self.colour)

    def authorities(self, references: References) -> tuple[str, ...]:
        return ()


def test_a_fifth_issuer_is_one_class_and_one_line_of_the_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(ISSUERS, "toy", Toy)
    found = environment({"fifth": {"ca": "file:ca.pem", "toy": {"colour": "red"}}}).issuers
    assert found["fifth"].issuer == Toy(colour="red")
    with pytest.raises(pulumi.RunError, match=r"issuers\.fifth\.toy\.colour: is missing"):
        environment({"fifth": {"ca": "file:ca.pem", "toy": {}}})


MISTAKES: dict[str, tuple[Any, str]] = {
    "no value": (None, "issuers: has no value. Give it one"),
    "a list": ([{"internal": {}}], "issuers: is not a map."),
    "an issuer without a value": ({"a": None}, "issuers.a: is not a map."),
    "no CA": ({"a": {"ca_key": CA_KEY}}, "issuers.a.ca: is missing. Add it."),
    "a CA without a value": ({"a": {"ca": None, "ca_key": CA_KEY}}, "issuers.a.ca: has no value."),
    "a CA that is no file": (
        {"a": {"ca": "-----BEGIN CERTIFICATE-----", "ca_key": CA_KEY}},
        "issuers.a.ca: is not a file. Write file:PATH",
    ),
    "no kind": (
        {"a": {"ca": "file:ca.pem"}},
        "issuers.a: does not say who signs. Give one of ca_key, step_ca, vault, command,",
    ),
    "an unknown kind": (
        {"a": {"ca": "file:ca.pem", "stepca": STEP_CA}},
        "issuers.a.stepca: is not known here. Did you mean step_ca?",
    ),
    "two kinds": (
        {"a": {"ca": "file:ca.pem", "ca_key": CA_KEY, "step_ca": STEP_CA}},
        "issuers.a: has ca_key and step_ca. Keep one",
    ),
    "a kind without a value": (
        {"a": {"ca": "file:ca.pem", "ca_key": None}},
        "issuers.a.ca_key: has no value.",
    ),
    "a setting without a value": (
        {"a": {"ca": "file:ca.pem", "step_ca": {**STEP_CA, "passphrase": None}}},
        "issuers.a.step_ca.passphrase: has no value.",
    ),
    "an unknown setting": (
        {"a": {"ca": "file:ca.pem", "ca_key": {**CA_KEY, "days": 3}}},
        "issuers.a.ca_key.days: is not known here. Remove it.",
    ),
    "a secret in place of its name": (
        {"a": {"ca": "file:ca.pem", "ca_key": {**CA_KEY, "key": "v1aQx0Zr8kLm"}}},
        "issuers.a.ca_key.key: is not a reference. Write env:NAME or file:PATH.",
    ),
    "a name with a space": (
        {"our CA": {"ca": "file:ca.pem", "ca_key": CA_KEY}},
        'issuers["our CA"]: is not a name for an issuer.',
    ),
}


@pytest.mark.parametrize(("issuers", "told"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_in_the_issuers_is_one_line(issuers: Any, told: str) -> None:
    with pytest.raises(pulumi.RunError) as raised:
        environment(issuers)
    (line,) = str(raised.value).splitlines()
    assert line.startswith(f"{FILE}: {told}")
    assert line.endswith((".", "?"))
    assert "v1aQx0Zr8kLm" not in line


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "cannot be read"),
        ("no certificate", "issuers.own.ca (file:"),
        (make().private_key, "issuers.own.ca (file:"),
    ],
    ids=["no file", "no certificate", "a key"],
)
def test_a_ca_that_cannot_be_read_is_told_with_the_next_step(
    text: str | None, told: str, tmp_path: Path
) -> None:
    if text is not None:
        (tmp_path / "ca.pem").write_text(text)
    given: Mapping[str, Any] = {"ca": f"file:{tmp_path}/ca.pem", "ca_key": CA_KEY}
    with pytest.raises(pulumi.RunError) as raised:
        environment({"own": given}).issuers["own"].authorities(FILE)
    (line,) = str(raised.value).splitlines()
    assert line.startswith(f"{FILE}: ")
    assert told in line
    assert "MIG" not in line


def test_the_ca_comes_without_what_else_its_file_holds(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text(f"# ours\n{make().private_key}{ca_certificate()}")
    given = {"ca": f"file:{tmp_path}/ca.pem", "ca_key": CA_KEY}
    issuer = environment({"own": given}).issuers["own"]
    assert isinstance(issuer.issuer, CaKey)
    assert issuer.authorities().strip() == ca_certificate().strip()
