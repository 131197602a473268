"""The plugin's process: how many calls it serves at once, and its end with the engine."""

from __future__ import annotations

import concurrent.futures
import socket
import subprocess
import sys
import threading

from providers.plugin import process


def test_more_than_four_calls_are_served_at_once():
    """Tells when the SDK, or Python's pool, has changed: then everything is slower, not wrong."""
    with concurrent.futures.ThreadPoolExecutor(max_workers=4) as pool:
        assert pool.submit(process.widen_pool).result()
        assert pool._max_workers == process.WORKERS


def test_calls_that_came_at_once_do_not_keep_the_pool_at_four():
    """A destroy begins like this; every later call finds the pool as the first ones left it."""
    go, served = threading.Event(), threading.Barrier(8)

    def call() -> None:
        go.wait(5)
        process.widen_pool()
        served.wait(5)

    with concurrent.futures.ThreadPoolExecutor(max_workers=4) as pool:
        calls = [pool.submit(call) for _ in range(8)]
        go.set()
        for done in calls:
            done.result()


def test_outside_a_pool_nothing_is_widened():
    assert process.widen_pool() is False


def test_an_engine_that_has_ended_is_noticed():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        assert process.is_listening(address)
    assert not process.is_listening(address)


def test_the_process_ends_some_seconds_after_its_engine():
    there = iter([True, True, False])
    did: list[object] = []
    process.exit_when_gone(lambda: next(there), did.append, lambda code: did.append(f"exit {code}"))
    assert did == [1, 1, 3, "exit 0"]


def test_a_process_that_crashes_writes_no_core():
    look = (
        "import resource; from providers.plugin import process; process.write_no_core();"
        "print(resource.getrlimit(resource.RLIMIT_CORE))"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(0, 0)"


def test_models_of_inputs_are_built_without_looking_for_plugins_of_pydantic():
    look = """
import sys
import pydantic.plugin._loader as loader
from providers.plugin import process
from providers.zone_setting import ZoneSettingInputs
looked = []
loader.entry_points = lambda **group: looked.append(group) or []
if sys.argv[1] == "without":
    process.load_no_plugins_of_pydantic()
ZoneSettingInputs.model_rebuild(force=True)
print(len(looked))
"""
    looks = [
        subprocess.run(
            [sys.executable, "-c", look, how], capture_output=True, text=True, check=True
        ).stdout.strip()
        for how in ("with", "without")
    ]
    assert looks == ["1", "0"]
