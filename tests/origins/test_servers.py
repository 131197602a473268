"""Real NGINX, Apache, HAProxy and Caddy: they accept every text, and do what it promises."""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from origins import (
    ClientCertificate,
    Origin,
    ProbeReport,
    bundle,
    cloudflare_ca,
    configuration,
    pin,
)
from origins.attempt import ACCEPTED, REFUSED, UNCLEAR, Question, ask
from origins.connection import VERSIONS
from origins.evidence import RIGHT
from origins.report import REFUSES_OTHERS
from tests.cli.project import CHECKOUT

from . import servers
from .conftest import Running
from .pki import HOSTNAME, Folder
from .servers import Application

every_server = pytest.mark.parametrize("server", servers.SERVERS)
every_version = pytest.mark.parametrize("version", ["1.2", "1.3"])
ON_OPENSSL = [name for name in servers.SERVERS if servers.family(name) != "caddy"]
Make = Callable[..., Origin]


def variants(folder: Folder, tmp_path: Path, server: str) -> dict[str, dict[str, Any]]:
    pins = (pin(folder.right.pem), pin(folder.below.pem))
    log = "/dev/log" if servers.family(server) == "haproxy" else str(tmp_path / "access.log")
    crl = {} if servers.family(server) == "caddy" else {"crl": folder.file("crl.pem")}
    return {
        "on": {},
        "closed": {"readable": False},
        "everything": {"pins": pins, "log": log, "depth": 2, **crl},
        "optional": {"stage": "optional"},
        "optional, everything": {"stage": "optional", "pins": pins, "log": log, **crl},
        "two authorities": {"authorities": bundle(folder.root.pem, cloudflare_ca.read())},
        "every address": {"address": "*"},
        "default": {"hostname": None},
        "a strange path": {} if server == "haproxy" else {"log": f"{tmp_path}/a @+=,:~-b.log"},
    }


def test_a_port_that_another_process_of_the_tests_was_given_is_given_to_nobody_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code = f"from {servers.__name__} import free_port; print(free_port(), flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        given = int(other.stdout.readline())
        numbers = [given - 20000, secrets.randbelow(12000), secrets.randbelow(12000)]
        monkeypatch.setattr(secrets, "randbelow", lambda below: numbers.pop(0))
        assert servers.free_port() != given
        other.communicate(b"\n")


@every_server
def test_the_server_accepts_every_text(
    server: str, origin: Make, folder: Folder, tmp_path: Path
) -> None:
    for name, known in variants(folder, tmp_path, server).items():
        text = configuration(servers.kind(server), origin(**known))
        servers.check(server, tmp_path / name.replace(" ", ""), text)


def asked(
    origin: Origin, folder: Folder, client: str | None, version: str = "1.3", host: str = HOSTNAME
) -> str:
    """The verdict of one request."""
    files = ClientCertificate(folder.file(f"{client}.pem"), folder.file(f"{client}.pem.key"))
    question = Question(
        origin.address, origin.port, host, "/", 5, version, host, files if client else None
    )
    return ask(question).verdict


@every_server
@pytest.mark.parametrize("readable", [True, False], ids=["readable", "closed"])
def test_the_origin_refuses_everyone_else(
    server: str,
    readable: bool,
    started: Running,
    folder: Folder,
    probed: Callable[..., ProbeReport],
) -> None:
    with started(server, readable=readable, pins=(pin(folder.right.pem),)) as origin:
        report = probed(origin.port, pinned=True)
    assert (report.verdict, report.findings) == (REFUSES_OTHERS, ()), report.table()
    assert {a.verdict for a in report.attempts if a.case not in RIGHT} == {REFUSED}
    assert {a.verdict for a in report.of(*RIGHT)} == {ACCEPTED}


@every_server
@pytest.mark.parametrize("name", ["_my_shop.example.com", "xn--bcher-kva.example.com"])
def test_every_hostname_that_the_configuration_takes_is_served_and_guarded(
    server: str,
    name: str,
    started: Running,
    folder: Folder,
    probed: Callable[..., ProbeReport],
) -> None:
    with started(server, hostname=name, pins=(pin(folder.right.pem),)) as origin:
        report = probed(origin.port, hostname=name, verify_server=False, pinned=True)
    assert (report.verdict, report.findings) == (REFUSES_OTHERS, ()), report.table()
    assert {a.verdict for a in report.attempts if a.case not in RIGHT} == {REFUSED}


def test_who_names_no_host_gets_no_page_of_nginxs_default_server(
    started: Running, probed: Callable[..., ProbeReport]
) -> None:
    with started("nginx") as origin:
        report = probed(origin.port)
    found = [a.answer for a in report.attempts if a.request == "no Host"]
    assert found
    assert {(answer.closed, answer.status) for answer in found} == {(True, None)}


@every_server
def test_a_visitor_without_a_certificate_reads_why(
    server: str, started: Running, probed: Callable[..., ProbeReport]
) -> None:
    with started(server) as origin:
        report = probed(origin.port)
    assert {a.answer.status for a in report.of("none") if a.tls in VERSIONS} == {403}


@every_server
@pytest.mark.parametrize("stage", ["on", "optional"])
def test_the_application_hears_only_what_the_server_verified(
    server: str, stage: str, started: Running, folder: Folder, application: Application
) -> None:
    heard = {}
    with started(server, stage=stage, pins=(pin(folder.right.pem),)) as origin:
        for client in (None, "right", "same_ca"):
            application.seen.clear()
            servers.get(origin.port, HOSTNAME, client and folder.file(f"{client}.pem"))
            heard[client] = [servers.outcomes_of(headers) for headers in application.seen]
    assert heard["right"] == [["SUCCESS"]]
    for client in (None, "same_ca"):
        assert len(heard[client]) == (stage == "optional")
        assert ["SUCCESS"] not in heard[client]


@every_server
def test_the_optional_stage_lets_in_who_has_no_certificate_or_one_of_an_unknown_ca(
    server: str, started: Running, folder: Folder
) -> None:
    # Caddy cannot let in a wrong one; its text says so.
    expected = REFUSED if servers.family(server) == "caddy" else ACCEPTED
    with started(server, stage="optional", authorities=folder.next_root.pem) as origin:
        assert asked(origin, folder, None) == ACCEPTED
        assert asked(origin, folder, "successor") == ACCEPTED
        assert asked(origin, folder, "right") == expected
        assert asked(origin, folder, "below") == expected


@every_server
@every_version
def test_while_authorities_are_replaced_both_pass(
    server: str, version: str, started: Running, folder: Folder
) -> None:
    both = bundle(folder.root.pem, folder.next_root.pem)
    with started(server, authorities=both) as origin:
        assert asked(origin, folder, "right", version) == ACCEPTED
        assert asked(origin, folder, "successor", version) == ACCEPTED
    with started(server, authorities=bundle(folder.next_root.pem)) as origin:
        assert asked(origin, folder, "right", version) == REFUSED


@every_server
def test_a_chain_with_an_intermediate_passes_with_its_depth(
    server: str, started: Running, folder: Folder
) -> None:
    with started(server, depth=2) as origin:
        assert asked(origin, folder, "below") == ACCEPTED
        assert asked(origin, folder, "bare") == REFUSED


@every_server
@every_version
def test_a_certificate_that_signed_itself_passes_where_it_is_trusted_and_no_other_does(
    server: str, version: str, started: Running, folder: Folder
) -> None:
    with started(server, authorities=bundle(folder.own_anchor.pem)) as origin:
        assert asked(origin, folder, "own_anchor", version) == ACCEPTED
        assert asked(origin, folder, "right", version) == REFUSED


@pytest.mark.parametrize("server", ON_OPENSSL)
def test_a_revoked_certificate_is_refused(server: str, started: Running, folder: Folder) -> None:
    with started(server, crl=folder.file("crl.pem")) as origin:
        assert asked(origin, folder, "right") == ACCEPTED
        assert asked(origin, folder, "same_ca") == REFUSED


@every_server
@every_version
def test_another_host_is_refused_even_with_the_right_certificate(
    server: str, version: str, started: Running, folder: Folder
) -> None:
    with started(server) as origin:
        found = asked(origin, folder, "right", version, host="other.example.com")
    # Most say so with a name's own status or alert; none serves the application.
    assert found in (REFUSED, UNCLEAR)


@pytest.mark.parametrize("server", ON_OPENSSL)
def test_openssl_trusts_no_intermediate_alone(
    server: str, started: Running, folder: Folder
) -> None:
    with started(server, depth=2, authorities=folder.intermediate.pem) as origin:
        assert asked(origin, folder, "below") == REFUSED


def test_a_missing_server_is_left_out_with_a_reason_that_can_be_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(pytest.skip.Exception, match=r"^needs server: nginx"):
        servers.program("nginx")
