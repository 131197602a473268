"""How a command begins: the plugin starts while the program is imported; and what state notes.

Source: `__main__.py`, and `providers/plugin/resource.py`.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

from tests.cli.project import REAL_CLI, Project
from tests.sandbox_server import SandboxProcess

pytestmark = REAL_CLI
WAITING = """
import time
from pathlib import Path

import pulumi

while not Path("go").exists():
    time.sleep(0.05)


def program():
    pulumi.export("zone", "protected")
"""

# Notes, when the mistake is told, whether the answer is there that __main__.py waits for.
FAILING = """
import traceback
from pathlib import Path

import pulumi

frames = [frame.f_locals for frame, _ in traceback.walk_stack(None)]
(started,) = (names["started"] for names in frames if "started" in names)
tell = pulumi.log.error


def note(message):
    Path("answered").write_text(str(started.done()))
    tell(message)


pulumi.log.error = note
raise pulumi.RunError("a mistake")
"""


def test_the_plugin_starts_while_the_program_is_still_imported(tmp_path: Path) -> None:
    project = Project(tmp_path, None, "test")
    try:
        project.write("")
        (project.folder / "stacks" / "test.py").write_text(WAITING)
        cli = project.start("preview")
        until = time.monotonic() + 60
        while not project.plugins(cli) and time.monotonic() < until:
            time.sleep(0.05)
        assert project.plugins(cli)
        (project.folder / "go").touch()
        out, _ = cli.communicate(timeout=60)
        assert cli.returncode == 0, out
        assert "protected" in out
    finally:
        project.close()


def test_a_program_that_fails_at_once_lets_its_plugin_start_before_it_is_interrupted(
    tmp_path: Path,
) -> None:
    project = Project(tmp_path, None, "test")
    try:
        project.write("")
        (project.folder / "stacks" / "test.py").write_text(FAILING)
        assert project.preview(code=1).line("a mistake")
        assert (project.folder / "answered").read_text() == "True"
    finally:
        project.close()


def test_state_names_neither_lines_of_the_program_nor_folders_of_the_machine(
    tmp_path: Path, sandbox: SandboxProcess
) -> None:
    project = Project(tmp_path, sandbox, "test")
    try:
        project.write('ZoneSetting("mode", zone_id=ZONE, setting="ssl", value="full")')
        project.up()
        of_ours = json.dumps(project.resource("mode"))
        assert "project://" not in of_ours
        assert "language-python-exec" not in of_ours
    finally:
        project.close()
