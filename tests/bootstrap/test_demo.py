"""What `make up` reads and shows around the CLI."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from bootstrap import PROJECT, Stop, demo

ZONES = {
    "dev": "023e105f4ecef8ad9ca31a8372d0c353",
    "staging": "1b2f4c8d6e0a49537c1d8e5f90a3b647",
    "prod": "2c3a5d9e7f1b4a648d2e9f60a1b4c758",
}


@pytest.mark.parametrize("stack", ZONES)
def test_the_zones_are_those_of_the_stack_file(stack: str) -> None:
    config = (PROJECT / "stacks" / f"Pulumi.{stack}.yaml").read_text()
    assert demo.zones_in(config) == [ZONES[stack]]


def test_a_zone_in_a_comment_is_none() -> None:
    assert demo.zones_in(f"# zone_id: {ZONES['dev']}\n  zone_id: '{ZONES['prod']}'\n") == [
        ZONES["prod"]
    ]


def test_the_table_says_which_certificate_each_hostname_shows_and_until_when() -> None:
    shown: list[dict[str, str | None]] = [
        {
            "hostname": "*",
            "level": "none",
            "certificate_sha256": None,
            "expires_on": None,
        },
        {
            "hostname": "shop.example.com",
            "level": "hostname",
            "certificate_sha256": "9f3a" * 16,
            "expires_on": "2027-11-24T12:31:38Z",
        },
    ]
    assert demo.table(map(demo.row, shown)).splitlines()[2:] == [
        "hostname          level     certificate (sha256)  ends",
        "any other         none      -                     -",
        "shop.example.com  hostname  9f3a9f3a9f3a9f3a      2027-11-24",
    ]


@pytest.mark.parametrize(
    ("state", "holds"),
    [
        pytest.param(None, False, id="never made"),
        pytest.param({"checkpoint": {"latest": None}}, False, id="made, never up"),
        pytest.param({"checkpoint": {"latest": {"resources": None}}}, False, id="destroyed"),
        pytest.param({"checkpoint": {"latest": {"resources": [{}]}}}, True, id="up"),
        pytest.param({"checkpoint": {"latest": {"pending_operations": [{}]}}}, True, id="cut off"),
    ],
)
def test_a_stack_without_resources_needs_no_destroy(
    tmp_path: Path, state: object, holds: bool
) -> None:
    path = tmp_path / "dev.json"
    if state is not None:
        path.write_text(json.dumps(state))
    assert demo.holds_resources(path) is holds


def lock(state: Path, content: str) -> Path:
    path = state / ".pulumi" / "locks" / "organization" / "aop" / "dev" / "1.json"
    path.parent.mkdir(parents=True)
    path.write_text(content)
    return path


def test_the_lock_of_a_cli_that_was_killed_is_dropped(tmp_path: Path) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    path = lock(tmp_path, json.dumps({"pid": ended.pid}))
    demo.drop_dead_locks(tmp_path)
    assert not path.exists()


def test_a_pid_that_another_program_has_now_is_dead_too(tmp_path: Path) -> None:
    path = lock(tmp_path, json.dumps({"pid": os.getpid()}))
    demo.drop_dead_locks(tmp_path)
    assert not path.exists()


def test_the_lock_of_a_cli_that_runs_stays(tmp_path: Path) -> None:
    sleep = shutil.which("sleep")
    assert sleep is not None
    running = subprocess.Popen([shutil.copy(sleep, tmp_path / "pulumi"), "60"])
    try:
        path = lock(tmp_path, json.dumps({"pid": running.pid}))
        demo.drop_dead_locks(tmp_path)
        assert path.exists()
    finally:
        running.kill()
        running.wait()


@pytest.mark.parametrize("content", ["", "{}", "[]"])
def test_a_lock_that_cannot_be_read_stays(tmp_path: Path, content: str) -> None:
    path = lock(tmp_path, content)
    demo.drop_dead_locks(tmp_path)
    assert path.exists()


def test_of_a_mistyped_path_no_certificate_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tracked, folder = tmp_path / "Pulumi.dev.yaml", tmp_path / "dev"
    there = "file:.local/certificates/dev/"
    tracked.write_text(
        f"certificate: {there}shop.pem\nprivate_key: {there}shop.key\nca: {there}ca.pem\n"
    )
    demo._make_certificates(tracked, folder)
    assert "a typo" not in capsys.readouterr().err
    before = {path.name for path in folder.iterdir()}
    tracked.write_text(f"certificate: {there}shopp.pem\nprivate_key: {there}shop.key\n")
    demo._make_certificates(tracked, folder)
    assert {path.name for path in folder.iterdir()} == before
    assert "shopp.pem without its other half: a typo?" in capsys.readouterr().err
    tracked.write_text(f"certificate: {there}pay.pem\nprivate_key: {there}pay.key\n")
    demo._make_certificates(tracked, folder)
    assert "pay (pay: not there before; a typo in Pulumi.dev.yaml?)" in capsys.readouterr().err


def test_a_stack_file_that_is_not_yaml_is_told_by_its_line(tmp_path: Path) -> None:
    tracked = tmp_path / "Pulumi.dev.yaml"
    tracked.write_text("config:\n\ta: 1\n")
    with pytest.raises(Stop, match=r"Pulumi\.dev\.yaml, line 2: .* spaces, not with a tab"):
        demo._require_yaml(tracked)
