"""The plugin's process: as many calls at once as the engine sends, and an end with its engine.

Each oddity of the SDK was seen on the real engine; the version is pinned in requirements.txt.
"""

from __future__ import annotations

import contextlib
import functools
import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from ..api.errors import EngineGone
from . import session
from .interrupt import keep_main_thread_looking

WORKERS = 64


def widen_pool() -> bool:
    """Lets the plugin serve more than four calls at once; False where the SDK has changed.

    The pool is reached through the worker's own thread. 40 creates of half a second take 4 s
    instead of 7 s at the default parallelism; without it everything works, only slower.
    """
    try:
        executor = threading.current_thread()._args[0]()  # type: ignore[attr-defined]
        executor._max_workers = max(executor._max_workers, WORKERS)
        # Calls that came before wait in the queue, and the pool counts on its first threads for
        # them: a destroy, which begins with many calls at once, would keep to four for good.
        for _ in range(executor._work_queue.qsize()):
            executor._adjust_thread_count()
    except (AttributeError, IndexError, TypeError):
        return False
    return True


def write_no_core() -> None:
    """Keeps the kernel from writing the memory of a process that crashes into its folder.

    Keys and tokens stand there until the process ends, and the folder is the project's. A program
    that the kernel hands the memory to (systemd-coredump) is not bound by this limit: core(5).
    """
    with contextlib.suppress(ImportError):  # Windows has neither
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def load_no_plugins_of_pydantic() -> None:
    """Keeps pydantic from looking for plugins, which would see what a key's reference holds.

    It reads the metadata of every installed package to find them. Source: "Plugins" of pydantic's
    documentation, PYDANTIC_DISABLE_PLUGINS.
    """
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"


def watch_engine(argv: Sequence[str]) -> None:
    """Stops all writing, and soon the process, once the engine is gone or asks for it.

    A killed CLI leaves the plugin alive, and a second `pulumi up` would then meet its writes.
    The engine's address is the plugin's first argument.
    """
    host, _, port = (argv[1] if len(argv) > 1 else "").rpartition(":")
    if not host or not port.isdigit() or _watching.is_set():
        return
    _watching.set()
    address = (host.strip("[]"), int(port))

    def raise_if_engine_gone() -> None:
        if not is_listening(address):
            raise EngineGone

    session.current().stop_with(raise_if_engine_gone)
    watch = functools.partial(exit_when_gone, lambda: is_listening(address), time.sleep, os._exit)
    threading.Thread(target=watch, daemon=True).start()
    threading.Thread(target=keep_main_thread_looking, daemon=True).start()


_watching = threading.Event()


def is_listening(address: tuple[str, int]) -> bool:
    """Whether a program answers at the address; a busy machine is given some time."""
    try:
        with socket.create_connection(address, timeout=2):
            return True
    except ConnectionError:
        return False
    except OSError:
        return True


def exit_when_gone(
    is_there: Callable[[], bool], sleep: Callable[[float], None], leave: Callable[[int], Any]
) -> None:
    """Asks once a second whether the engine is there; ends the process some seconds after it."""
    while is_there():
        sleep(1)
    # A request under way is given time to be answered; no further one begins.
    sleep(3)
    leave(0)
