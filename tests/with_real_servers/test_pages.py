"""The pages of docs/ about this, followed command by command: the origin is a real NGINX, and a
visitor asks all the while. A block ```text is the output that the commands before it print; one
with a further word is from elsewhere."""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import httpx
import pytest

from tests.docs.pages import DOCS, FENCE, Block, blocks
from tests.origins import pki, servers
from tests.origins.pki import SERVER_AUTH
from tests.pipelines.checkout import Clone
from tests.sandbox_server import SandboxProcess
from tests.with_real_servers.conftest import Print, without_aop
from tests.with_real_servers.installation import API, LONG, workers
from tests.with_real_servers.visit import visit

pytestmark = LONG
SHOP = "shop.example.com"
LOOKING = ("pulumi preview", "tail", *(f"python -m operations {v}" for v in ("pr", "cov")))
# What differs from run to run: fingerprints and ids, dates and times, numbers, blanks.
VARYING = ((r"\b[0-9a-fA-F]{8,}\b(\.\.\.)?", "H"), (r"\d[\d:.TZ+-]*", "N"), (r"\s+", " "))


class Reader:
    """Somebody at an origin's terminal, with a clone of the project and the page before them."""

    def __init__(self, folder: Path, sandbox: SandboxProcess) -> None:
        self.clone = Clone(folder, sandbox)
        self.sandbox = sandbox
        self.exports: list[str] = []
        self.etc = folder / "nginx"
        self.port, self.application = servers.free_port(), servers.free_port()
        for name in ("", "conf.d", "bin"):
            (self.etc / name).mkdir()
        server = pki.make(SHOP, usage=SERVER_AUTH, names=(SHOP,))
        (self.etc / "shop.pem").write_text(server.pem)
        (self.etc / "shop.key").write_text(server.key_pem)
        self._nginx()
        (self.clone.folder / "shared-ca.pem").write_text(sandbox.shared()["ca"])
        sandbox.origins(**{"*": f"127.0.0.1:{self.port}"})

    def _nginx(self) -> None:
        """As a distribution delivers it, with a site that verifies nothing; `nginx` runs it."""
        site = (
            f"server {{ listen 127.0.0.1:{self.port} ssl; server_name {SHOP};"
            f" ssl_certificate {self.etc}/shop.pem; ssl_certificate_key {self.etc}/shop.key;"
            f" location / {{ proxy_pass http://127.0.0.1:{self.application}; }} }}\n"
        )
        (self.etc / "conf.d" / "shop.conf").write_text(site)
        self.text = (
            f'server {{ listen 127.0.0.1:{self.application}; return 200 "the application\\n"; }}\n'
            f"include {self.etc}/conf.d/*.conf;\n"
        )
        file, _ = servers.write("nginx", self.etc, self.text)
        check, _ = servers.commands("nginx", self.etc, file)
        program = self.etc / "bin" / "nginx"
        program.write_text(f'#!/bin/sh\nexec {shlex.join(check[:-1])} "$@"\n')
        program.chmod(0o755)
        self.clone.environ["PATH"] = f"{program.parent}:{self.clone.environ['PATH']}"

    def here(self, command: str) -> str:
        """The page's command or file, with this machine's ports and folders."""
        place = {"address": "127.0.0.1", "port": self.port}
        place["upstream"] = f"127.0.0.1:{self.application}"
        keys = "".join(f"\n        {key}: {value}" for key, value in place.items())
        for there, here in (
            ("server: nginx", f"server: nginx{keys}"),
            ("--address 203.0.113.10", f"--address 127.0.0.1:{self.port} --no-http --any-server"),
            (f"{SHOP}:443:203.0.113.10", f"{SHOP}:{self.port}:127.0.0.1"),
            (f"https://{SHOP}/", f"https://{SHOP}:{self.port}/"),
            ("/etc/nginx", str(self.etc)),
            ("/var/log/nginx", str(self.etc)),
        ):
            command = command.replace(there, here)
        return command

    def write(self, block: Block) -> None:
        """The file of a block; the stack keeps its salt, as in an editor."""
        path = self.clone.folder / block.file
        salt = re.findall(r"^encryptionsalt:.*\n", path.read_text(), re.MULTILINE)
        path.write_text(self.here(block.text) + "".join(salt))

    def run(self, commands: list[str]) -> str:
        shown = ""
        for command in commands:
            if command.startswith("export "):
                self.exports.append(self.here(command))
                continue
            before = workers(self.etc)
            script = "\n".join([*self.exports, self.here(command)])
            shown += self.clone.shell(script, code_of(command)).text
            end = time.monotonic() + 30
            while "-s reload" in command and before & workers(self.etc):
                assert time.monotonic() < end, "the old workers do not go"
                time.sleep(0.1)
            time.sleep(2 if command.startswith("pulumi up") else 0)
        return shown

    def follow(self, page: str) -> None:
        """All blocks: files are written, commands run, and what they print is compared."""
        shown = ""
        for block in blocks(page):
            if block.file:
                self.write(block)
            elif block.is_run:
                shown = self.run(block.commands)
            elif block.kind == "text" and not block.more:
                assert unseen(block.text, shown) == [], shown

    def roll_out(self) -> None:
        """Where docs/rollout.md is before its end, without the commands that only look."""
        before, _, _ = (DOCS / "rollout.md").read_text().partition("## Taking it all down")
        for block in islice(blocks("rollout.md"), len(FENCE.findall(before))):
            if block.file:
                self.write(block)
            elif block.is_run:
                self.run([c for c in block.commands if not c.startswith(LOOKING)])


def code_of(command: str) -> int:
    """The exit code that the pages promise."""
    if "operations drift" in command:
        return 7
    if "operations probe" in command:
        return 0 if "--certificate" in command or "$RIGHT" in command else 1
    return 0


def unseen(text: str, shown: str) -> list[str]:
    """The lines of a page's output that the commands before it did not print this time."""
    seen = {likeness(line) for line in shown.splitlines()}
    return [line for line in text.splitlines() if likeness(line) not in seen]


def likeness(line: str) -> str:
    for pattern, word in VARYING:
        line = re.sub(pattern, word, line)
    return line.strip()


@pytest.fixture
def reader(tmp_path: Path, sandbox: SandboxProcess) -> Iterator[Reader]:
    servers.program("nginx")
    without_aop(sandbox)
    reader = Reader(tmp_path, sandbox)
    with servers.running("nginx", reader.etc, reader.text, reader.port):
        yield reader


def test_following_the_page_about_rolling_out_costs_no_request(reader: Reader, show: Print) -> None:
    with visit("docs/rollout.md", reader.sandbox.edge, [SHOP]) as figures:
        reader.follow("rollout.md")
    show(figures)
    figures.hold()


def test_following_the_page_about_rotation_costs_no_request(reader: Reader, show: Print) -> None:
    reader.roll_out()
    with visit("docs/rotation.md", reader.sandbox.edge, [SHOP]) as figures:
        reader.follow("rotation.md")
    show(figures)
    figures.hold()


def test_following_the_page_for_the_night_lets_visitors_in_and_locks_a_leaked_key_out(
    reader: Reader,
) -> None:
    reader.roll_out()
    reader.sandbox.outside("PATCH", f"{API}/settings/ssl", {"value": "flexible"})
    reader.follow("incident.md")
    shown = reader.sandbox.presented("example.com", SHOP)
    assert shown["level"] == "hostname"
    answer = httpx.get(reader.sandbox.edge, headers={"Host": SHOP})
    assert (answer.status_code, answer.text) == (200, "the application\n")
