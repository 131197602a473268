"""Current code reads the state that earlier releases wrote, and finds nothing to change."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.cli.project import REAL_CLI, Project
from tests.state.recorded import FOLDER, prepare

FILES = sorted(FOLDER.glob("*/*.json"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
class TestRecordedState:
    pytestmark = REAL_CLI

    def test_a_preview_of_it_changes_nothing(self, file: Path, tmp_path: Path) -> None:
        project = Project(tmp_path, None, file.stem)
        prepare(project, file.parent.name, file.parent / f"Pulumi.{file.stem}.yaml")
        for pem in (file.parent / file.stem).glob("*.pem"):
            shutil.copy(pem, project.certificates)
        project.run("stack", "import", "--file", str(file))
        told = project.expect_no_changes("--diff")
        assert "warning" not in told.text


def test_every_resource_and_every_stack_is_recorded() -> None:
    kinds = {
        resource["type"].removeprefix("pulumi-python:dynamic/aop:")
        for file in FILES
        for resource in json.loads(file.read_text())["deployment"]["resources"]
    }
    certificates = {"ZoneCertificate", "HostnameCertificate", "UploadLedger"}
    assert {"ZoneSetting", "HostnameBinding", "HostnameBindings"} | certificates <= kinds
    assert {file.stem for file in FILES} >= {"dev", "staging", "prod", "resources"}


def test_no_private_key_is_recorded() -> None:
    for file in FOLDER.rglob("*.*"):
        if file.suffix in (".json", ".pem", ".yaml"):
            text = file.read_text()
            assert "PRIVATE KEY" not in text, file
            assert not re.search(r'"(ciphertext|plaintext)"', text), file
