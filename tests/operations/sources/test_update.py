"""`pulumi up` runs to its end, whoever wants the verb to end; what it says is seen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]
# In place of the CLI: it says what it is asked for, and finishes when it is told to end.
PULUMI = """#!/bin/sh
trap 'echo "state written"; exit %d' INT
echo "pulumi $*"
[ -n "$WAITS" ] || exit %d
echo $$
while :; do sleep 0.05; done
"""
VERB = """
from pathlib import Path
from operations.command import Stop
from operations.sources.update import pulumi_up
try:
    pulumi_up("--plan", "plan.json", project=Path.cwd())
except Stop as stop:
    print(stop.message)
"""


def start(folder: Path, code: int, **environ: str) -> subprocess.Popen[str]:
    (folder / "pulumi").write_text(PULUMI % (code, code))
    (folder / "pulumi").chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    return subprocess.Popen(
        [sys.executable, "-c", VERB],
        cwd=CHECKOUT,
        env={**os.environ, "PATH": path, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ("code", "told"), [(0, ""), (255, "pulumi up ended with 255, as it says above.\n")]
)
def test_what_pulumi_says_is_seen_and_a_failure_is_told(
    code: int, told: str, tmp_path: Path
) -> None:
    out, err = start(tmp_path, code).communicate(timeout=60)
    assert out == told
    asked = "pulumi up --yes --skip-preview --non-interactive --suppress-outputs --plan plan.json"
    assert err == f"{asked}\n"


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_who_ends_the_verb_lets_pulumi_write_its_state(name: str, tmp_path: Path) -> None:
    running = start(tmp_path, 7, WAITS="1")
    assert running.stderr is not None
    assert running.stderr.readline().startswith("pulumi up")
    pid = int(running.stderr.readline())
    # Ctrl-C goes to all of a terminal's session: Pulumi would hear it twice, and give up.
    assert os.getsid(pid) != os.getsid(running.pid)
    running.send_signal(signal.Signals[name])
    out, err = running.communicate(timeout=60)
    assert (out, err) == ("pulumi up ended with 7, as it says above.\n", "state written\n")
    assert running.returncode == 0
