"""State files that releases have written, and what is needed to preview them.

    tests/state/<version>/<stack>.json          `pulumi stack export`
    tests/state/<version>/Pulumi.<stack>.yaml   the configuration that it was made from
    tests/state/<version>/<stack>/<name>.pem    the certificates; their keys are nowhere

The stacks are those of the project, and `resources`, a program with every resource (below).
A release adds its folder with `python -m tests.state.record VERSION` and never changes another.
A resource that an earlier release did not have is in LATER: its state must not ask for one.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.cli.project import Project
from tests.stacks.promise import ALL

FOLDER = Path(__file__).resolve().parent
OF_THE_PROJECT = tuple(promise.stack for promise in ALL)
RESOURCES = "resources"
# Every resource and every option of theirs that state keeps.
PROGRAM = """
FOLDER = ".local/certificates/resources"


def own(name, **more):
    text = (PROJECT / FOLDER / f"{name}.pem").read_text()
    return {"certificate": text, "private_key": f"file:{FOLDER}/{name}.key", **more}


ZoneSetting("mode", zone_id=ZONE, setting="ssl", value="strict", on_destroy="restore")
uploads = UploadLedger("uploads", zone_id=ZONE, wait_seconds=60,
    zone_certificates={"zone": own("zone")["certificate"]},
    hostname_certificates={"one": own("one")["certificate"]})
noted = pulumi.ResourceOptions(depends_on=[uploads])
zone = ZoneCertificate("zone", zone_id=ZONE, opts=noted, **own("zone", wait_seconds=60))
after = pulumi.ResourceOptions(depends_on=[zone])
ZoneSetting("switch", zone_id=ZONE, setting="origin_tls_client_auth", value="on", opts=after,
    require_tls=False, token_env="CLOUDFLARE_API_TOKEN")
one = HostnameCertificate("one", zone_id=ZONE, opts=noted, **own("one"))
HostnameBinding("app", zone_id=ZONE, hostname="App.example.com.", cert_id=one.id,
    certificate_sha256=one.certificate_sha256, overwrite=True, wait_seconds=60)
HostnameBinding("dark", zone_id=ZONE, hostname="dark.example.com", cert_id=one.id, enabled=False)
HostnameBindings("map", zone_id=ZONE, guard=True, allow_removal=["b.example.com"],
    max_hostnames_per_certificate=50, bindings={
        "a.example.com": one.id,
        "b.example.com": {"cert_id": one.id, "enabled": False},
    })
"""
# What the program has besides, from a release on.
LATER = {
    "0.2.0": """
ExpiryAlert("alert", account_id="01a7362d577a6c3019a474fd6f485823", level="hostname",
    policy_name="certificates of hostnames", emails=["team@example.com", "B@example.com"],
    webhooks=["b115d5ec15c641ee8b7692c449b5227b"], enabled=False, wait_seconds=60)
""",
}


def program(version: str) -> str:
    """The program whose state a release has recorded."""
    number = _number(version)
    return PROGRAM + "".join(text for since, text in LATER.items() if _number(since) <= number)


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def certificates_of(stack: str) -> list[str]:
    """The names of a stack's certificates."""
    names = {promise.stack: promise.certificates for promise in ALL}
    return names.get(stack, ["one", "zone"])


def prepare(project: Project, version: str, configuration: Path | None) -> None:
    """The program of a release, and its configuration unless the project's own is wanted."""
    if project.stack == RESOURCES:
        project.write(program(version))
    if configuration is not None:
        shutil.copy(configuration, project.config)
