"""Runs the program of the selected stack: `stacks/<stack>.py`."""

import importlib
import re
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


def run(stack: str) -> None:
    """Runs `program` of the stack's file; `pulumi.RunError` where there is none."""
    module = stack.replace("-", "_")
    if not re.fullmatch(r"\w+", module) or not (STACKS / f"{module}.py").is_file():
        raise pulumi.RunError(
            f"stack {stack} has no program. Write stacks/{module}.py with a function program(),"
            " or select one of: dev, staging, prod."
        )
    start_plugin()
    importlib.import_module(f"stacks.{module}").program()


def start_plugin() -> None:
    """Has the engine start the resources' plugin now, while the program is imported.

    The engine starts it when it first needs it, here for a function that the plugin does not have:
    nobody waits for the answer. Each preview is a tenth shorter.
    """
    monitor: Any = get_monitor()
    monitor.Invoke.future(ResourceInvokeRequest(tok="pulumi-python:dynamic:start"))


try:
    run(pulumi.get_stack())
except pulumi.RunError as error:
    pulumi.log.error(str(error))
    sys.exit(TOLD)
