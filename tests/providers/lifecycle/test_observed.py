"""Which certificate a hostname shows, as the list says and as an answer about it alone says."""

from __future__ import annotations

from providers.lifecycle.observed import ObservedBindings
from tests.conftest import ZONE
from tests.providers.bindings import APP, bind_outside


def test_what_was_asked_by_name_counts_more_than_the_list(sandbox, new_run, certificate):
    mine = certificate()
    bind_outside(sandbox, APP, mine.id)
    zone = new_run().zone(ZONE, None)
    rows = ObservedBindings(zone)
    assert rows.listed(APP) is not None
    bind_outside(sandbox, APP, mine.id, enabled=None)
    assert rows.reread(APP) is None
    assert rows.listed(APP) is None
