"""Runs the program of the selected stack: `stacks/<stack>.py`."""

import gc
import importlib
import re
import sys
from pathlib import Path

import pulumi

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
    # What is imported stays: to look for garbage among it takes a fifth of the time of importing.
    gc.disable()
    program = importlib.import_module(f"stacks.{module}").program
    gc.freeze()
    gc.enable()
    program()


try:
    run(pulumi.get_stack())
except pulumi.RunError as error:
    pulumi.log.error(str(error))
    sys.exit(TOLD)
