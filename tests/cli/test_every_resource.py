"""Each of the resources on the real engine: made, changed in place, replaced, deleted."""

from __future__ import annotations

from tests.cli.project import REAL_CLI, Project, Step
from tests.sandbox_server import SandboxProcess

pytestmark = REAL_CLI

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
    assert shown(sandbox, "example.com") == {"app": one, "a": one, "b": two}
    made = {item["urn"]: item.get("id") for item in project.export()}

    project.write(PROGRAM.format(**CHANGED))
    steps = project.steps(env=key)
    assert {name: step["op"] for name, step in steps.items()} == dict.fromkeys(IN_PLACE, "update")
    assert {name: set(step["detailedDiff"]) for name, step in steps.items()} == IN_PLACE
    project.up(env=key)
    assert shown(sandbox, "example.com") == {"app": two, "a": one, "c": None}
    assert {item["urn"]: item.get("id") for item in project.export()} == made

    project.write(PROGRAM.format(**REPLACED))
    steps = project.steps(env=key)
    assert {name: reasons(step) for name, step in steps.items()} == {
        name: ("replace", ["zone_id"]) for name in IN_PLACE
    }
    project.up(env=key)
    assert shown(sandbox, "example.net") == {"app": two, "a": one, "c": None}
    assert sandbox.state(settled=True)["example.com"] == found["example.com"]

    project.write("")
    project.up()
    assert sandbox.state(settled=True) == found


def reasons(step: Step) -> tuple[str, list[str]]:
    return step["op"], step["replaceReasons"]


def shown(sandbox: SandboxProcess, zone: str) -> dict[str, str | None]:
    """The fingerprints by the first part of the hostname, the stranger's left out."""
    return {
        row["hostname"].split(".")[0]: row["certificate_sha256"] if row["enabled"] else None
        for row in sandbox.zone(zone)["bindings"]
        if not row["hostname"].startswith("legacy") and row["enabled"] is not None
    }
