"""Runs the program of the selected stack: `stacks/<stack>.py`."""

import importlib
import re
from pathlib import Path

import pulumi

STACKS = Path(__file__).resolve().parent / "stacks"
stack = pulumi.get_stack()
module = stack.replace("-", "_")
if not re.fullmatch(r"\w+", module) or not (STACKS / f"{module}.py").is_file():
    raise pulumi.RunError(
        f"stack {stack} has no program. Write stacks/{module}.py with a function program(),"
        " or select one of: dev, staging, prod."
    )
importlib.import_module(f"stacks.{module}").program()
