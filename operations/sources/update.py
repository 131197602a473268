"""`pulumi up` for a verb: seen while it runs, and never cut off by the verb's own end."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from ..command import Stop

# How a forge, a service manager and a person ask for the end.
ENDINGS = (signal.SIGINT, signal.SIGTERM)
ARGUMENTS = ("up", "--yes", "--skip-preview", "--non-interactive", "--suppress-outputs")


def pulumi_up(*arguments: str, project: Path) -> None:
    """Runs `pulumi up ARGUMENTS` in a project's folder, with its lines on stderr.

    There is no limit of time: each wait of a resource has its own.

    :raises Stop: when it fails; what it said stands above.
    """
    program = shutil.which("pulumi")
    if program is None:
        raise Stop("there is no pulumi on PATH. Install it.")
    sys.stderr.flush()
    with _Endings() as endings:
        process = subprocess.Popen(
            [program, *ARGUMENTS, *arguments],
            cwd=project,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),
            # A signal of the terminal reaches Pulumi once: the second one would make it give up.
            start_new_session=True,
        )
        code = endings.wait_for(process)
    if code != 0:
        raise Stop(f"pulumi up ended with {code}, as it says above.")


class _Endings:
    """Who wants the verb to end lets Pulumi finish what it has begun, and write its state."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._is_asked = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> _Endings:
        self._before = {one: signal.signal(one, self._pass_on) for one in ENDINGS}
        return self

    def __exit__(self, *_: object) -> None:
        for one, handler in self._before.items():
            signal.signal(one, handler)

    def _pass_on(self, *_: object) -> None:
        self._is_asked = True
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)

    def wait_for(self, process: subprocess.Popen[bytes]) -> int:
        """The exit code; a signal that came while Pulumi was started is passed on first."""
        self._process = process
        if self._is_asked:
            process.send_signal(signal.SIGINT)
        return process.wait()
