"""Bad input ends in the preview: one line for the person, without secrets, without a request."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.project import REAL_CLI, Project
from tests.pki import make

pytestmark = REAL_CLI

OTHER_KEY = make("other").private_key
CERT_ID = "2458ce5a-0c35-4c7f-82c7-8e9487d3ff60"
CASES = {
    "ZoneSetting": (
        'ZoneSetting("x", zone_id=ZONE, setting="tls_client_auth", value="maybe")',
        ["value: tls_client_auth takes on or off"],
    ),
    "ZoneCertificate": (
        'ZoneCertificate("x", zone_id=ZONE, **pair("ca"))',
        ["certificate: is a CA"],
    ),
    "HostnameCertificate": (
        f"""
        HostnameCertificate("x", zone_id=ZONE, certificate=pair("a")["certificate"],
            private_key=pulumi.Output.secret({OTHER_KEY!r}))
        """,
        ["private_key: does not belong to certificate"],
    ),
    "HostnameBinding": (
        f'HostnameBinding("x", zone_id=ZONE, hostname="app example com", cert_id="{CERT_ID}")',
        ["hostname: is not a hostname"],
    ),
    "HostnameBindings": (
        f"""
        HostnameBindings("x", zone_id=ZONE,
            bindings={{"App.example.com": "{CERT_ID}", "app.example.com.": "{CERT_ID}"}})
        """,
        ["bindings: ", "app.example.com stands twice", "App.example.com"],
    ),
}


@pytest.mark.parametrize("kind", CASES)
def test_a_fault_of_input_is_one_line_in_the_preview(kind: str, tmp_path: Path) -> None:
    project = Project(tmp_path, None, "test")
    project.pair("a")
    project.pair("ca", is_ca=True)
    body, parts = CASES[kind]
    project.write(body)
    told = project.preview(code=1)
    line = told.line("error:", f"aop:{kind} resource 'x' has a problem: ", *parts)
    assert line.endswith(".") or "; " in line
    assert not any(secret in told.text for secret in OTHER_KEY.split()[3:-3])
