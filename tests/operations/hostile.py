"""Names from outside that would be Markdown, HTML, terminal codes or templates, and their plan."""

from __future__ import annotations

import json

from operations.plan.report import PlanReport
from tests.operations.plans import NEW, OLD, bindings, certificate, report

HOSTILE = {
    "html": "<img src=x onerror=alert(1)>.example.com",
    "script": "</title></code><script>alert(1)</script>",
    "a link": "[click](https://evil.example)",
    "an image": "![x](https://evil.example/x.png)",
    "a mention": "@everybody #1",
    "backticks": "a``b`c```.example.com",
    "only backticks": "``",
    "a heading": "x\n# DANGER: everything is fine\n\n- item",
    "end of details": "</details>\n<details>",
    "a table": "a | b | c",
    "a terminal code": "\x1b[2Jgone\x07",
    "a direction": "moc.elpmaxe\u202e.example.com",
    "a comment": "--> <!-- aop-report",
    "a template": "{{ 7 * 7 }}{% raw %}",
    "a format": "%s {0} {name}",
    "long": "a" * 5000,
    "empty": "",
}


def hostile(name: str) -> PlanReport:
    steps = [
        certificate("HostnameCertificate", OLD, NEW, name=name),
        bindings({name: OLD}, {name: NEW}, name=name, **{name or "x": "changes"}),
    ]
    steps[0]["newState"]["inputs"]["expires_on"] = name
    said = [{"severity": "warning", "urn": f"urn::{name}", "message": name}]
    config = {"aop:zones": json.dumps({name: {"zone_id": "023e105f4ecef8ad9ca31a8372d0c353"}})}
    return report(*steps, diagnostics=said, config=config)
