"""The first hour of a stranger: `make up`, `make operations`, change a line, `make report`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.project import CHECKOUT
from tests.docs.test_template import fresh_clone

pytestmark = [pytest.mark.cli, pytest.mark.timeout(300)]


class Hour:
    """A fresh clone; what `make VERB` runs, without the installation of the packages."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        fresh_clone(CHECKOUT, folder)
        (folder / ".venv").symlink_to(sys.prefix)

    def make(self, verb: str, *arguments: str) -> str:
        call = (
            f"import sys; from bootstrap import demo; sys.exit(demo.{verb}('dev', *sys.argv[1:]))"
        )
        done = subprocess.run(
            [sys.executable, "-c", call, *arguments],
            cwd=self.folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr


def test_what_is_presented_and_what_a_changed_line_does_is_seen_without_an_account(
    tmp_path: Path,
) -> None:
    hour = Hour(tmp_path / "clone")
    file = hour.folder / "stacks" / "Pulumi.dev.yaml"
    try:
        hour.make("up")
        assert "shop.example.com" in hour.make("operations", "coverage")
        assert "Cloudflare has what the stack's state says." in hour.make("operations", "drift")
        line = "            - shop.example.com\n"
        before = file.read_text()
        assert before.count(line) == 1
        file.write_text(before.replace(line, line + "            - pay.example.com\n"))
        shown = hour.make("report")
        assert "1 hostname moves to a higher level" in shown
        assert "pay.example.com" in shown
        page = hour.folder / ".local" / "report-dev.html"
        assert page.relative_to(hour.folder).as_posix() in shown
        assert "pay.example.com" in page.read_text()
        assert file.read_text() == before.replace(line, line + "            - pay.example.com\n")
    finally:
        hour.make("down")
