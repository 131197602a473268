"""Whatever the umask: what `make up` writes is for its owner alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bootstrap import PROJECT, certificates, demo, sandbox_process

pytestmark = [pytest.mark.cli, pytest.mark.timeout(300)]

OTHERS = 0o077


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A work folder in place of .local, made as carelessly as can be."""
    before = os.umask(0)
    folder = tmp_path / "local"
    folder.mkdir()
    monkeypatch.setattr(demo, "LOCAL", folder)
    yield folder
    sandbox_process.stop(folder)
    os.umask(before)


def test_nobody_else_can_read_keys_state_or_what_the_sandbox_holds(local: Path) -> None:
    config = (PROJECT / "stacks" / "Pulumi.dev.yaml").read_text()
    folder = local / "certificates" / "dev"
    certificates.ensure(folder, certificates.named_in(config, "dev"))
    demo.prepare("dev")
    assert local.stat().st_mode & OTHERS == 0
    secret = [*(local / "certificates").rglob("*.*"), *(local / "sandbox").rglob("*")]
    assert len(secret) >= 6, secret
    assert [path for path in secret if path.is_file() and path.stat().st_mode & OTHERS] == []
    assert (local / "sandbox").stat().st_mode & OTHERS == 0
    assert list((local / "state").rglob("dev.json"))
