"""Runs the program of the selected stack: `stacks/<stack>.py`."""

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
    importlib.import_module(f"stacks.{module}").program()


try:
    run(pulumi.get_stack())
except pulumi.RunError as error:
    pulumi.log.error(str(error))
    sys.exit(TOLD)
