"""docs/upgrade.md: a copy of 0.1.0 with its state takes the code of today, and nobody notices."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

import pytest

from tests.cli.conftest import TIMES
from tests.cli.project import CHECKOUT
from tests.pipelines.checkout import PARTS, Clone
from tests.pki import make
from tests.sandbox_server import SandboxProcess

pytestmark = [pytest.mark.cli, pytest.mark.slow, pytest.mark.timeout(240)]

# The tree of 0.1.0.
OLD = "e9b543f02cc2"
THEIRS = ("stacks", "certificates")


def old_tree(folder: Path) -> None:
    """The code of 0.1.0 in place of that of today."""
    packed = subprocess.run(
        ["git", "archive", OLD, "providers", "stacks", "origins", "operations", "__main__.py"],
        cwd=CHECKOUT, capture_output=True, check=False,
    )  # fmt: skip
    if packed.returncode:
        pytest.skip("this clone is shallow: it has no commit of 0.1.0")
    for part in ("providers", "stacks", "origins", "operations", "issuers"):
        shutil.rmtree(folder / part)
    with tarfile.open(fileobj=BytesIO(packed.stdout)) as content:
        content.extractall(folder, filter="data")


def new_code(folder: Path) -> None:
    """What the page says: everything but what is theirs."""
    for part in PARTS:
        if part not in THEIRS and (CHECKOUT / part).is_dir():
            shutil.rmtree(folder / part, ignore_errors=True)
            shutil.copytree(CHECKOUT / part, folder / part)
    for module in ("__init__", "config", "protected_zone", "origin", "alerts"):
        shutil.copy2(CHECKOUT / "stacks" / f"{module}.py", folder / "stacks")
    shutil.copy2(CHECKOUT / "__main__.py", folder)


def test_a_copy_of_0_1_0_is_upgraded_with_its_state(tmp_path: Path) -> None:
    with SandboxProcess(*TIMES) as sandbox:
        clone = Clone(tmp_path, sandbox)
        old_tree(clone.folder)
        for name in ("zone", "shop"):
            pair = make(f"{name}.dev")
            clone.write(f".local/certificates/dev/{name}.pem", pair.certificate)
            clone.write(f".local/certificates/dev/{name}.key", pair.private_key)
        clone.shell("pulumi stack init dev")
        clone.shell("pulumi up --stack dev --yes --skip-preview")
        before = sandbox.state(settled=True)
        new_code(clone.folder)
        sandbox.clear_journal()
        clone.shell("pulumi up --stack dev --yes --skip-preview")
        assert sandbox.state(settled=True) == before
        assert {entry["method"] for entry in sandbox.journal()} <= {"GET"}
        clone.shell("pulumi preview --stack dev --refresh --expect-no-changes")
        clone.shell("pulumi destroy --stack dev --yes --skip-preview")
