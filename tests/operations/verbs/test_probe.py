"""`probe` from the command line against real servers, and what it leaves behind: nothing."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from operations.command import operations
from operations.verbs.probe import Given, at_hand, safe_line, split
from origins import SERVERS
from tests.operations.conftest import ZONE
from tests.origins import servers
from tests.origins.pki import SERVER_AUTH
from tests.origins.pki import make as server_certificate

PROJECT = Path(__file__).resolve().parents[3]
HOSTNAME = "shop.example.com"
Serving = Callable[..., AbstractContextManager[int]]


def run(*arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(operations, arguments)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.output
    assert "PRIVATE KEY" not in done.output
    return done


class Files:
    """Certificates from `issue`, the stack that shows them, the origin's own certificate."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.made = folder, folder / "made"
        said = json.loads(run("issue", HOSTNAME, "--out", str(self.made), "--json").stdout)
        zone = yaml.safe_load(said["configuration"]) | {"zone_id": ZONE}
        self.stack = folder / "Pulumi.test.yaml"
        self.stack.write_text(yaml.safe_dump({"config": {"aop:zones": {"example.com": zone}}}))
        signer = server_certificate(HOSTNAME, usage=SERVER_AUTH, names=(HOSTNAME,))
        self.server = folder / "server.pem"
        self.server.write_text(signer.pem)
        key = folder / "server.pem.key"
        key.touch(mode=0o600)
        key.write_text(signer.key_pem)

    @property
    def right(self) -> tuple[str, ...]:
        certificate, key = self.made / f"{HOSTNAME}.pem", self.made / f"{HOSTNAME}.key"
        return ("--certificate", str(certificate), "--key", str(key))

    @property
    def ca(self) -> tuple[str, ...]:
        return ("--ca-certificate", str(self.made / "ca.pem"), "--ca-key", f"{self.made}/ca.key")

    def configuration(self, server: str, port: int, upstream: int, *more: str) -> str:
        own = ("--server-certificate", str(self.server), "--server-key", f"{self.server}.key")
        where = ("--address", "127.0.0.1", "--port", str(port), "--upstream")
        default = ("--default-host",) if SERVERS[server].has_default_host else ()
        stack = ("--config", str(self.stack), "--ca", str(self.made / "ca.pem"))
        verb = ("origin", HOSTNAME, "--server", server, *stack, *own, *where)
        folder = self.folder / "written"
        run(*verb, f"127.0.0.1:{upstream}", *default, *more, "--write", str(folder), "--force")
        ends = (".conf", ".cfg", ".caddy")
        return "".join(p.read_text() for p in sorted(folder.iterdir()) if p.suffix in ends)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


@pytest.fixture
def serving(files: Files) -> Serving:
    """A real server with what `origin` writes; the port."""

    @contextmanager
    def start(server: str, *more: str) -> Iterator[int]:
        port = servers.free_port()
        with servers.application() as application:
            text = files.configuration(server, port, application.port, *more)
            with servers.running(server, files.folder / server, text, port):
                yield port

    return start


def at(port: int, *more: str) -> tuple[str, ...]:
    return ("probe", HOSTNAME, "--address", f"127.0.0.1:{port}", "--no-http", "--any-server", *more)


@pytest.mark.parametrize("server", SERVERS)
def test_issue_origin_and_probe_together_end_at_an_origin_that_refuses_everyone_else(
    server: str, serving: Serving, files: Files
) -> None:
    with serving(server, "--pin") as port:
        done = run(*at(port, *files.right, *files.ca, "--pinned"))
        said = json.loads(run(*at(port, *files.right, *files.ca, "--pinned", "--json")).stdout)
    assert done.stdout.splitlines()[-1] == "The origin refuses everyone else."
    assert (said["verdict"], said["findings"]) == ("refuses_others", [])
    found = {a["case"]: a["verdict"] for a in said["attempts"]}
    assert found.pop("right") == "accepted"
    assert set(found.values()) == {"refused"}, found


OPEN: dict[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "still optional": (("--stage", "optional"), (), "optional"),
    "no pin": ((), ("--pinned",), "pin_fails"),
}


@pytest.mark.parametrize("case", OPEN)
@pytest.mark.parametrize("server", ["nginx", "apache"])
def test_an_open_origin_ends_with_1(server: str, case: str, serving: Serving, files: Files) -> None:
    origin, more, code = OPEN[case]
    with serving(server, *origin) as port:
        said = json.loads(run(*at(port, *files.right, *files.ca, *more, "--json"), code=1).stdout)
    assert said["verdict"] == "open"
    assert code in [finding["code"] for finding in said["findings"]]


def test_an_origin_that_refuses_the_right_one_ends_with_1(serving: Serving, files: Files) -> None:
    other = files.folder / "other"
    run("issue", HOSTNAME, "--out", str(other))
    pair = ("--certificate", f"{other}/{HOSTNAME}.pem", "--key", f"{other}/{HOSTNAME}.key")
    with serving("nginx") as port:
        said = json.loads(run(*at(port, *pair, "--json"), code=1).stdout)
    assert said["verdict"] == "refuses_cloudflare"


def test_nothing_at_the_address_ends_with_2() -> None:
    done = run(*at(servers.free_port()), code=2)
    assert "Nothing is proven" in done.stdout


def test_without_the_cas_key_what_it_would_prove_is_left_out_and_said(
    serving: Serving, files: Files
) -> None:
    with serving("nginx") as port:
        done = run(*at(port, *files.right, "--json"))
    verdicts = {a["case"]: a["verdict"] for a in json.loads(done.stdout)["attempts"]}
    assert verdicts["other_ca"] == "refused"
    assert {verdicts[case] for case in ("same_ca", "expired", "server_auth")} == {"left out"}
    assert "are left out" in done.stderr


def test_the_certificates_are_wrong_in_one_way_each(files: Files, tmp_path: Path) -> None:
    right, ca = files.made / f"{HOSTNAME}.pem", files.made / "ca.pem"
    folder = tmp_path / "temporary"
    folder.mkdir()
    now = datetime.now(UTC)
    given = Given(right, files.made / f"{HOSTNAME}.key", ca, files.made / "ca.key")
    found = {
        case: x509.load_pem_x509_certificate(Path(client.certificate).read_bytes())
        for case, client in at_hand(given, folder, now).items()
    }
    issuer = x509.load_pem_x509_certificate(ca.read_bytes())
    assert {(c.subject, c.issuer) for c in found.values()} == {
        (found["right"].subject, issuer.subject)
    }
    for case in ("same_ca", "expired", "server_auth"):
        found[case].verify_directly_issued_by(issuer)
    with pytest.raises(InvalidSignature):
        found["other_ca"].verify_directly_issued_by(issuer)
    assert [case for case, c in found.items() if c.not_valid_after_utc < now] == ["expired"]
    purposes = {
        case: next(iter(c.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value))
        for case, c in found.items()
    }
    assert [case for case, p in purposes.items() if p == SERVER_AUTH] == ["server_auth"]
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


@contextmanager
def silent() -> Iterator[tuple[int, threading.Event]]:
    """An origin that takes connections and never answers; the event is the first of them."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        came = threading.Event()
        held = []

        def take() -> None:
            try:
                while True:
                    held.append(server.accept()[0])
                    came.set()
            except OSError:
                return

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        yield server.getsockname()[1], came
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
        for one in held:
            one.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=str)
def test_a_probe_that_is_ended_leaves_no_key_behind(number: int, tmp_path: Path) -> None:
    environ = {**os.environ, "TMPDIR": str(tmp_path)}
    with silent() as (port, came):
        process = subprocess.Popen(
            [sys.executable, "-m", "operations", *at(port, "--timeout", "2")],
            cwd=PROJECT,
            env=environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert came.wait(30)
        made = [path for path in tmp_path.iterdir() if path.name.startswith("aop-probe-")]
        assert [path.stat().st_mode & 0o777 for path in made] == [0o700]
        process.send_signal(number)
        assert process.wait(30) != 0
    assert list(tmp_path.iterdir()) == []


WRONG: dict[str, tuple[tuple[str, ...], str]] = {
    "no address": (("--address", "not an address"), "is not HOST[:PORT]"),
    "a port that is none": (("--address", "127.0.0.1:0"), "is not a port"),
    "a key alone": (("--key", "KEY"), "A key needs its certificate"),
    "a CA's key alone": (("--ca-key", "KEY"), "A key needs its certificate"),
    "a key of another": (("--certificate", "CERT", "--key", "CAKEY"), "match"),
    "a CA that is none": (("--ca-certificate", "CERT", "--ca-key", "KEY"), "is no CA"),
    "a CA's key of another": (
        ("--ca-certificate", "CA", "--ca-key", "KEY"),
        "does not belong to the certificate",
    ),
    "no PEM": (("--certificate", "YAML"), "holds no certificate"),
    "a path with a space": (("--path", "/a b"), "is not a path"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_asked_is_one_line_and_ends_with_2(case: str, files: Files) -> None:
    words, said = WRONG[case]
    known = {
        "KEY": str(files.made / f"{HOSTNAME}.key"),
        "CERT": str(files.made / f"{HOSTNAME}.pem"),
        "CA": str(files.made / "ca.pem"),
        "CAKEY": str(files.made / "ca.key"),
        "YAML": str(files.stack),
    }
    given: list[Any] = [known.get(word, word) for word in words]
    done = run("probe", HOSTNAME, "--address", "127.0.0.1:9", *given, code=2)
    lines = [line for line in done.stderr.splitlines() if "are left out" not in line]
    assert len(lines) == 1
    assert said in lines[0]
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [
        ("203.0.113.10", "203.0.113.10", 443),
        ("203.0.113.10:8443", "203.0.113.10", 8443),
        ("2001:db8::1", "2001:db8::1", 443),
        ("[2001:db8::1]:8443", "2001:db8::1", 8443),
        ("[2001:db8::1]", "2001:db8::1", 443),
        ("origin.example.net:8443", "origin.example.net", 8443),
    ],
)
def test_an_address_is_a_host_and_perhaps_a_port(address: str, host: str, port: int) -> None:
    assert split(address) == (host, port)


def test_an_origin_cannot_move_the_cursor() -> None:
    assert safe_line("  case   400 a\x1b[2Jb") == "  case   400 a\\u001b[2Jb"
