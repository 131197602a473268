"""`python -m operations VERB`."""

from .command import operations

operations(prog_name="python -m operations")
