"""What would turn visitors away is refused, or said before: nothing is taken over in silence.

Each mistake is one that a reader makes: a line left empty, another zone's id, a certificate of
another CA or one that has ended, a zone that somebody else has configured before. The origins trust
one CA alone, so that each of these would cost requests.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from cryptography.hazmat.primitives import hashes

from tests.cli.project import CHECKOUT
from tests.origins import pki, servers
from tests.origins.pki import Signer
from tests.pki import Pair
from tests.sandbox_server import ZONE_IDS
from tests.with_real_servers.conftest import Print
from tests.with_real_servers.installation import ALL, AOP, LONG, ZONE, Installation, leaf

pytestmark = LONG
OTHER_ZONE = "example.net"


def ending(issuer: Signer, days: int) -> Pair:
    made = pki.make("origin-pull.example.com", issuer, days=days)
    return Pair(made.pem, made.key_pem, made.certificate.fingerprint(hashes.SHA256()).hex())


def verb(site: Installation, *arguments: str, given: str = "", code: int = 0) -> str:
    """What `python -m operations ARGUMENTS` prints in the project's folder, or why it fails."""
    folder = site.project.folder
    if not (folder / "operations").exists():
        shutil.copytree(CHECKOUT / "operations", folder / "operations")
        shutil.copy2(CHECKOUT / "VERSION", folder)
    done = subprocess.run(
        [sys.executable, "-m", "operations", *arguments],
        cwd=folder,
        env=site.project.workspace.environment_of(site.project.stack),
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    told = f"{arguments}: {done.returncode}, not {code}:\n{done.stdout}{done.stderr}"
    assert done.returncode == code, told
    return done.stderr if code and not done.stdout.startswith("{") else done.stdout


def preflight(site: Installation, code: int) -> dict[str, str]:
    """What preflight says of certificates, by how grave that is."""
    export = site.project.run("stack", "export").out
    told = verb(site, "preflight", "--state", "-", "--json", given=export, code=code)
    rows = json.loads(told)["results"]
    return {row["grade"]: row["text"] for row in rows if row["check"] == "certificate"}


def gate(site: Installation) -> str:
    """What the report of the pipelines says when its gate is closed."""
    plan = site.project.preview("--json", "--show-sames").out
    return verb(site, "report", "-", "--fail-on", "danger", given=plan, code=1)


def test_no_mistake_in_the_file_costs_a_request_without_a_word(
    site: Installation, show: Print, tmp_path: Path
) -> None:
    zone, own = leaf(site.first), leaf(site.first)
    site.want(zone=zone, own=own)
    project, good = site.project, site.project.config.read_text()
    project.up()
    before = site.certificates()
    with site.origins("on", site.first.pem), site.visited("mistakes") as figures:
        for key in ("zone_certificate", "hostname_certificates"):
            start = good.index(f"      {key}:")
            end = good.find("\n      hostname_certificates:", start + 1)
            project.config.write_text(good[:start] + f"      {key}:" + good[end:] * (end > 0))
            project.up(code=1).line("error: ", f'zones["{ZONE}"].{key}: has no value')

        first = "      zone_certificate:\n"
        project.config.write_text(good.replace(first, f"      shared_certificate:\n{first}"))
        project.up(code=1).line("error: ", f'zones["{ZONE}"].shared_certificate: has no value')

        key = f"private_key: file:.local/certificates/{project.stack}/zone.key\n"
        other_ca = site._write("second.pem", site.second.pem)
        project.config.write_text(good.replace(key, f"{key}        ca: file:{other_ca}\n"))
        project.up(code=1).line("error: ", "zone_certificate.ca: ", "CN=Origin Pull CA 1")

        project.config.write_text(good.replace(ZONE_IDS[ZONE], ZONE_IDS[OTHER_ZONE]))
        project.up(code=1).line(f"state knows this zone as {ZONE_IDS[ZONE]}", "moved_from")

        site.want(zone=ending(site.first, -1), own=own)
        project.up(code=1).line("error: ", "expired on")
        site.want(zone=ending(site.first, 5), own=own)
        assert "does not pass --fail-on expiry" in gate(site)
        site.want(zone=leaf(site.second), own=leaf(site.second))
        assert "does not pass --fail-on issuer" in gate(site)

        nowhere = tmp_path / "nowhere"
        verb(site, "issue", "zone", "--out", str(tmp_path / "new"), "--ca", str(nowhere), code=1)
        assert not nowhere.exists()
        assert site.certificates() == before
    show(figures)
    figures.hold()


def test_what_somebody_else_has_the_zone_present_is_named_before_it_is_displaced(
    site: Installation, show: Print
) -> None:
    foreign = leaf(site.first)
    body = {"certificate": foreign.certificate, "private_key": foreign.private_key}
    uploaded = str(site.sandbox.outside("POST", AOP, body)["id"])
    site.sandbox.outside("PUT", f"{AOP}/settings", {"enabled": True})
    site.sandbox.advance(60)
    assert site.certificates() == dict.fromkeys(ALL, foreign.sha256)
    zone, own = leaf(site.second), leaf(site.second)
    project = site.project
    # Hostnames that a first deployment lifts to a certificate of their own.
    site.want(own=own)
    told = preflight(site, code=0)["warning"]
    assert "shop.example.com" in told
    assert "of ANOTHER issuer" in told
    site.want(zone=zone, own=own)
    told = preflight(site, code=1)["problem"]
    assert f"presents zone certificate {foreign.sha256[:8]}" in told
    assert "of ANOTHER issuer" in told
    site.want(zone=zone)
    with site.origins("on", site.first.pem), site.visited("somebody else's zone") as figures:
        project.up(code=1).line(
            f"presents zone certificate {foreign.sha256[:8]} (id {uploaded[:8]})",
            "issued by CN=Origin Pull CA 1",
            "Nothing was changed",
            "overwrite",
        )
        assert site.certificates() == dict.fromkeys(ALL, foreign.sha256)
        site.reload("on", site.first.pem, site.second.pem)
        site.want(zone=zone, own=own)
        zone_id = f"      zone_id: {ZONE_IDS[ZONE]}\n"
        project.edit(zone_id, f"{zone_id}      overwrite: true\n")
        project.up()
        assert site.certificates() == site.wanted_certificates(zone, own)
    show(figures)
    figures.hold()


def test_the_configuration_that_origin_writes_by_default_turns_nobody_away(
    site: Installation, show: Print
) -> None:
    site.want(zone=leaf(site.first), own=leaf(site.first))
    site._write("ca.pem", site.first.pem)
    names = {name: server for name, server in ALL.items() if server == "nginx"}
    place = [
        "--server", "nginx",
        "--ca", f"{site.folder}/ca.pem", "--client-ca", f"{site.folder}/ca.pem",
        "--server-certificate", f"{site.folder}/server.pem",
        "--server-key", f"{site.folder}/server.key",
        "--address", "127.0.0.1", "--port", str(site.ports["nginx"]),
    ]  # fmt: skip
    with servers.application() as application:
        place += ["--upstream", f"127.0.0.1:{application.port}"]
        text = "".join(
            verb(site, "origin", name, "--stack", site.project.stack, *place,
                 "--log", str(site.log(name)))
            for name in names
        )  # fmt: skip
        with (
            servers.running("nginx", site.folder / "nginx", text, site.ports["nginx"]),
            site.visited("origin's default stage", names) as figures,
        ):
            site.project.up()
            assert site.levels() == site.wanted_levels("zone", "hostname")
    show(figures)
    figures.hold()
    seen = site.log("shop.example.com").read_text()
    assert 'verify="NONE"' in seen
    assert 'verify="SUCCESS"' in seen
