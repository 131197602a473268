"""A plugin ends on the engine's SIGINT, whichever of its threads the signal reaches."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from providers.plugin import interrupt
from tests.cli.project import CHECKOUT

# As the SDK's plugin: the main thread sleeps, and our code runs in another one.
PLUGIN = """
import _thread, os, signal, sys, threading, time
sys.path.insert(0, "providers/plugin")
import interrupt

# What a shell starts in the background ignores the signal, and so would we.
signal.signal(signal.SIGINT, signal.default_int_handler)

def churn():
    while True:
        thread = threading.Thread(target=str)
        thread.start()
        thread.join()

def serve():
    {first}
    {ours}
    print("served", flush=True)
    {last}

threading.Timer(0.1, serve).start()
try:
    threading.Event().wait()
except KeyboardInterrupt:
    print("interrupted", flush=True)
    # Threads that are still begun while Python ends would print their errors after it.
    os._exit(0)
"""
# What a signal is that another thread has taken: noted, and the main thread sleeps on.
TAKEN = "_thread.interrupt_main()"
CHURN = "[threading.Thread(target=churn, daemon=True).start() for _ in range(2)]"
OURS = "while not interrupt.let_main_thread_look(): time.sleep(0.01)"


@contextlib.contextmanager
def plugin(*, first: str = "", ours: str = OURS, last: str = "") -> Iterator[subprocess.Popen[str]]:
    """Such a process, killed at the end whatever came: it could spin for ever."""
    code = PLUGIN.format(first=first, ours=ours, last=last)
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as started:
        try:
            assert started.stdout is not None
            assert started.stdout.readline() == "served\n"
            yield started
        finally:
            started.kill()


# Objects that only a collection ends, and whose end lets other threads run.
COLLECTED = """
import gc, os, sys, threading, time
sys.path.insert(0, "providers/plugin")
import interrupt

class Cycle:
    def __init__(self):
        self.me = self

    def __del__(self):
        time.sleep(0)

def churn():
    while True:
        thread = threading.Thread(target=Cycle)
        thread.start()
        thread.join()

gc.set_threshold(20)
for _ in range(2):
    threading.Thread(target=churn, daemon=True).start()
for _ in range(50000):
    interrupt.let_main_thread_look()
print(gc.isenabled(), flush=True)
os._exit(0)
"""


def last_word(started: subprocess.Popen[str]) -> str:
    started.wait(20)
    assert started.stdout is not None
    return started.stdout.read()


def test_a_signal_that_another_thread_took_ends_the_plugin() -> None:
    with plugin(last=TAKEN) as started:
        assert last_word(started) == "interrupted\n"


def test_without_us_such_a_plugin_goes_on() -> None:
    """Tells when Python has mended it: then `interrupt.py` can go."""
    with plugin(ours="", last=TAKEN) as left, pytest.raises(subprocess.TimeoutExpired):
        left.wait(3)


@pytest.mark.parametrize("number", range(6))
def test_a_plugin_whose_threads_come_and_go_hears_its_engine(number: int) -> None:
    """Without us about one in eight does not."""
    with plugin(first=CHURN) as started:
        started.send_signal(signal.SIGINT)
        assert last_word(started) == "interrupted\n"


def test_a_garbage_collection_does_not_stop_a_plugin_that_looks_at_its_main_thread() -> None:
    """Before Python 3.11.9 such a process stood still for ever, deaf to any signal but SIGKILL."""
    done = subprocess.run(
        [sys.executable, "-c", COLLECTED],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "True\n"


def test_a_main_thread_that_does_not_wait_is_left_alone() -> None:
    assert not interrupt.let_main_thread_look()


def test_a_main_thread_that_never_waits_is_given_up_after_ten_seconds() -> None:
    slept: list[float] = []
    assert not interrupt.keep_main_thread_looking(slept.append)
    assert sum(slept) == pytest.approx(10)
