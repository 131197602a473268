"""Runs the program of the selected stack: `stacks/<stack>.py`."""

import asyncio
import contextlib
import importlib
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime.proto.resource_pb2 import ResourceInvokeRequest
from pulumi.runtime.settings import get_monitor

STACKS = Path(__file__).resolve().parent / "stacks"
# With this exit code Pulumi's Python host knows that the reader has been told, and the engine adds
# no "an unhandled error occurred". Source: pulumi-language-python-exec of the CLI.
TOLD = 32
# Seconds: on a busy machine the plugin takes some of them.
STARTS_WITHIN = 10.0


def run(stack: str) -> None:
    """Runs `program` of the stack's file; `pulumi.RunError` where there is none."""
    module = stack.replace("-", "_")
    if not re.fullmatch(r"\w+", module) or not (STACKS / f"{module}.py").is_file():
        raise pulumi.RunError(
            f"stack {stack} has no program. Write stacks/{module}.py with a function program(),"
            " or select one of: dev, staging, prod."
        )
    started = start_plugin()
    try:
        importlib.import_module(f"stacks.{module}").program()
    except Exception:
        # A plugin that is interrupted while it starts may not hear it: the engine waits 5 s then.
        started.exception()
        raise


def start_plugin() -> Any:
    """Has the engine start the resources' plugin now, while the program is imported.

    The engine starts it when it first needs it, here for a function that the plugin does not have.
    Each preview is a tenth shorter. The answer, an error, is there once the plugin has started.
    """
    monitor: Any = get_monitor()
    start = ResourceInvokeRequest(tok="pulumi-python:dynamic:start")
    return monitor.Invoke.future(start, timeout=STARTS_WITHIN)


def end_when_interrupted() -> None:
    """Lets the engine's interrupt, when an update fails or is cancelled, end the program at once.

    Pulumi's host waits instead for answers that never come, until the engine kills it after 5 s; or
    it shows a traceback of its own.
    """
    # Another thread may get the signal: what the loop sets up wakes this one, where it waits.
    with contextlib.suppress(NotImplementedError):  # Windows
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, leave)
    # And this one may be busy, or have left the loop: then it need not come back to it.
    signal.signal(signal.SIGINT, leave)


def leave(*_: object) -> None:
    """Ends the program; what it has printed is passed on, unless a print is being interrupted."""
    with contextlib.suppress(RuntimeError):
        sys.stdout.flush()
    os._exit(TOLD)


end_when_interrupted()
try:
    run(pulumi.get_stack())
except pulumi.RunError as error:
    pulumi.log.error(str(error))
    sys.exit(TOLD)
