"""docs/upgrade.md: a copy of 0.1.0 with its state takes the code of today, and nobody notices."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from collections.abc import Iterator
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
UP = "pulumi up --stack dev --yes --skip-preview"
THEIRS = ("stacks", "certificates")
PROGRAMS = ("dev.py", "staging.py", "prod.py")


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
    for module in (CHECKOUT / "stacks").glob("*.py"):
        if module.name not in PROGRAMS:
            shutil.copy2(module, folder / "stacks")
    shutil.copy2(CHECKOUT / "__main__.py", folder)


@pytest.fixture
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess(*TIMES) as sandbox:
        yield sandbox


@pytest.fixture
def clone(tmp_path: Path, sandbox: SandboxProcess) -> Clone:
    """A copy of 0.1.0 whose stack dev is in force."""
    clone = Clone(tmp_path, sandbox)
    old_tree(clone.folder)
    for name in ("zone", "shop"):
        pair = make(f"{name}.dev")
        clone.write(f".local/certificates/dev/{name}.pem", pair.certificate)
        clone.write(f".local/certificates/dev/{name}.key", pair.private_key)
    clone.shell("pulumi stack init dev")
    clone.shell(UP)
    sandbox.clear_journal()
    return clone


def writes(sandbox: SandboxProcess) -> set[str]:
    return {entry["method"] for entry in sandbox.journal()} - {"GET"}


def test_a_copy_of_0_1_0_is_upgraded_with_its_state(clone: Clone, sandbox: SandboxProcess) -> None:
    new_code(clone.folder)
    clone.shell(UP)
    assert writes(sandbox) == set()
    clone.shell("pulumi preview --stack dev --refresh --expect-no-changes")
    clone.shell("pulumi destroy --stack dev --yes --skip-preview")


def test_the_way_back_is_the_state_from_before_and_the_old_code(
    clone: Clone, sandbox: SandboxProcess
) -> None:
    """As docs/upgrade.md says: without that state the old code stops, and nothing is lost."""
    clone.shell("pulumi stack export --stack dev --file before.json")
    new_code(clone.folder)
    clone.shell(UP)
    old_tree(clone.folder)
    with pytest.raises(AssertionError, match="ModuleNotFoundError"):
        clone.shell("pulumi refresh --stack dev --yes --skip-preview")
    clone.shell("pulumi stack import --stack dev --file before.json")
    clone.shell("pulumi preview --stack dev --refresh --expect-no-changes")
    new_code(clone.folder)
    clone.shell(UP)
    assert writes(sandbox) == set()
    clone.shell("pulumi preview --stack dev --refresh --expect-no-changes")
