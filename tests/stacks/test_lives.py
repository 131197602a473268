"""The life of each stack as delivered, with the real Pulumi CLI, against the local Cloudflare."""

from __future__ import annotations

import json

import pytest

from origins import bundle
from tests.cli.conftest import Start
from tests.cli.project import CHANGED, REAL_CLI
from tests.pki import ca_certificate
from tests.sandbox_server import SandboxProcess
from tests.stacks.promise import ALL, PROD, REST, STAGING, Kept

pytestmark = REAL_CLI

AOP = "/origin_tls_client_auth"


@pytest.fixture(params=ALL, ids=lambda promise: promise.stack)
def kept(request: pytest.FixtureRequest, start: Start, sandbox: SandboxProcess) -> Kept:
    return Kept(request.param, start, sandbox)


def test_up_keeps_the_promise_changes_nothing_twice_and_destroy_leaves_all_as_found(
    kept: Kept,
) -> None:
    project, found = kept.project, kept.sandbox.state(settled=True)
    up = project.up()
    assert kept.shown() == kept.expected()
    for pair in kept.pairs.values():
        assert pair.sha256 in up.out
    for hostname, label in kept.promise.issued.items():
        assert kept.sandbox.presented(kept.promise.zone, hostname)["level"] == "hostname"
        assert not list(project.certificates.glob(f"{label}.*"))
    a_second_look_changes_nothing_and_asks_nothing(kept)
    if kept.promise is PROD:
        assert "protected" in project.destroy(code=1).text
        assert kept.shown() == kept.expected()
        project.run("state", "unprotect", "--all", "--yes")
    project.destroy()
    # The mode is the one setting that destroy keeps: without it other levels would present nothing.
    found[kept.promise.zone]["settings"]["ssl"] = kept.promise.ssl
    assert kept.sandbox.state(settled=True) == found


def test_prod_exports_what_the_server_of_each_hostname_needs(
    start: Start, sandbox: SandboxProcess
) -> None:
    project = Kept(PROD, start, sandbox).project
    project.up()
    found = json.loads(project.run("stack", "output", "origins", "--json").out)
    assert set(found) == {*PROD.hostnames, PROD.zone}
    for it in found.values():
        assert it["bundle"] == bundle(ca_certificate())
        assert "ssl_verify_client on;" in it["directives"]


def a_second_look_changes_nothing_and_asks_nothing(kept: Kept) -> None:
    """Without keys and token, as in a pipeline for pull requests; then what refresh finds."""
    project = kept.project
    kept.sandbox.clear_journal()
    for key in project.certificates.glob("*.key"):
        key.unlink()
    # An empty variable is an unset one to the providers.
    quiet = project.expect_no_changes(env={"CLOUDFLARE_API_TOKEN": "", "CLOUDFLARE_BASE_URL": ""})
    assert "warning" not in quiet.text
    assert kept.sandbox.journal() == []
    project.run("refresh", "--preview-only", "--expect-no-changes")
    assert {entry["method"] for entry in kept.sandbox.journal()} == {"GET"}


def test_certificates_are_replaced_also_by_themselves_without_an_instant_of_nothing(
    kept: Kept,
) -> None:
    project, before = kept.project, kept.expected()
    project.up()
    at = kept.sandbox.now()
    kept.new_pairs()
    steps = project.steps()
    for name in kept.promise.certificates:
        step = steps[kept.part(name)]
        assert step["op"] == "replace"
        assert step["replaceReasons"] == ["certificate"]
        assert {"certificate", "certificate_sha256"} <= set(step["detailedDiff"])
        assert kept.pairs[name].sha256 == step["newState"]["inputs"]["certificate_sha256"]
    told = project.run("up", "--yes", "--diff")
    for hostname, sha256 in kept.expected().items():
        told.line(f'"{before[hostname]}" => "{sha256}"')
    bindings = steps.get(kept.part("hostnames"), {"detailedDiff": {}})["detailedDiff"]
    for hostname in kept.promise.hostnames:
        assert bindings[f'bindings["{hostname}"].certificate_sha256']["kind"] == "update"
    # Forced, with the same certificates.
    parts = {kept.part(label) for label in kept.promise.certificates}
    urns = [item["urn"] for item in project.export() if item["urn"].split("::")[-1] in parts]
    told = project.up(*(argument for urn in urns for argument in ("--replace", urn)))
    assert told.text.count("kept, another resource of this program holds it now") >= len(urns)
    wanted = {name: [before[name], sha256] for name, sha256 in kept.expected().items()}
    assert kept.shown_since(at) == wanted
    project.expect_no_changes("--refresh")


def drift(kept: Kept) -> set[str]:
    """Somebody else changes every setting and binding; the names of the resources that see it."""
    kept.outside("PUT", f"{AOP}/settings", {"enabled": False})
    kept.outside("PATCH", "/settings/tls_client_auth", {"value": "on"})
    kept.outside("PATCH", "/settings/ssl", {"value": "origin_pull"})
    changed = {"origin_tls_client_auth", "ssl"}
    if kept.promise is STAGING:
        changed.add("tls_client_auth")
    if kept.promise.hostnames:
        legacy = kept.outside("GET", f"{AOP}/hostnames/legacy.{kept.promise.zone}")
        hostname = kept.promise.hostnames[0]
        config = [{"hostname": hostname, "cert_id": legacy["cert_id"], "enabled": True}]
        kept.outside("PUT", f"{AOP}/hostnames", {"config": config})
        changed.add("hostnames")
    return {kept.part(label) for label in changed}


def test_drift_is_shown_per_property_and_repaired_and_what_vanished_is_made_again(
    kept: Kept,
) -> None:
    project = kept.project
    project.up()
    changed = drift(kept)
    seen = project.preview("--refresh", "--diff", "--expect-no-changes", code=CHANGED)
    seen.line("value", '"off" => "on"')
    seen.line("value", '"origin_pull" => ')
    for hostname in kept.promise.hostnames[:1]:
        seen.line(f'=> "{kept.expected()[hostname]}"')
    seen.line(f"~ {len(changed)} to update")
    project.up("--refresh")
    assert kept.shown() == kept.expected()
    vanish(kept)
    assert kept.shown() != kept.expected()
    made = {kept.part(label) for label in kept.promise.labels}
    made |= {kept.part("hostnames")} if kept.promise.hostnames else set()
    steps = project.steps("--refresh")
    assert {name for name, step in steps.items() if step["op"] == "create"} == made
    project.up("--refresh")
    # An upload returns as soon as Cloudflare has taken it, and here no switch has to wait for it.
    kept.sandbox.advance(5)
    assert kept.shown() == kept.expected()


def vanish(kept: Kept) -> None:
    """Somebody else voids all bindings and deletes all certificates of the stack."""
    ids = {item["urn"].split("::")[-1]: item.get("id") for item in kept.project.export()}
    config = [
        {"hostname": hostname, "cert_id": ids[kept.part(label)], "enabled": None}
        for hostname, label in {**kept.promise.shows, **kept.promise.issued}.items()
        if hostname != REST
    ]
    if config:
        kept.outside("PUT", f"{AOP}/hostnames", {"config": config})
    for label in kept.promise.labels:
        level = AOP if label == "zone" else f"{AOP}/hostnames/certificates"
        kept.outside("DELETE", f"{level}/{ids[kept.part(label)]}")
