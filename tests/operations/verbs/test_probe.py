"""`probe` from the command line against real servers, and what it leaves behind: nothing."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from cryptography import x509

from operations.command import operations
from operations.verbs.probe import safe_line, split
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
        verb = ("origin", HOSTNAME, "--server", server, "--stage", "on", *stack, *own, *where)
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


@pytest.mark.parametrize("server", servers.PROGRAMS)
def test_issue_origin_and_probe_together_end_at_an_origin_that_refuses_everyone_else(
    server: str, serving: Serving, files: Files
) -> None:
    with serving(server, "--pin") as port:
        done = run(*at(port, *files.right, *files.ca, "--pinned"))
        said = json.loads(run(*at(port, *files.right, *files.ca, "--pinned", "--json")).stdout)
    assert done.stdout.splitlines()[-1] == "The origin refuses everyone else, as far as was asked."
    (address,) = said["addresses"]
    assert (said["verdict"], address["verdict"]) == ("refuses_others", "refuses_others")
    assert address["findings"] == []
    assert [line.partition(":")[0] for line in address["covers"]] == ["Asked", "Not asked"]
    assert "Not asked: other ports, addresses and hostnames" in done.stdout
    found = {a["case"]: a["verdict"] for a in address["attempts"]}
    assert found.pop("right") == found.pop("right_again") == "accepted"
    assert set(found.values()) == {"refused"}, found


@pytest.mark.parametrize("server", servers.PROGRAMS)
def test_the_cas_folder_is_enough_for_a_proof(server: str, serving: Serving, files: Files) -> None:
    with serving(server) as port:
        done = run(*at(port, "--issuer", str(files.made)))
    assert done.stdout.splitlines()[-1] == "The origin refuses everyone else, as far as was asked."


def test_the_stack_is_enough_for_a_proof(serving: Serving, files: Files) -> None:
    with serving("nginx", "--pin") as port:
        stack = ("--config", str(files.stack))
        said = json.loads(run(*at(port, *stack, "--json")).stdout)
        (files.made / f"{HOSTNAME}.key").unlink()
        done = run(*at(port, *stack), code=2)
    assert said["verdict"] == "refuses_others"
    assert "The right certificate is not presented: the private key " in done.stderr
    assert "right_not_shown" in done.stdout


def test_a_certificate_made_for_the_run_cannot_tell_a_pin_from_a_refusal(
    serving: Serving, files: Files
) -> None:
    with serving("nginx", "--pin") as port:
        done = run(*at(port, "--issuer", str(files.made)), code=2)
    assert "Where it pins, give --certificate and --key" in " ".join(done.stdout.split())


def test_a_copy_of_the_right_certificate_by_another_ca_is_found_to_pass(
    files: Files, serving: Serving
) -> None:
    """A server that compares numbers and names of a certificate that it never verified."""
    port = servers.free_port()
    number = x509.load_pem_x509_certificate(
        (files.made / f"{HOSTNAME}.pem").read_bytes()
    ).serial_number
    text = (
        f"server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {files.server};"
        f" ssl_certificate_key {files.server}.key; ssl_verify_client optional_no_ca;"
        f' if ($ssl_client_serial !~ "^0*{number:X}$") {{ return 403; }} return 200 app; }}'
    )
    with servers.running("nginx", files.folder / "careless", text, port):
        said = json.loads(run(*at(port, *files.right, "--json"), code=1).stdout)
    assert "accepts_wrong" in [f["code"] for f in said["addresses"][0]["findings"]]


def test_one_open_address_of_several_is_an_open_origin(
    serving: Serving, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving("nginx") as port:
        text = (
            f"server {{ listen 127.0.0.2:{port} ssl; ssl_certificate {files.server};"
            f" ssl_certificate_key {files.server}.key; return 200 app; }}"
        )
        named = at(port, "--issuer", str(files.made), "--timeout", "1")
        named = tuple(word.replace("127.0.0.1:", "origin.test:") for word in named)
        both = [(0, 0, 0, "", (ip, port)) for ip in ("127.0.0.1", "127.0.0.2")]
        monkeypatch.setattr(socket, "getaddrinfo", resolving(both))
        half = run(*named, code=2)
        with servers.running("nginx", files.folder / "second", text):
            listening("127.0.0.2", port)
            done = run(*named, code=1)
    assert (
        f"127.0.0.1 port {port}: The origin refuses everyone else, as far as was asked."
        in half.stdout
    )
    assert f"127.0.0.2 port {port}: Nothing is proven" in half.stdout
    assert (
        f"127.0.0.1 port {port}: The origin refuses everyone else, as far as was asked."
        in done.stdout
    )
    assert f"127.0.0.2 port {port}: The origin is open." in done.stdout
    assert done.stdout.splitlines()[-1] == "The origin is open."


def test_ipv4_and_ipv6_of_a_name_are_both_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    port = servers.free_port()
    both = [(0, 0, 0, "", ("127.0.0.1", port)), (0, 0, 0, "", ("::1", port, 0, 0))]
    monkeypatch.setattr(socket, "getaddrinfo", resolving(both))
    named = [word.replace("127.0.0.1:", "origin.test:") for word in at(port, "--json")]
    said = json.loads(run(*named, code=2).stdout)
    assert [one["address"] for one in said["addresses"]] == ["127.0.0.1", "::1"]


def resolving(found: list[Any]) -> Callable[..., Any]:
    """A resolver that knows one name more."""
    real = socket.getaddrinfo
    return lambda host, *rest, **more: found if host == "origin.test" else real(host, *rest, **more)


def listening(address: str, port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError):
            socket.create_connection((address, port), 1).close()
            return
        time.sleep(0.02)
    pytest.fail(f"nothing listens on {address}:{port}")


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
    assert code in [finding["code"] for finding in said["addresses"][0]["findings"]]


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
    (address,) = json.loads(done.stdout)["addresses"]
    verdicts = {a["case"]: a["verdict"] for a in address["attempts"]}
    assert verdicts["other_ca"] == verdicts["self_signed"] == "refused"
    assert {verdicts[case] for case in ("same_ca", "expired", "server_auth")} == {"left out"}
    (told,) = [finding["message"] for finding in address["findings"]]
    assert told.startswith("Not asked: another certificate of the same CA; an expired")
    assert "--issuer" in told


def test_a_ca_that_did_not_sign_the_right_certificate_makes_no_evidence(files: Files) -> None:
    other = files.folder / "other"
    run("issue", HOSTNAME, "--out", str(other))
    done = run(*at(9, *files.right, "--issuer", str(other)), code=3)
    (line,) = done.stderr.splitlines()
    assert "ca.pem did not sign the right certificate" in line


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


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL], ids=str
)
def test_a_probe_that_is_ended_leaves_no_key_behind(number: int, tmp_path: Path) -> None:
    """On Linux no key is ever in a file; elsewhere SIGKILL leaves the folder, mode 0700."""
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
        assert (list(tmp_path.iterdir()) == []) is hasattr(os, "memfd_create")
        process.send_signal(number)
        assert process.wait(30) != 0
    if number != signal.SIGKILL or hasattr(os, "memfd_create"):
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
    "a pin and nothing that is pinned": (("--pinned", "--issuer", "MADE"), "--pinned needs"),
    "two CAs": (("--issuer", "MADE", "--ca-key", "CAKEY"), "leave --ca-* out"),
    "two right ones": (("--certificate", "CERT", "--config", "YAML"), "leave --certificate out"),
    "a path with a space": (("--path", "/a b"), "is not a path"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_asked_is_one_line_and_ends_with_3(case: str, files: Files) -> None:
    words, said = WRONG[case]
    known = {
        "KEY": str(files.made / f"{HOSTNAME}.key"),
        "CERT": str(files.made / f"{HOSTNAME}.pem"),
        "CA": str(files.made / "ca.pem"),
        "CAKEY": str(files.made / "ca.key"),
        "YAML": str(files.stack),
        "MADE": str(files.made),
    }
    given: list[Any] = [known.get(word, word) for word in words]
    done = run("probe", HOSTNAME, "--address", "127.0.0.1:9", *given, code=3)
    (line,) = done.stderr.splitlines()
    assert said in line
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


@pytest.mark.parametrize("wrong", [["--http-port", "eighty"], ["--no-such-option"]])
def test_a_wrong_option_is_not_taken_for_unproven(wrong: list[str]) -> None:
    run("probe", HOSTNAME, "--address", "127.0.0.1:9", *wrong, code=3)
