"""`aop:alerts` in the file of a stack, under the real CLI: made, changed, and taken away."""

from __future__ import annotations

from typing import Any

import yaml

from tests.cli.conftest import Start
from tests.cli.project import REAL_CLI, Project
from tests.sandbox_server import SandboxProcess

pytestmark = REAL_CLI

ACCOUNT = "01a7362d577a6c3019a474fd6f485823"


def give(project: Project, alerts: Any) -> None:
    """Puts the alerts beside the zones of the stack's file."""
    data = yaml.safe_load(project.config.read_text())
    data["config"]["aop:alerts"] = alerts
    project.config.write_text(yaml.safe_dump(data))


def told(sandbox: SandboxProcess) -> dict[str, list[str]]:
    """Who is told, by the name of the policy."""
    return {
        policy["name"]: sorted(item["id"] for item in policy["mechanisms"]["email"])
        for policy in sandbox.state()["account"]["policies"]  # a list of the API may be older
        if "aop" in policy["alert_type"]
    }


def test_a_stack_tells_people_of_both_levels_and_then_of_one(
    start: Start, sandbox: SandboxProcess
) -> None:
    project = start("staging")
    project.pair("zone")
    alerts: dict[str, Any] = {"account_id": ACCOUNT, "emails": ["team@example.com"]}
    give(project, alerts)
    project.up()
    assert told(sandbox) == {
        "Origin pulls, staging: zone certificates end": ["team@example.com"],
        "Origin pulls, staging: hostname certificates end": ["team@example.com"],
    }
    project.expect_no_changes("--refresh")
    give(project, {**alerts, "levels": ["zone"], "emails": ["on-call@example.com"]})
    project.up()
    assert told(sandbox) == {
        "Origin pulls, staging: zone certificates end": ["on-call@example.com"]
    }
    give(project, None)
    refused = project.preview(code=1)
    assert refused.line("error: ", "aop:alerts is not a map with account_id and emails")
    assert told(sandbox)
