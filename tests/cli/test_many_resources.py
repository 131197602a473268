"""Hundreds of resources in one program: the SDK's pickling recurses for each, ours does not."""

from __future__ import annotations

from pathlib import Path

from tests.cli.project import REAL_CLI, Project

pytestmark = REAL_CLI


def test_400_bindings_are_previewed(tmp_path: Path) -> None:
    project = Project(tmp_path, None, "test")
    project.write(
        """
        for number in range(400):
            HostnameBinding(f"b{number}", zone_id=ZONE, hostname=f"h{number}.example.com",
                cert_id="2458ce5a-0c35-4c7f-82c7-8e9487d3ff60")
        """
    )
    # 400 bindings and the stack.
    project.preview("--suppress-progress").line("+ 401 to create")
