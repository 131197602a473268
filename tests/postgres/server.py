"""A PostgreSQL of the distribution's, on loopback, in a folder of its own, without any rights."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

from bootstrap.servers import locate

USER = "aop"
DATABASE = "postgres"
SECONDS = 60.0
# What is lost in a crash of the machine does not matter here.
OPTIONS = "-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories= -c fsync=off"


def as_unprivileged() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then it gets a user who owns nothing."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


class Postgres:
    """Starts on entry, ends on exit; `url(database)` is what PULUMI_BACKEND_URL takes."""

    def __init__(self) -> None:
        program = locate("postgres")
        if program is None:
            pytest.skip("needs server: postgres")
        self._programs = program.resolve().parent
        self._folder = Path(tempfile.mkdtemp(prefix="aop-postgres-"))
        self._data = self._folder / "data"
        self.password = secrets.token_hex(16)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]

    def url(self, database: str) -> str:
        place = f"127.0.0.1:{self.port}/{database}"
        return f"postgres://{USER}:{self.password}@{place}?sslmode=disable"

    def _run(self, program: str, *arguments: str) -> None:
        """A server inherits what its starter has open: output goes to a file, not to a pipe."""
        log = self._folder / "log"
        with log.open("a") as output:
            status = subprocess.run(
                [self._programs / program, *arguments],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=SECONDS,
                check=False,
                **as_unprivileged(),
            ).returncode
        assert status == 0, f"{program}: {log.read_text()[-2000:]}"

    def __enter__(self) -> Postgres:
        given = as_unprivileged()
        password = self._folder / "password"
        password.touch(mode=0o600)
        password.write_text(self.password)
        if given:
            for path in (self._folder, password):
                os.chown(path, given["user"], given["group"])
        self._run(
            "initdb",
            f"--pgdata={self._data}",
            f"--username={USER}",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--no-sync",
        )
        options = OPTIONS.format(port=self.port)
        self._run("pg_ctl", f"--pgdata={self._data}", f"--options={options}", "--wait", "start")
        return self

    def __exit__(self, *_: object) -> None:
        self._run("pg_ctl", f"--pgdata={self._data}", "--mode=immediate", "--wait", "stop")
        shutil.rmtree(self._folder)

    def ask(self, question: str, database: str = DATABASE) -> str:
        """The answer to one statement."""
        return subprocess.run(
            [
                self._programs / "psql",
                *("--host=127.0.0.1", f"--port={self.port}", f"--username={USER}"),
                *("--no-psqlrc", "--tuples-only", "--no-align", f"--command={question}"),
                database,
            ],
            env={"PATH": os.defpath, "PGPASSWORD": self.password},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
        ).stdout.strip()
