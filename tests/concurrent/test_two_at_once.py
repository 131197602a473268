"""Two `up` at once on one zone, from two projects with a state of their own each."""

from __future__ import annotations

import subprocess

import pytest

from tests.cli.project import REAL_CLI, Project
from tests.sandbox_server import SandboxProcess

pytestmark = REAL_CLI

ZONE = "example.com"
LEVEL = """
pay = HostnameCertificate("pay", zone_id=ZONE, wait_seconds=30, **pair("{pair}"))
HostnameBinding("app", zone_id=ZONE, hostname="{hostname}.example.com", cert_id=pay.id,
    wait_seconds=30)
"""
UP = ("up", "--yes", "--skip-preview")
DESTROY = ("destroy", "--yes", "--skip-preview")
LONGEST = 120.0


def both(people: list[Project], *arguments: str) -> list[tuple[int, str]]:
    """Exit code and text of the same command of both, run at once."""
    return wait_for_ends([project.start(*arguments) for project in people])


def wait_for_ends(running: list[subprocess.Popen[str]]) -> list[tuple[int, str]]:
    texts = ["".join(process.communicate(timeout=LONGEST)) for process in running]
    assert not [text for text in texts if "Traceback" in text]
    return [(process.returncode, text) for process, text in zip(running, texts, strict=True)]


def hold_both(
    people: list[Project], cloudflare: SandboxProcess, method: str, path: str
) -> list[tuple[int, str]]:
    """`up` of both, whose first requests of this kind are carried out at the same moment."""
    cloudflare.fault("hold_before", method=method, path=path, times=2)
    running = [project.start(*UP) for project in people]
    cloudflare.wait_held(2, LONGEST)
    cloudflare.release()
    return wait_for_ends(running)


def conflicts(cloudflare: SandboxProcess) -> int:
    return sum(entry["status"] == 409 for entry in cloudflare.journal())


def test_two_who_upload_at_once_to_one_zone_both_end_well(
    people: list[Project], cloudflare: SandboxProcess
) -> None:
    found = cloudflare.state(settled=True)
    wanted = {}
    for project, hostname in zip(people, ("a", "b"), strict=True):
        wanted[f"{hostname}.example.com"] = project.pair("first").sha256
        project.write(LEVEL.format(pair="first", hostname=hostname))
    assert [code for code, _ in hold_both(people, cloudflare, "POST", "certificates$")] == [0, 0]
    assert conflicts(cloudflare) >= 1
    assert read_presented(cloudflare) == wanted
    assert [code for code, _ in both(people, *DESTROY)] == [0, 0]
    assert cloudflare.state(settled=True) == found


@pytest.mark.slow
def test_two_who_replace_their_certificates_at_once_both_end_well(
    people: list[Project], cloudflare: SandboxProcess
) -> None:
    pairs = {}
    for project, hostname in zip(people, ("a", "b"), strict=True):
        name = f"{hostname}.example.com"
        pairs[name] = [project.pair(pair).sha256 for pair in ("first", "second")]
        project.write(LEVEL.format(pair="first", hostname=hostname))
    assert [code for code, _ in both(people, *UP)] == [0, 0]
    at = cloudflare.now()
    for project, hostname in zip(people, ("a", "b"), strict=True):
        project.write(LEVEL.format(pair="second", hostname=hostname))
    assert [code for code, _ in hold_both(people, cloudflare, "POST", "certificates$")] == [0, 0]
    later = [row for row in cloudflare.presented_log(ZONE) if row["at"] > at]
    for hostname, (_, second) in pairs.items():
        rows = [r["certificate_sha256"] for r in later if r["hostname"] == hostname]
        assert rows == [second]
    for project in people:
        project.expect_no_changes("--refresh")


@pytest.mark.slow
def test_of_two_that_want_one_hostname_the_loser_says_so(
    people: list[Project], cloudflare: SandboxProcess
) -> None:
    """Both saw it free, and both bound it: the later one has it."""
    pairs = []
    for project in people:
        pairs.append(project.pair("first"))
        project.write(LEVEL.format(pair="first", hostname="a"))
    results = hold_both(people, cloudflare, "PUT", "hostnames$")
    assert sorted(code for code, _ in results) == [0, 1]
    loser = [code for code, _ in results].index(1)
    told = results[loser][1]
    assert "somebody else has changed it at the same time" in told
    assert "pulumi up --refresh" in told
    winner = read_presented(cloudflare)["a.example.com"]
    assert winner == pairs[1 - loser].sha256
    # The next one finds it bound already, and is refused before it writes anything.
    people[loser].up(code=1).line("error: CloudflareError:", "not of this stack", "overwrite=True")
    assert read_presented(cloudflare)["a.example.com"] == winner
    people[1 - loser].expect_no_changes("--refresh")


def read_presented(cloudflare: SandboxProcess) -> dict[str, str]:
    """What each hostname that anybody here bound shows."""
    return {
        hostname: row["certificate_sha256"]
        for hostname, row in cloudflare.presented_all(ZONE).items()
        if hostname in ("a.example.com", "b.example.com")
    }
