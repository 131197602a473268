"""docs/reuse.md: the resources inside somebody's own program."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import TIMES
from tests.cli.project import CHECKOUT
from tests.docs.pages import blocks
from tests.pipelines.checkout import LEFT, Clone
from tests.pki import make
from tests.sandbox_server import SandboxProcess

pytestmark = [pytest.mark.cli, pytest.mark.slow, pytest.mark.timeout(240)]

PROJECT = (
    "name: another\nruntime:\n  name: python\n  options: {toolchain: pip, virtualenv: .venv}\n"
)


def test_a_second_project_uses_the_folder_of_resources_alone(tmp_path: Path) -> None:
    with SandboxProcess(*TIMES) as sandbox:
        clone = Clone(tmp_path, sandbox)
        clone.folder = tmp_path / "another"
        clone.folder.mkdir()
        (clone.folder / ".venv").symlink_to(sys.prefix)
        shutil.copytree(CHECKOUT / "providers", clone.folder / "providers", ignore=LEFT)
        pair = make("pay")
        clone.write("Pulumi.yaml", PROJECT)
        clone.write("pay.pem", pair.certificate)
        clone.environ["PAY_KEY"] = pair.private_key
        for block in blocks("reuse.md"):
            if block.file:
                clone.write(block.file, block.text)
            for command in block.commands if block.is_run else ():
                clone.shell(command)
        shown = sandbox.presented("example.com", "pay.example.com")
        assert (shown["level"], shown["certificate_sha256"]) == ("hostname", pair.sha256)
        (clone.folder / "__main__.py").write_text("raise SystemExit('the program is not run')\n")
        clone.shell("pulumi destroy --stack live --yes --skip-preview")
        assert sandbox.presented("example.com", "pay.example.com")["level"] != "hostname"
        assert clone.leaks([pair]) == []
