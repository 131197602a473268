"""What the benchmark measures of a command."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.measure import Memory

SHORT_LIVED = """
import subprocess, sys
subprocess.run([sys.executable, "-c", "import time; time.sleep(0.25)", "pulumi.dynamic"])
"""


def test_the_memory_of_a_plugin_is_seen_that_lives_a_quarter_of_a_second() -> None:
    with subprocess.Popen([sys.executable, "-c", SHORT_LIVED]) as cli:
        memory = Memory(cli.pid)
    plugin, program = memory.peaks()
    assert plugin > 1
    assert program == 0
