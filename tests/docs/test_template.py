"""`pulumi new` on this folder makes a project that works, as docs/start.md says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import blocks
from tests.pipelines.checkout import Clone
from tests.pki import ca_certificate, make

pytestmark = [pytest.mark.cli, pytest.mark.timeout(120)]


def fresh_clone(project: Path, folder: Path) -> None:
    """The tracked files and those that will be, as `git clone` gives them."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=project, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for name in listed.splitlines():
        source, target = project / name, folder / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())


def test_a_project_made_by_pulumi_new_can_be_previewed(tmp_path: Path) -> None:
    clone = Clone(tmp_path, None)
    fresh_clone(Path(__file__).resolve().parent.parent.parent, clone.folder / "cloudflare-aop")
    (new, enter) = next(
        (c, e) for b in blocks("start.md") for c, e in [b.commands[:2]] if "pulumi new" in c
    )
    done = clone.shell(new)
    assert "docs/start.md" in done.text
    made = clone.folder / enter.removeprefix("cd ")
    assert (made / "Pulumi.yaml").read_text().startswith("name: aop\n")
    assert (made / "docs" / "start.md").exists()
    (made / ".venv").symlink_to(sys.prefix)
    clone.folder = made
    for name in ("zone", "shop"):
        clone.write(f".local/certificates/dev/{name}.pem", (pair := make(name)).certificate)
        clone.write(f".local/certificates/dev/{name}.key", pair.private_key)
    clone.write(".local/certificates/dev/ca.pem", ca_certificate())
    clone.shell("pulumi stack init dev")
    assert "10 to create" in clone.shell("pulumi preview --stack dev").text
