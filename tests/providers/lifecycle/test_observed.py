"""Which certificate a hostname shows, as the list says and as an answer about it alone says."""

from __future__ import annotations

from providers.lifecycle.observed import ObservedBindings, as_observed
from tests.conftest import ZONE
from tests.providers.bindings import APP, B, bind_outside


def test_what_was_asked_by_name_counts_more_than_the_list(sandbox, new_run, certificate):
    mine = certificate()
    bind_outside(sandbox, APP, mine.id)
    zone = new_run().zone(ZONE, None)
    rows = ObservedBindings(zone)
    assert rows.listed(APP) is not None
    bind_outside(sandbox, APP, mine.id, enabled=None)
    assert rows.reread(APP) is None
    assert rows.listed(APP) is None


def test_a_refresh_of_many_resources_reads_the_list_once_however_long_the_engine_takes(
    sandbox, new_run, certificate, moments
):
    bind_outside(sandbox, APP, certificate().id)
    zone = new_run().zone(ZONE, None)
    mark = len(sandbox.journal())

    def lists() -> int:
        return sum(e["path"] == f"{B}/hostnames" for e in sandbox.journal()[mark:])

    for _ in range(5):
        assert APP in as_observed(zone, [APP])
        moments.sleep(5)
    assert lists() == 1
    moments.sleep(30)
    assert APP in as_observed(zone, [APP])
    assert lists() == 2
