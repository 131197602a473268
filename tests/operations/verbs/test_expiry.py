"""`expiry` counts days, knows who is concerned, and ends with 0, 1 or 2."""

from __future__ import annotations

import json

import pytest

from operations.verbs.expiry import worst
from tests.operations.conftest import Stack
from tests.pki import make

APP = "app.example.com"
DAYS = {
    "far": ([100, 400], 0),
    "the first day of the warning": ([100, 30], 1),
    "a day before it": ([31], 0),
    "the first day of the failure": ([100, 14, 20], 2),
    "a day before that": ([15], 1),
    "ended": ([-1], 2),
    "none": ([], 0),
}


@pytest.mark.parametrize("case", DAYS)
def test_the_exit_code_is_that_of_the_worst(case: str) -> None:
    days, code = DAYS[case]
    assert worst(days, warn=30, fail=14) == code


@pytest.mark.parametrize(("days", "code"), [(100.5, 0), (20.5, 1), (5.5, 2), (-2.5, 2)])
def test_a_certificate_that_is_presented_counts(stack: Stack, days: float, code: int) -> None:
    stack.shows(APP, stack.uploads(make("app", starts=-9, days=days), "hostname"))
    found = stack.json("expiry", "--no-state", code=code)
    assert found["exit_code"] == code
    first = found["certificates"][0]
    assert (first["users"], first["counts"]) == ([APP], True)
    assert first["days_left"] == int(days // 1)


def test_what_nothing_shows_and_nobody_holds_is_listed_and_does_not_count(stack: Stack) -> None:
    stack.uploads(make("idle", days=3), "hostname")
    found = stack.json("expiry", "--no-state", code=0)
    assert (found["certificates"][0]["days_left"], found["certificates"][0]["counts"]) == (2, False)


def test_a_certificate_in_state_counts_also_when_cloudflare_has_it_no_more(stack: Stack) -> None:
    pair = make("lost", days=10.5)
    export = stack.folder / "export.json"
    export.write_text(stack.export(("HostnameCertificate", "an-id", pair)))
    found = stack.json("expiry", "--state", str(export), code=2)
    lost = next(c for c in found["certificates"] if c["sha256"] == pair.sha256)
    # An export without the time has no days: it counts as ended, and is not overlooked.
    assert (lost["places"], lost["counts"]) == (["state of test"], True)


def test_one_certificate_in_both_places_is_one_row(stack: Stack) -> None:
    pair = make("app", days=20.5)
    cert_id = stack.uploads(pair, "hostname")
    export = stack.export(("HostnameCertificate", cert_id, pair))
    done = stack.run("expiry", "--state", "-", "--json", given=export, code=1)
    rows = [c for c in json.loads(done.stdout)["certificates"] if c["sha256"] == pair.sha256]
    assert [row["places"] for row in rows] == [["Cloudflare", "state of test"]]


def test_the_table_begins_with_the_most_urgent(stack: Stack) -> None:
    stack.shows(APP, stack.uploads(make("app", days=5.5), "hostname"))
    lines = stack.run("expiry", "--no-state", code=2).stdout.splitlines()
    assert lines[2].split()[0] == "5"
    assert APP in lines[2]


def test_what_cannot_be_found_out_is_a_failure(stack: Stack) -> None:
    stack.environ["CLOUDFLARE_API_TOKEN"] = ""
    assert len(stack.run("expiry", "--no-state", code=2).stderr.splitlines()) == 1


def test_a_file_that_is_no_export_is_one_line(stack: Stack) -> None:
    done = stack.run("expiry", "--state", "-", given="{}", code=None)
    assert done.exit_code != 0
    assert done.stderr.splitlines() == [
        "Error: this is no stack. Give the output of `pulumi stack export`."
    ]
