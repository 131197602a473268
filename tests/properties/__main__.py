"""The longer run of the stateful property: other examples each time, until one fails.

python -m tests.properties                     1000 examples, about ten minutes
python -m tests.properties --examples 20000 --steps 12 --seed 7
"""

from __future__ import annotations

import argparse
import random
import sys
import time

from hypothesis import HealthCheck, Verbosity, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.properties.machine import Lives
from tests.sandbox_server import SandboxThread


def main() -> int:
    """0 when no example failed; a failing one is shown as a program of its steps."""
    parser = argparse.ArgumentParser(prog="python -m tests.properties")
    parser.add_argument("--examples", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=10, help="at most, of one example")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))  # noqa: S311
    parser.add_argument("--show", action="store_true", help="each example as it runs")
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    start = time.monotonic()
    with SandboxThread(deploy_seconds=5) as thread:

        class Here(Lives):
            sandbox = thread

        chosen = settings(
            max_examples=given.examples,
            stateful_step_count=given.steps,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.verbose if given.show else Verbosity.normal,
        )
        run_state_machine_as_test(seed(given.seed)(Here), settings=chosen)
    print(f"{given.examples} examples passed, {time.monotonic() - start:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
