"""docs/reuse.md: the resources inside somebody's own program."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.cli.conftest import TIMES
from tests.cli.project import CHECKOUT
from tests.docs.pages import blocks
from tests.docs.test_template import fresh_clone
from tests.pipelines.checkout import Clone
from tests.pki import make
from tests.sandbox_server import SandboxProcess

pytestmark = [pytest.mark.cli, pytest.mark.slow, pytest.mark.timeout(240)]

PROJECT = (
    "name: another\nruntime:\n  name: python\n  options: {toolchain: pip, virtualenv: .venv}\n"
)
ADDRESS, TAG = "https://example.com/cloudflare-aop.git", "v0.2.0"


def published(clone: Clone, folder: Path) -> str:
    """A repository with the files of this checkout, under the tag `current`."""
    fresh_clone(CHECKOUT, folder)
    for who in ("AUTHOR", "COMMITTER"):
        clone.environ |= {f"GIT_{who}_NAME": "test", f"GIT_{who}_EMAIL": "test@example.com"}
    clone.shell(
        f"git -C {folder} init -q && git -C {folder} add -A"
        f" && git -C {folder} commit -q -m released && git -C {folder} tag current"
    )
    return str(folder)


def test_a_second_project_uses_the_folder_of_resources_alone(tmp_path: Path) -> None:
    with SandboxProcess(*TIMES) as sandbox:
        clone = Clone(tmp_path, sandbox)
        clone.folder = tmp_path / "another"
        clone.folder.mkdir()
        (clone.folder / ".venv").symlink_to(sys.prefix)
        upstream = published(clone, tmp_path / "published")
        clone.shell("git init -q && git commit -q --allow-empty -m begun")
        pair = make("pay")
        clone.write("Pulumi.yaml", PROJECT)
        clone.write("pay.pem", pair.certificate)
        clone.environ["PAY_KEY"] = pair.private_key
        for block in blocks("reuse.md"):
            if block.file:
                clone.write(block.file, block.text)
            for command in block.commands if block.is_run else ():
                clone.shell(command.replace(ADDRESS, upstream).replace(TAG, "current"))
        shown = sandbox.presented("example.com", "pay.example.com")
        assert (shown["level"], shown["certificate_sha256"]) == ("hostname", pair.sha256)
        (clone.folder / "__main__.py").write_text("raise SystemExit('the program is not run')\n")
        clone.shell("pulumi destroy --stack live --yes --skip-preview")
        assert sandbox.presented("example.com", "pay.example.com")["level"] != "hostname"
        assert clone.leaks([pair]) == []
