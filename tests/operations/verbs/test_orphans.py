"""`orphans`: what can go, what must not, and that it asks."""

from __future__ import annotations

import json
import os
from datetime import timedelta

import pytest

from tests.operations.conftest import BASE, ZONE, Stack
from tests.pki import make

APP = "app.example.com"


def ids(stack: Stack, *exports: str) -> set[str]:
    rows = stack.json("orphans", *state(stack, *exports), code=None)["certificates"]
    return {row["cert_id"] for row in rows}


def state(stack: Stack, *exports: str) -> list[str]:
    arguments = []
    for number, text in enumerate(exports or [stack.export()]):
        path = stack.folder / f"export-{number}.json"
        path.write_text(text)
        arguments += ["--state", str(path)]
    return arguments


@pytest.fixture
def aged(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """What is just uploaded counts as old: the verb's clock is the real one."""
    monkeypatch.setattr("operations.verbs.orphans.YOUNG", timedelta(days=-1))
    return stack


def test_a_certificate_that_nothing_shows_is_one(aged: Stack) -> None:
    idle = aged.uploads(make("idle"), "hostname")
    assert idle in ids(aged)
    aged.run("orphans", *state(aged), code=1)


def test_one_that_a_hostname_shows_is_none(aged: Stack) -> None:
    shown = aged.uploads(make("shown"), "hostname")
    aged.shows(APP, shown, False)
    assert shown not in ids(aged)


def test_one_that_any_of_the_stacks_holds_is_none(aged: Stack) -> None:
    pair, other = make("held"), make("other")
    held, by_fingerprint = (aged.uploads(p, "hostname") for p in (pair, other))
    exports = (
        aged.export(),
        aged.export(("HostnameCertificate", held, pair)),
        # A create that was cut off: another id in state, the same certificate.
        aged.export(("HostnameCertificate", "lost", other)),
    )
    assert not {held, by_fingerprint} & ids(aged, *exports)


def test_one_that_the_configuration_names_is_none(aged: Stack) -> None:
    wanted = aged.uploads(aged.pair("app"), "hostname")
    aged.binds("app", APP)
    assert wanted not in ids(aged)


def test_a_zone_certificate_in_force_is_none_its_predecessor_is_one(aged: Stack) -> None:
    first = aged.uploads(make("first"))
    aged.sandbox.advance(60)
    second = aged.uploads(make("second"))
    aged.switches(True)
    assert {first, second} & ids(aged) == {first}
    aged.switches(False)
    assert {first, second} <= ids(aged)


def test_a_young_one_is_left_alone_for_a_run_may_be_under_way(stack: Stack) -> None:
    assert stack.uploads(make("young"), "hostname") not in ids(stack)


def test_deletion_asks_and_no_is_no(aged: Stack) -> None:
    idle = aged.uploads(make("idle"), "hostname")
    aged.sandbox.clear_journal()
    done = aged.run("orphans", *state(aged), "--delete", given="n\n", code=1)
    assert "Delete these 2?" in done.stderr
    assert "nothing was deleted" in done.stderr
    assert {entry["method"] for entry in aged.sandbox.journal()} == {"GET"}
    assert idle in ids(aged)


def test_without_an_answer_nothing_is_deleted(aged: Stack) -> None:
    idle = aged.uploads(make("idle"), "hostname")
    aged.run("orphans", *state(aged), "--delete", given="", code=1)
    assert idle in ids(aged)


@pytest.mark.parametrize("flags", [("--delete",), ("--delete", "--yes")])
def test_yes_deletes_exactly_these(aged: Stack, flags: tuple[str, ...]) -> None:
    aged.uploads(make("idle"), "hostname")
    shown = aged.uploads(make("shown"), "hostname")
    aged.shows(APP, shown)
    before = ids(aged)
    aged.sandbox.clear_journal()
    done = aged.run("orphans", *state(aged), *flags, given="y\n", code=0)
    deletes = [e["path"] for e in aged.sandbox.journal() if e["method"] == "DELETE"]
    assert {path.rpartition("/")[2] for path in deletes} == before
    assert done.stderr.count("deleted ") >= len(before)
    path = f"{BASE}/hostnames/certificates/{shown}"
    assert aged.sandbox.call("GET", path).json()["result"]["status"] == "active"


def test_what_is_knowingly_somebody_elses_is_listed_does_not_fail_and_stays(aged: Stack) -> None:
    theirs = make("theirs")
    kept = aged.uploads(theirs, "hostname")
    seeded = {
        row["cert_id"] for row in aged.json("orphans", *state(aged), code=1)["certificates"]
    } - {kept}
    aged.orphans_known = {theirs.sha256: "of the shop team", **dict.fromkeys(seeded, "born so")}
    gone = "0" * 64
    aged.orphans_known[gone] = "long ago"
    done = aged.run("orphans", *state(aged), "--delete", "--yes")
    assert "of the shop team" in done.stdout
    assert "deleted" not in done.stderr
    assert f"aop:orphans_known: {gone} is no orphan (any more). Remove the line." in done.stderr
    aged.uploads(make("idle"), "hostname")
    rows = aged.json("orphans", *state(aged), code=1)["certificates"]
    assert {row["cert_id"]: row["known"] for row in rows}[kept] == "of the shop team"
    assert [row["known"] for row in rows].count("") == 1


def test_without_zones_in_the_file_those_of_the_state_are_looked_at(aged: Stack) -> None:
    pair = make("held")
    held = aged.uploads(pair, "hostname")
    idle = aged.uploads(make("idle"), "hostname")
    text = aged.export(("HostnameCertificate", held, pair))
    aged.zone.clear()
    rows = aged.json("orphans", *state(aged, text), code=1)["certificates"]
    found = {row["cert_id"]: row["zone"] for row in rows}
    assert found[idle] == "example.com"
    assert held not in found


def test_without_zones_anywhere_the_missing_key_is_named(aged: Stack) -> None:
    aged.zone.clear()
    done = aged.run("orphans", *state(aged), code=1)
    assert "aop:zones is missing" in done.stderr


def test_without_the_states_nothing_is_said_to_be_an_orphan(
    aged: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    done = aged.run("orphans", "--delete", "--yes", code=1)
    assert done.stderr == "Error: there is no pulumi on PATH. Install it, or give --state FILE.\n"


def test_a_cli_that_does_not_end_is_one_line(aged: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    program = aged.folder / "pulumi"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(aged.folder), prepend=os.pathsep)
    monkeypatch.setattr("operations.sources.state.SECONDS", 0.2)
    assert aged.run("orphans", code=1).stderr == (
        "Error: `pulumi stack ls` did not end within 0.2 seconds. Run it by hand, to see what it"
        " waits for.\n"
    )


def test_what_an_issuer_signed_for_a_subject_of_a_stack_is_none(aged: Stack) -> None:
    ca = aged.issues("shop", "shop.example.com")
    ours, theirs, gone = (
        aged.uploads(aged.issued(ca, label), "hostname") for label in ("shop", "pay", "old")
    )
    made = {ours, theirs, gone}
    assert ids(aged) & made == {theirs, gone}
    ledger = {"hostname_certificates": {"pay": "CN=aop.test.example.com.pay"}, "zone_id": ZONE}
    resource = {
        "urn": "urn:pulumi:other::aop::UploadLedger::uploads",
        "type": "pulumi-python:dynamic/aop:UploadLedger",
        "id": ZONE,
        "outputs": ledger,
    }
    other = json.dumps({"version": 3, "deployment": {"resources": [resource]}})
    assert ids(aged, aged.export(), other) & made == {gone}
    del aged.zone["hostname_certificates"]
    assert ids(aged) & made == made
