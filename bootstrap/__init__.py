"""How the Pulumi CLI and the Python packages get onto a machine, and the demo around them.

Run as `python3 -m bootstrap VERB` by the Makefile. This file and __main__.py are read by any
Python 3, so that an old one gets a sentence and not a syntax error.
"""

import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
LOCAL = PROJECT / ".local"
VENV = PROJECT / ".venv"


class Stop(Exception):
    """Something that only the reader can mend: the text is one line and names the next step."""


def say(text: str) -> None:
    """A line for the person at the terminal, on stderr: stdout belongs to what was asked for."""
    print("-- " + text, file=sys.stderr, flush=True)
