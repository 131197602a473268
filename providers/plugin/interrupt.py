"""The plugin ends when its engine asks, also where another thread has taken the signal.

The engine ends a plugin with SIGINT, and kills it after 5 s. The SDK's main thread sleeps until
that signal wakes it; but a signal of a process goes to whichever thread looks first, and a thread
that is being started or ended may do so. Python then notes the signal, and handles it once the main
thread wakes: never. With threads that come and go, 8 of 60 processes did not end.

Only the main thread may tell Python what to do about signals, and nothing of ours runs there. So
its sleep without an end becomes a sleep that looks around now and then.
"""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

# How late a signal is heard that another thread has taken.
LOOK_EVERY = 0.5


def keep_main_thread_looking(sleep: Callable[[float], None] = time.sleep) -> bool:
    """Lets the main thread look once it waits: on a busy machine that is after the first calls.

    False where it did not come to wait within ten seconds.
    """
    for _ in range(100):
        if let_main_thread_look():
            return True
        sleep(0.1)
    return False


def let_main_thread_look(sleep: Callable[[float], None] = time.sleep) -> bool:
    """From now on the main thread, which waits for an event, looks for signals.

    False where it does not wait (yet), or the SDK or Python has changed.
    """
    frame = _in_wait(_main_frame())
    if frame is None:
        return False
    try:
        condition, waiter = frame.f_locals["self"], frame.f_locals["waiter"]
        acquire_lock = condition._acquire_restore
    except (AttributeError, KeyError):
        return False

    def look(state: Any) -> None:
        # `Condition.wait` has this done when it wakes; it leaves by the signal's KeyboardInterrupt.
        try:
            while sys.exc_info()[0] is None:
                sleep(LOOK_EVERY)
        finally:
            acquire_lock(state)

    condition._acquire_restore = look
    waiter.release()
    return True


def _main_frame() -> FrameType | None:
    """What the main thread does, without a garbage collection while Python tells it.

    Before 3.11.9 Python holds a lock meanwhile that each thread needs to begin and to end; a
    collection that lets such a thread run stops the whole process for ever, deaf to any signal
    (https://github.com/python/cpython/issues/106883).
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        return sys._current_frames().get(threading.main_thread().ident or 0)
    finally:
        if collects:
            gc.enable()


def _in_wait(frame: FrameType | None) -> FrameType | None:
    while frame is not None and frame.f_code is not threading.Condition.wait.__code__:
        frame = frame.f_back
    return frame
