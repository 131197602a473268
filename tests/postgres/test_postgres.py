"""State in PostgreSQL, two people: what one does the other sees, and they do not collide."""

from __future__ import annotations

import pytest

from tests.cli.project import REAL_CLI, Project
from tests.postgres.server import Postgres
from tests.processes import seconds_until_ended
from tests.sandbox_server import SandboxProcess

pytestmark = REAL_CLI

LONGEST = 120.0
UP = ("up", "--yes", "--skip-preview")
PROGRAM = """
pay = HostnameCertificate("pay", zone_id=ZONE, wait_seconds=30, **pair("{pair}"))
HostnameBinding("app", zone_id=ZONE, hostname="app.example.com", cert_id=pay.id, wait_seconds=30)
"""


def both(team: list[Project], pair: str) -> str:
    """Both check out a program with a new certificate; its fingerprint."""
    one, two = team
    made = one.pair(pair)
    two.pair(pair, made)
    for person in team:
        person.write(PROGRAM.format(pair=pair))
    return made.sha256


def read_presented(cloudflare: SandboxProcess) -> str | None:
    row = cloudflare.presented_all("example.com").get("app.example.com")
    return row["certificate_sha256"] if row and row["level"] == "hostname" else None


def test_what_one_makes_the_other_sees_changes_and_destroys(
    team: list[Project], cloudflare: SandboxProcess, postgres: Postgres, database: str
) -> None:
    one, two = team
    found = cloudflare.state(settled=True)
    sha256 = both(team, "first")
    one.up()
    assert read_presented(cloudflare) == sha256
    assert int(postgres.ask("select count(*) from pulumi_state", database)) > 0
    two.expect_no_changes("--refresh")
    two.destroy()
    assert cloudflare.state(settled=True) == found
    assert not [item for item in one.export() if "dynamic" in item["type"]]


@pytest.mark.slow
def test_while_one_is_at_work_the_other_is_told_who_and_changes_nothing(
    team: list[Project], cloudflare: SandboxProcess
) -> None:
    one, two = team
    both(team, "first")
    one.up()
    sha256 = both(team, "second")
    cloudflare.fault("hold_before", method="POST", path="certificates$")
    running = one.start(*UP)
    cloudflare.wait_held(1, LONGEST)
    cloudflare.clear_journal()
    told = two.up(code=1)
    told.line("the stack is currently locked by 1 lock(s)")
    assert f"(pid {running.pid})" in told.text
    assert cloudflare.journal() == []
    cloudflare.release()
    assert running.communicate(timeout=LONGEST)
    assert running.returncode == 0
    assert read_presented(cloudflare) == sha256
    two.expect_no_changes("--refresh")


@pytest.mark.slow
@pytest.mark.parametrize("when", ["hold_before", "hold_after"])
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_run_that_was_killed_is_unlocked_and_finished_by_the_other(
    team: list[Project], cloudflare: SandboxProcess, when: str, method: str
) -> None:
    one, two = team
    both(team, "first")
    one.up()
    at = cloudflare.now()
    sha256 = both(team, "second")
    cloudflare.fault(when, method=method, path="(certificates|hostnames)$")
    running = one.start(*UP)
    cloudflare.wait_held(1, LONGEST)
    plugins = one.plugins(running)
    running.kill()
    running.wait(LONGEST)
    cloudflare.release()
    seconds_until_ended(plugins, 30)
    two.up(code=1).line("the stack is currently locked by 1 lock(s)")
    two.run("cancel", "--yes")
    two.up()
    later = [row for row in cloudflare.presented_log("example.com") if row["at"] > at]
    assert [row["certificate_sha256"] for row in later] == [sha256]
    two.expect_no_changes("--refresh")
    ours = cloudflare.state(settled=True)["example.com"]["hostname_certificates"]
    assert sha256 in ours
    assert len(ours) == 2
