"""`drift` on the real CLI: every kind of change, who would do what, and the exit code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from operations.plan import preview
from operations.plan.drift import differences
from operations.sources.cloudflare import cloudflare, has_automatic_ssl
from operations.verbs.drift import changed, when
from stacks.config import ZoneConfig
from tests.operations.conftest import Stack
from tests.operations.folder import Folder
from tests.operations.plans import NEW, OLD, ZONE, bindings, plan
from tests.pki import make
from tests.processes import family_of
from tests.sandbox_server import SandboxProcess

PROD = "2c3a5d9e7f1b4a648d2e9f60a1b4c758"
BASE = f"/zones/{PROD}/origin_tls_client_auth"
AOP = f"/zones/{ZONE}/origin_tls_client_auth"


TIMES = {
    "cloudflare says": ("2026-11-24T12:00:00Z", "2026-11-24T13:30:59Z", "on 2026-11-24 13:30"),
    "cloudflare does not": ("2026-11-24T12:00:00.123456789Z", "", "after 2026-11-24 12:00"),
    "of before our own write": (
        "2026-11-24T12:00:00Z",
        "2026-11-23T12:00:00Z",
        "after 2026-11-24 12:00",
    ),
}


@pytest.mark.parametrize("case", TIMES)
def test_since_when(case: str) -> None:
    since, time, told = TIMES[case]
    assert when(since, time) == told


def test_the_automatic_ssl_mode_of_a_zone_is_read(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in stack.environ.items():
        monkeypatch.setenv(variable, value)
    config = ZoneConfig(zone_id=ZONE, ssl="full")
    for value, is_on in (("auto", True), ("custom", False)):
        stack.sets("ssl_automatic_mode", value)
        with cloudflare(print) as run:
            assert has_automatic_ssl(config, run) is is_on
    stack.sandbox.fault("status", status=403, code=9109, path="ssl_automatic_mode", times=0)
    with cloudflare(print) as run:
        assert not has_automatic_ssl(config, run)


def test_hundreds_of_bindings_cost_one_request(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    cert_id = stack.uploads(make("app"), "hostname")
    names = [f"{letter}.example.com" for letter in "abc"]
    for name in names:
        stack.shows(name, cert_id)
    text = plan(bindings(dict.fromkeys(names, OLD), dict.fromkeys(names, NEW)))
    rows = differences(preview.read(text), preview.read(text), {})
    for variable, value in stack.environ.items():
        monkeypatch.setenv(variable, value)
    stack.sandbox.clear_journal()
    with cloudflare(print) as run:
        times = [changed(row, run) for row in rows]
    assert len(stack.sandbox.journal()) == 1
    told = (stack.sandbox.call("GET", f"{AOP}/hostnames/{name}").json() for name in names)
    assert times == [answer["result"]["updated_at"] for answer in told]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Folder, SandboxProcess]]:
    with SandboxProcess("--deploy-seconds", "0.2") as sandbox:
        folder = Folder(tmp_path_factory.mktemp("drift"), sandbox, "prod")
        for name in ("zone", "pay", "api"):
            folder.pair(name)
        folder.up()
        yield folder, sandbox
        folder.close()


@pytest.mark.cli
@pytest.mark.slow
@pytest.mark.timeout(240)
def test_what_somebody_else_did_is_told_and_what_up_would_do(
    live: tuple[Folder, SandboxProcess],
) -> None:
    folder, sandbox = live
    assert "has what the stack's state says" in folder.verb("drift", *folder.with_config).out
    other = sandbox.outside("POST", f"{BASE}/hostnames/certificates", upload())["id"]
    sandbox.outside("PUT", f"{BASE}/settings", {"enabled": False})
    sandbox.outside("PATCH", f"/zones/{PROD}/settings/ssl", {"value": "full"})
    pay = {"hostname": "pay.example.org", "cert_id": other, "enabled": True}
    api = folder.resource("example.org-api")["id"]
    gone = {"hostname": "api.example.org", "cert_id": api, "enabled": None}
    sandbox.outside("PUT", f"{BASE}/hostnames", {"config": [pay, gone]})
    sandbox.outside("PATCH", f"/zones/{PROD}/settings/ssl_automatic_mode", {"value": "auto"})
    shown = folder.verb("drift", "--json", *folder.with_config, code=7)
    assert "example.org: Cloudflare's Automatic SSL/TLS is on" in shown.err
    rows = json.loads(shown.out)["differences"]
    told = {row["what"]: row for row in rows}
    assert {what: row["cloudflare"] for what, row in told.items() if "pay" not in what} == {
        "ssl of example.org": "full",
        "origin_tls_client_auth of example.org": "off",
        "binding of api.example.org": "not bound",
    }
    assert {row["up_would"] for row in rows} == {"sets it back", "binds it again"}
    assert told["ssl of example.org"]["changed_on"] > told["ssl of example.org"]["after"]
    results = folder.verb_json("preflight", "--stack", "prod")["results"]
    said = [r for r in results if r["check"] == "drift"]
    assert {r["text"].partition(": ")[0] for r in said} == set(told), "both call the same ours"
    folder.up("--refresh")
    folder.verb("drift", *folder.with_config)


def upload() -> dict[str, str]:
    pair = make("somebody-else")
    return {"certificate": pair.certificate, "private_key": pair.private_key}


@pytest.mark.cli
@pytest.mark.slow
@pytest.mark.timeout(240)
def test_verbs_that_ask_the_cli_for_state_get_it(live: tuple[Folder, SandboxProcess]) -> None:
    folder, _ = live
    config = ("--stack", "prod")
    found = folder.verb_json("expiry", *config, "--warn", "5", "--fail", "3")["certificates"]
    held = [c for c in found if "state of prod" in c["places"]]
    assert len(held) == 3
    assert all(c["places"] == ["Cloudflare", "state of prod"] for c in held)
    rows = folder.verb_json("preflight", *config)["results"]
    assert not [row for row in rows if row["check"] == "state" or row["grade"] == "problem"]
    mine = {item.get("id") for item in folder.export()}
    orphans = folder.verb_json("orphans", *config, code=1)["certificates"]
    assert not mine & {row["cert_id"] for row in orphans}


@pytest.mark.cli
@pytest.mark.slow
def test_a_failure_of_the_cli_is_one_line(live: tuple[Folder, SandboxProcess]) -> None:
    folder, _ = live
    done = folder.verb("expiry", "--stack", "staging", code=2)
    assert len(done.err.splitlines()) == 1
    assert "pulumi stack export ended with 6" in done.err


@pytest.mark.cli
@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_lock_of_a_run_that_was_killed_is_told_before_up_is_refused(
    live: tuple[Folder, SandboxProcess],
) -> None:
    folder, _ = live
    run = folder.start("up", "--yes", "--skip-preview", "--non-interactive")
    backend = folder.workspace.environment_of("prod")["PULUMI_BACKEND_URL"]
    locks = Path(urlsplit(backend).path) / ".pulumi/locks"
    while not [*locks.rglob("*.json")]:
        assert run.poll() is None, "it ended, and no lock was seen"
    folder.orphans.update(family_of(run.pid))
    run.kill()
    run.communicate()
    rows = folder.verb_json("preflight", "--stack", "prod", code=1)["results"]
    (said,) = (row["text"] for row in rows if row["check"] == "lock")
    assert f"process {run.pid}, since" in said
    assert "`pulumi cancel --stack prod`, then `pulumi up --refresh`" in said
    folder.run("cancel", "--yes")
    rows = folder.verb_json("preflight", "--stack", "prod")["results"]
    assert [row["grade"] for row in rows if row["check"] == "lock"] == ["ok"]
