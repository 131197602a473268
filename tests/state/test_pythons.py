"""Two people with different Pythons and one state: neither sees a change that is none."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import ClassVar

import pytest

from bootstrap import LOCAL, packages
from bootstrap.checks import SUPPORTED, interpreter_of
from tests.cli.conftest import TIMES
from tests.cli.project import CHECKOUT, Project
from tests.sandbox_server import SandboxProcess
from tests.state.recorded import RESOURCES, certificates_of, prepare

VERSION = (CHECKOUT / "VERSION").read_text().strip()
OURS = "{}.{}".format(*sys.version_info[:2])
OTHERS = [version for version in SUPPORTED if version != OURS]


@pytest.fixture
def other(request: pytest.FixtureRequest) -> Path:
    """A virtual environment of the other Python, with all packages."""
    interpreter = interpreter_of(request.param)
    if interpreter is None:
        pytest.skip(f"needs Python {request.param}")
    return packages.ensure(LOCAL / f"python{request.param}", interpreter).parent.parent


@pytest.mark.slow
@pytest.mark.parametrize("other", OTHERS, indirect=True)
class TestTwoPythons:
    # The first run for a version installs the packages: minutes, on a busy machine.
    pytestmark: ClassVar = [pytest.mark.cli, pytest.mark.timeout(1200)]

    @pytest.mark.parametrize("is_first", [True, False], ids=["other-first", "other-second"])
    def test_what_one_has_made_the_other_previews_empty_and_takes_down(
        self, other: Path, is_first: bool, tmp_path: Path
    ) -> None:
        ours = Path(sys.prefix)
        with SandboxProcess(*TIMES) as sandbox:
            project = Project(tmp_path, sandbox, RESOURCES)
            prepare(project, VERSION, None)
            for name in certificates_of(RESOURCES):
                project.pair(name)
            first, second = (other, ours) if is_first else (ours, other)
            project.run_under(first)
            project.up()
            project.run_under(second)
            project.expect_no_changes("--diff")
            project.expect_no_changes("--refresh")
            # Two people: what the second one's run has written is nothing new to the first.
            project.up("--refresh")
            project.run_under(first)
            project.expect_no_changes("--diff")
            project.run_under(second)
            project.destroy()


def test_this_python_is_supported() -> None:
    assert OURS in SUPPORTED
