"""A stack's life at random: programs, cuts, faults and other people's hands, in any order.

The same examples each time; `python -m tests.properties` tries others, as many as wanted.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.properties.machine import Lives

SETTINGS = settings(
    max_examples=40,
    stateful_step_count=6,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.timeout(300)
def test_whatever_happened_one_up_brings_what_is_wanted(sandbox_thread):
    class Here(Lives):
        sandbox = sandbox_thread

    run_state_machine_as_test(Here, settings=SETTINGS)
