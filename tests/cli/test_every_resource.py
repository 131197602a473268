"""Each of the resources on the real engine: made, changed in place, replaced, deleted."""

from __future__ import annotations

from tests.cli.project import REAL_CLI, Project, Step
from tests.sandbox_server import SandboxProcess

pytestmark = REAL_CLI

POLICIES = "/accounts/01a7362d577a6c3019a474fd6f485823/alerting/v3/policies"

PROGRAM = """
ZoneSetting("mode", zone_id={zone}, setting="ssl", value="{mode}", on_destroy="restore")
uploads = UploadLedger("uploads", zone_id={zone},
    zone_certificates={{"own": pair("own")["certificate"]}},
    hostname_certificates={{n: pair(n)["certificate"] for n in ("{first}", "two")}})
own = ZoneCertificate("own", zone_id={zone}, wait_seconds={wait},
    **{{**pair("own"), "private_key": "{key}"}})
switch = ZoneSetting("switch", zone_id={zone}, setting="origin_tls_client_auth", value=True,
    wait_seconds={wait}, opts=pulumi.ResourceOptions(depends_on=[own]))
one = HostnameCertificate("one", zone_id={zone}, wait_seconds={wait}, **pair("one"))
two = HostnameCertificate("two", zone_id={zone}, wait_seconds={wait}, **pair("two"))
HostnameBinding("app", zone_id={zone}, hostname="app.example.com", cert_id={first}.id)
HostnameBindings("map", zone_id={zone}, bindings={{
    "a.example.com": one.id,
    "{second}.example.com": {{"cert_id": two.id, "enabled": {enabled}}},
}})
"""
AS_MADE = {
    "zone": "ZONE",
    "mode": "strict",
    "wait": 60,
    "key": "file:.local/certificates/test/own.key",
    "first": "one",
    "second": "b",
    "enabled": True,
}
CHANGED = {
    **AS_MADE,
    "mode": "full",
    "wait": 50,
    "key": "env:OWN_KEY",
    "first": "two",
    "second": "c",
    "enabled": False,
}
REPLACED = {**CHANGED, "zone": "OTHER"}
# What the preview of CHANGED shows of each resource.
IN_PLACE = {
    "mode": {"value"},
    "uploads": {"hostname_certificates.one"},
    "own": {"private_key", "wait_seconds"},
    "switch": {"wait_seconds"},
    "one": {"wait_seconds"},
    "two": {"wait_seconds"},
    "app": {"cert_id"},
    "map": {'bindings["b.example.com"]', 'bindings["c.example.com"]'},
}


def test_each_resource_is_made_changed_in_place_replaced_and_deleted(
    project: Project, sandbox: SandboxProcess
) -> None:
    found = sandbox.state(settled=True)
    pairs = {name: project.pair(name) for name in ("own", "one", "two")}
    key = {"OWN_KEY": pairs["own"].private_key}
    one, two = pairs["one"].sha256, pairs["two"].sha256
    project.write(PROGRAM.format(**AS_MADE))
    project.up()
    assert read_presented(sandbox, "example.com") == {"app": one, "a": one, "b": two}
    made = {item["urn"]: item.get("id") for item in project.export()}

    project.write(PROGRAM.format(**CHANGED))
    steps = project.steps(env=key)
    assert {name: step["op"] for name, step in steps.items()} == dict.fromkeys(IN_PLACE, "update")
    assert {name: set(step["detailedDiff"]) for name, step in steps.items()} == IN_PLACE
    project.up(env=key)
    assert read_presented(sandbox, "example.com") == {"app": two, "a": one, "c": None}
    assert {item["urn"]: item.get("id") for item in project.export()} == made

    project.write(PROGRAM.format(**REPLACED))
    steps = project.steps(env=key)
    assert {name: reasons(step) for name, step in steps.items()} == {
        name: ("replace", ["zone_id"]) for name in IN_PLACE
    }
    project.up(env=key)
    assert read_presented(sandbox, "example.net") == {"app": two, "a": one, "c": None}
    assert sandbox.state(settled=True)["example.com"] == found["example.com"]

    project.write("")
    project.up()
    assert sandbox.state(settled=True) == found


ALERT = """
ExpiryAlert("alert", account_id=ACCOUNT, level="{level}", policy_name="certificates",
    emails=[{emails}], enabled={enabled})
"""


def test_an_alert_is_made_changed_in_place_refreshed_replaced_and_deleted(
    project: Project, sandbox: SandboxProcess
) -> None:
    found = sandbox.state(settled=True)
    project.write(ALERT.format(level="zone", emails='"Team@Example.com"', enabled=True))
    project.up()
    (made,) = alerts(sandbox)
    assert made["mechanisms"] == {"email": [{"id": "team@example.com"}]}
    project.expect_no_changes("--refresh")

    emails = '"on-call@example.com", "team@example.com"'
    project.write(ALERT.format(level="zone", emails=emails, enabled=True))
    steps = project.steps()
    assert {name: step["op"] for name, step in steps.items()} == {"alert": "update"}
    assert set(steps["alert"]["detailedDiff"]) == {"emails[0]", "emails[1]"}
    project.up()
    (changed,) = alerts(sandbox)
    assert changed["id"] == made["id"]

    sandbox.outside("PUT", f"{POLICIES}/{made['id']}", {"enabled": False})
    project.run("up", "--refresh", "--yes", "--skip-preview")
    assert alerts(sandbox)[0]["enabled"] is True

    project.write(ALERT.format(level="hostname", emails=emails, enabled=False))
    assert reasons(project.steps()["alert"]) == ("replace", ["level"])
    project.up()
    (replaced,) = alerts(sandbox)
    assert replaced["alert_type"] == "hostname_aop_custom_certificate_expiration_type"
    assert replaced["enabled"] is False

    project.write("")
    project.up()
    assert sandbox.state(settled=True) == found


def alerts(sandbox: SandboxProcess) -> list[Step]:
    """The notification policies without the stranger's."""
    # A list of the API may be older.
    policies = sandbox.state()["account"]["policies"]
    return [policy for policy in policies if "aop" in policy["alert_type"]]


def reasons(step: Step) -> tuple[str, list[str]]:
    return step["op"], step["replaceReasons"]


def read_presented(sandbox: SandboxProcess, zone: str) -> dict[str, str | None]:
    """The fingerprints by the first part of the hostname, the stranger's left out."""
    return {
        row["hostname"].split(".")[0]: row["certificate_sha256"] if row["enabled"] else None
        for row in sandbox.zone(zone)["bindings"]
        if not row["hostname"].startswith("legacy") and row["enabled"] is not None
    }
