"""Cut off anywhere, healed with one plain command: nothing lost, nobody let in.

Every request that changes something is cut here, in the ways that leave different traces. The
whole matrix, with every request and every way, is `make test-faults`.
"""

from __future__ import annotations

import pytest

from tests.faults.cuts import CUTS
from tests.faults.matrix import cell, prepare
from tests.faults.scenarios import SCENARIOS

# A killed plugin leaves work done and not recorded, a killed CLI a lock and a plugin that lives
# on, a lost reply a caller that does not know.
CUTS_IN_CI = ("plugin-killed-after", "cli-killed-after", "reply-lost")
# Of an issued certificate only such a run leaves what nobody wrote down, and nobody has the key to.
CUTS_OF_ISSUED = ("plugin-killed-after",)

pytestmark = [pytest.mark.slow, pytest.mark.cli, pytest.mark.timeout(900)]


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=lambda scenario: scenario.name)
def test_a_run_cut_at_any_write_is_healed_by_the_next(scenario, tmp_path):
    undisturbed = prepare(scenario, tmp_path)
    cuts = CUTS_OF_ISSUED if scenario.is_issued else CUTS_IN_CI
    cells = undisturbed.cells(cuts, only_writes=True)
    assert cells
    for name, k in cells:
        verdict = cell(undisturbed, CUTS[name], k, tmp_path / f"{name}-{k}")
        assert not verdict.problems, f"{scenario.name}, {name} at {undisturbed.requests[k - 1]}"
