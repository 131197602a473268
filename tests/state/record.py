"""python -m tests.state.record VERSION: writes the folder of a release; see recorded.py."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from tests.cli.conftest import TIMES
from tests.cli.project import Project
from tests.pki import make
from tests.sandbox_server import SandboxProcess
from tests.state.recorded import FOLDER, OF_THE_PROJECT, RESOURCES, certificates_of, prepare

# The tests must not end with the certificates.
DAYS = 365 * 60


def record(stack: str, target: Path, version: str) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        SandboxProcess(*TIMES) as sandbox,
    ):
        project = Project(Path(folder), sandbox, stack)
        prepare(project, version, None)
        for name in certificates_of(stack):
            project.pair(name, make(f"{name}.{stack}.example", days=DAYS))
        project.up()
        (target / f"{stack}.json").write_text(public(project.run("stack", "export").out))
        shutil.copy(project.config, target)
        (target / stack).mkdir()
        for pem in sorted(project.certificates.glob("*.pem")):
            shutil.copy(pem, target / stack)


def public(exported: str) -> str:
    """Without the paths of the machine that the program ran on."""
    state = json.loads(exported)
    for resource in state["deployment"]["resources"]:
        resource.pop("sourcePosition", None)
        resource.pop("stackTrace", None)
    return json.dumps(state, indent=2) + "\n"


def main(version: str) -> None:
    target = FOLDER / version
    target.mkdir()
    for stack in (*OF_THE_PROJECT, RESOURCES):
        record(stack, target, version)


if __name__ == "__main__":
    main(*sys.argv[1:])
