"""`preflight` asks each issuer whether it is there, and whether it signs with `ca`."""

from __future__ import annotations

from tests.operations.conftest import Stack
from tests.pki import another_authority, ca_certificate

SHOP = "shop.example.com"


def told(stack: Stack) -> tuple[str, str]:
    rows = stack.json("preflight", "--no-state", code=None)["results"]
    (row,) = [row for row in rows if row["check"] == "issuer"]
    return row["grade"], row["text"]


def test_an_issuer_that_is_there_is_well_and_signs_nothing(stack: Stack) -> None:
    stack.issues("shop", SHOP)
    assert told(stack) == ("ok", "issuer own is there; its CA is that of ca")


def test_a_key_that_is_not_there_is_told_by_its_name(stack: Stack) -> None:
    stack.issues("shop", SHOP)
    stack.issuers["own"]["ca_key"]["key"] = "env:AOP_NOT_SET"
    told_of = "issuer own: the environment variable AOP_NOT_SET is not set. Export AOP_NOT_SET."
    assert told(stack) == ("problem", told_of)


def test_an_issuer_of_another_ca_is_told_with_the_three_steps(stack: Stack) -> None:
    stack.issues("shop", SHOP)
    other = ca_certificate(another_authority("Another CA"))
    (stack.folder / "trusted.pem").write_text(other)
    stack.issuers["own"]["ca"] = f"file:{stack.folder}/trusted.pem"
    grade, text = told(stack)
    assert grade == "problem"
    assert text.startswith(
        "issuer own: CN=Origin pull CA signs there, which is not among the CAs of ca. (1) Let the"
    )


def test_a_command_that_is_there_is_well_although_nobody_knows_its_ca(stack: Stack) -> None:
    stack.issues("shop", SHOP)
    del stack.issuers["own"]["ca_key"]
    stack.issuers["own"]["command"] = {"run": ["openssl", "x509"]}
    assert told(stack)[1].startswith("issuer own is there; which CA signs there shows when")
    stack.issuers["own"]["command"] = {"run": ["no-such-program"]}
    assert told(stack)[0] == "problem"


def test_an_issued_certificate_to_come_takes_a_slot(stack: Stack) -> None:
    ca = stack.issues("shop", SHOP)
    stack.zone["max_hostname_certificates"] = 5

    def slots() -> str:
        rows = stack.json("preflight", "--no-state", code=None)["results"]
        return next(str(row["text"]) for row in rows if row["check"] == "limits")

    before = slots()
    assert ", 1 to come" in before
    stack.shows(SHOP, stack.uploads(stack.issued(ca, "shop"), "hostname"))
    assert ", 0 to come" in slots()
