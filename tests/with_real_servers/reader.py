"""Somebody at an origin's terminal who follows the pages of docs/: the origin is a real NGINX."""

from __future__ import annotations

import contextlib
import re
import shlex
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tests.docs.pages import DOCS, FENCE, Block, blocks
from tests.moved_clock import VARIABLES, MovedClock
from tests.origins import pki, servers
from tests.origins.pki import SERVER_AUTH
from tests.pipelines.checkout import Clone
from tests.sandbox_server import SandboxProcess
from tests.with_real_servers.installation import workers

SHOP = "shop.example.com"
LOOKING = ("pulumi preview", "tail", *(f"python -m operations {v}" for v in ("pr", "cov")))
# What differs from run to run: fingerprints and ids, dates and times, numbers, blanks.
VARYING = ((r"\b[0-9a-fA-F]{8,}\b(\.\.\.)?", "H"), (r"\d[\d:.TZ+-]*", "N"), (r"\s+", " "))


class Reader:
    """Somebody at an origin's terminal, with a clone of the project and the page before them.

    Their commands and the origin follow `clock`, where one is given.
    """

    def __init__(
        self, folder: Path, sandbox: SandboxProcess, clock: MovedClock | None = None
    ) -> None:
        self.clone = Clone(folder, sandbox)
        self.sandbox = sandbox
        self.exports: list[str] = []
        self.clone.environ |= clock.environ if clock else {}
        self.moved = clock.environ_of_servers if clock else {}
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
        file, _ = servers.write("nginx", self.etc, self.text, self._around)
        check, _ = servers.commands("nginx", self.etc, file)
        program = self.etc / "bin" / "nginx"
        program.write_text(f'#!/bin/sh\nexec {shlex.join(check[:-1])} "$@"\n')
        program.chmod(0o755)
        self.clone.environ["PATH"] = f"{program.parent}:{self.clone.environ['PATH']}"

    def _around(self, folder: Path, text: str) -> str:
        """NGINX hands no variable to its workers, unless it is told to."""
        passed = "".join(f"env {name};\n" for name in VARIABLES if self.moved)
        return passed + servers.AROUND["nginx"](folder, text)

    @contextlib.contextmanager
    def origin(self) -> Iterator[None]:
        """The origin, until the end of the block."""
        with servers.running(
            "nginx", self.etc, self.text, self.port, around=self._around, more=self.moved
        ):
            yield

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
        before = path.read_text() if path.exists() else ""
        salt = re.findall(r"^encryptionsalt:.*\n", before, re.MULTILINE)
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
