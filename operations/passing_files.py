"""Files for what reads nothing but files, such as keys for TLS: in memory where the system can.

On Linux they are anonymous (memfd_create) and end with the process, whatever ends it. Elsewhere
they are in a temporary folder of mode 0700, which goes at the end and with SIGTERM and SIGHUP.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from . import new_files

Keep = Callable[[str], str]


@contextlib.contextmanager
def passing_files() -> Iterator[Keep]:
    """A function from a text to the path where it can be read until the block ends."""
    in_memory = hasattr(os, "memfd_create") and os.path.isdir("/proc/self/fd")
    with _in_memory() if in_memory else _in_a_folder() as keep:
        yield keep


@contextlib.contextmanager
def _in_memory() -> Iterator[Keep]:
    descriptors: list[int] = []

    def keep(text: str) -> str:
        descriptors.append(os.memfd_create("aop-probe"))
        with os.fdopen(descriptors[-1], "w", closefd=False) as file:
            file.write(text)
        return f"/proc/self/fd/{descriptors[-1]}"

    try:
        yield keep
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


@contextlib.contextmanager
def _in_a_folder() -> Iterator[Keep]:
    # What is ignored stays so: nohup does it with SIGHUP.
    ends = [s for s in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(s) != signal.SIG_IGN]
    before = [signal.signal(end, lambda number, _: sys.exit(128 + number)) for end in ends]
    try:
        with tempfile.TemporaryDirectory(prefix="aop-probe-") as name:
            folder = Path(name)

            def keep(text: str) -> str:
                path = folder / str(len(list(folder.iterdir())))
                new_files.write({path: text}, new_files.PRIVATE)
                return str(path)

            yield keep
    finally:
        for end, handler in zip(ends, before, strict=True):
            signal.signal(end, handler)
