"""`expiry` counts days, knows who is concerned, and ends with 0, 1 or 2."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_prometheus

from operations.verbs.expiry import CertificateExpiry
from providers.values.pem import read_certificate
from tests.operations.conftest import Stack
from tests.pki import make

APP = "app.example.com"
# Days since the beginning and until the end, what the configuration says, the exit code.
LIVES = {
    "a long life, far from its end": (9, 100.5, None, 0),
    "a long life, a day before the warning": (335, 31.5, None, 0),
    "a long life, warned of": (335, 30.0, None, 1),
    "a long life, a day before the failure": (350, 15.5, None, 1),
    "a long life, failing": (350, 13.5, None, 2),
    "thirty days, on the first one": (0.5, 29.5, None, 0),
    "thirty days, in the last third": (21, 9, None, 1),
    "thirty days, failing": (26, 4, None, 2),
    "a long life that is warned of late": (335, 20.5, 7, 0),
    "a long life that is warned of early": (305, 59.5, 60, 1),
    "ended": (9, -2.5, None, 2),
}


@pytest.mark.parametrize("case", LIVES)
def test_the_rule_is_that_of_the_preview(stack: Stack, case: str) -> None:
    since, left, warn_days, code = LIVES[case]
    if warn_days:
        stack.zone["warn_days"] = warn_days
    stack.shows(APP, stack.uploads(make("app", starts=-since, days=left), "hostname"))
    assert stack.json("expiry", "--no-state", code=code)["exit_code"] == code


def test_days_that_are_given_hold_for_every_certificate(stack: Stack) -> None:
    stack.shows(APP, stack.uploads(make("app", days=100.5), "hostname"))
    stack.json("expiry", "--no-state", "--warn", "120", code=1)
    stack.json("expiry", "--no-state", "--warn", "120", "--fail", "110", code=2)


@pytest.mark.parametrize(("days", "code"), [(100.5, 0), (20.5, 1), (5.5, 2), (-2.5, 2)])
def test_a_certificate_that_is_presented_counts(stack: Stack, days: float, code: int) -> None:
    stack.shows(APP, stack.uploads(make("app", starts=-335, days=days), "hostname"))
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


@pytest.mark.parametrize("case", LIVES)
def test_the_rule_is_the_same_for_what_state_alone_knows(stack: Stack, case: str) -> None:
    since, left, warn_days, code = LIVES[case]
    if warn_days:
        stack.zone["warn_days"] = warn_days
    pair = make("lost", starts=-since, days=left)
    export = json.loads(stack.export(("HostnameCertificate", "an-id", pair)))
    (held,) = export["deployment"]["resources"]
    held["outputs"]["expires_on"] = read_certificate(pair.certificate).expires_on
    file = stack.folder / "export.json"
    file.write_text(json.dumps(export))
    found = stack.json("expiry", "--state", str(file), code=None)["certificates"]
    (row,) = [c for c in found if c["sha256"] == pair.sha256]
    urgency = CertificateExpiry(
        "", "", "", "", "", warn_days=row["warn_days"], fail_days=row["fail_days"]
    ).urgency(row["days_left"])
    assert urgency == code


def test_one_certificate_in_both_places_is_one_row(stack: Stack) -> None:
    pair = make("app", starts=-335, days=20.5)
    cert_id = stack.uploads(pair, "hostname")
    export = stack.export(("HostnameCertificate", cert_id, pair))
    done = stack.run("expiry", "--state", "-", "--json", given=export, code=1)
    rows = [c for c in json.loads(done.stdout)["certificates"] if c["sha256"] == pair.sha256]
    assert [row["places"] for row in rows] == [["Cloudflare", "state of test"]]


def test_the_table_begins_with_the_most_urgent(stack: Stack) -> None:
    stack.shows(APP, stack.uploads(make("app", starts=-335, days=5.5), "hostname"))
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


def samples(text: str, read: Any = read_openmetrics) -> dict[str, list[tuple[Any, Any]]]:
    """Labels and value, by the name of the metric, as the reference parser reads them."""
    return {
        family.name: [(sample.labels, sample.value) for sample in family.samples]
        for family in read(text)
    }


def test_the_metrics_say_the_days_left_by_certificate_and_who_is_concerned(stack: Stack) -> None:
    pair = make("app", starts=-335, days=20.5)
    stack.shows(APP, stack.uploads(pair, "hostname"))
    # The alert rule judges, so a certificate that ends soon is no failure of the command.
    text = stack.run("expiry", "--no-state", "--format", "openmetrics").stdout
    found = samples(text)
    assert samples(text, read_prometheus) == found
    labels, days = found["aop_certificate_days_left"][0]
    assert days == 20
    assert labels == {
        "certificate": pair.sha256,
        "level": "hostname",
        "zone": "example.com",
        "hostnames": APP,
        "counts": "true",
    }
    # With the same labels, so that a rule can compare the two.
    assert found["aop_certificate_warn_days"][0][0] == labels
    assert found["aop_certificate_warn_days"][0][1] == 30
    end = found["aop_certificate_end_timestamp_seconds"][0][1]
    checked = found["aop_expiry_checked_timestamp_seconds"][0][1]
    assert 20 * 86400 < end - checked < 21 * 86400
    legacy = [labels for labels, _ in found["aop_certificate_days_left"]][1:]
    assert {(old["level"], old["counts"]) for old in legacy} == {
        ("zone", "false"),
        ("hostname", "true"),
    }


def test_a_certificate_that_has_ended_has_less_than_no_days_left(stack: Stack) -> None:
    stack.shows(APP, stack.uploads(make("app", starts=-335, days=-9.5), "hostname"))
    found = samples(stack.run("expiry", "--no-state", "--format", "openmetrics").stdout)
    assert found["aop_certificate_days_left"][0][1] == -10


def test_no_metrics_are_written_when_it_cannot_be_found_out(stack: Stack) -> None:
    stack.environ["CLOUDFLARE_API_TOKEN"] = ""
    done = stack.run("expiry", "--no-state", "--format", "openmetrics", code=2)
    assert "# EOF" not in done.stdout


def test_a_program_without_zones_in_its_file_is_read_from_its_state(stack: Stack) -> None:
    pair = make("app", starts=-335, days=40.5)
    cert_id = stack.uploads(pair, "hostname")
    stack.shows(APP, cert_id)
    export = json.loads(stack.export(("HostnameCertificate", cert_id, pair)))
    export["deployment"]["resources"][0]["outputs"] |= {"warn_days": 60, "token_env": "OWN_TOKEN"}
    state = stack.folder / "state.json"
    state.write_text(json.dumps(export))
    stack.zone.clear()
    stack.environ["OWN_TOKEN"] = stack.environ.pop("CLOUDFLARE_API_TOKEN")
    found = stack.json("expiry", "--state", str(state), code=1)["certificates"]
    (mine,) = (row for row in found if row["cert_id"] == cert_id)
    assert (mine["zone"], mine["users"], mine["warn_days"]) == ("example.com", [APP], 60)
    assert "aop:zones is missing" in stack.run("expiry", "--no-state", code=2).stderr


def test_an_issued_certificate_renews_itself_and_fails_only_when_that_is_overdue(
    stack: Stack,
) -> None:
    ca = stack.issues("shop", APP)
    for age, code, told in ((70, 0, ", renews itself, next "), (0, 0, ", renews itself, next ")):
        shown = stack.uploads(stack.issued(ca, "shop", age=age), "hostname")
        stack.zone["hostname_certificates"]["shop"]["renew_days"] = 19.5
        stack.shows(APP, shown)
        assert told in stack.run("expiry", "--no-state", code=code).stdout
    shown = stack.uploads(stack.issued(ca, "shop", age=72), "hostname")
    stack.shows(APP, shown)
    assert ", renewal OVERDUE since " in stack.run("expiry", "--no-state", code=2).stdout
    rows = stack.json("expiry", "--no-state", code=2)["certificates"]
    (row,) = [row for row in rows if row["cert_id"] == shown]
    due = datetime.fromisoformat(row["renews_on"])
    ends = datetime.fromisoformat(row["expires_on"])
    assert abs((ends - due) / timedelta(days=1) - 19.5) < 0.001
    metrics = stack.run("expiry", "--no-state", "--format", "openmetrics").stdout
    assert "aop_certificate_renewal_timestamp_seconds{" in metrics


def test_a_program_of_ones_own_has_its_issued_certificates_marked_from_the_state(
    stack: Stack,
) -> None:
    ca = stack.issues("shop", APP)
    pair = stack.issued(ca, "shop", age=50)
    shown = stack.uploads(pair, "hostname")
    stack.zone["hostname_certificates"], stack.issuers = {}, {}
    export = stack.export(("IssuedHostnameCertificate", shown, pair))
    done = stack.run("expiry", "--state", "-", given=export)
    assert ", renews itself, next " in done.stdout
