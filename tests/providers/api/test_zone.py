"""What is read, how often, and what counts when two answers differ."""

from __future__ import annotations

import threading

import pytest

from providers.api.answers import Binding
from providers.api.cached_list import CachedList
from providers.lifecycle.observed import ObservedBindings
from providers.zone_certificate import ZoneCertificateProvider
from tests.conftest import ZONE
from tests.pki import make
from tests.providers.bindings import APP, B, bind_outside
from tests.providers.certificates import given
from tests.providers.life import Life


def gets(sandbox, mark=0):
    return [e["path"] for e in sandbox.journal()[mark:] if e["method"] == "GET"]


def test_what_was_asked_by_name_counts_more_than_the_list(sandbox, new_run, certificate):
    mine = certificate()
    bind_outside(sandbox, APP, mine.id)
    zone = new_run().zone(ZONE, None)
    rows = ObservedBindings(zone)
    assert rows.listed(APP) is not None
    bind_outside(sandbox, APP, mine.id, enabled=None)
    assert rows.reread(APP) is None
    assert rows.listed(APP) is None


def test_a_certificate_that_no_binding_of_the_program_needs_is_deleted_without_a_read(
    sandbox, new_run, certificate
):
    mine = certificate()
    new_run()
    mark = len(sandbox.journal())
    mine.destroy()
    assert [e["method"] for e in sandbox.journal()[mark:]] == ["DELETE"]


def test_waiting_for_the_successor_of_a_zone_certificate_polls_the_lists_only(sandbox, new_run):
    life = Life(ZoneCertificateProvider())
    life.up(**given(make()))
    sandbox.advance(60)
    sandbox.outside("PUT", f"{B}/settings", {"enabled": True})
    sandbox.limits(deploy_seconds=60)
    new_run()
    life.up(**given(make()))
    mark = len(sandbox.journal())
    life.finish()
    by_id = [path for path in gets(sandbox, mark) if not path.endswith(("client_auth", "settings"))]
    assert len(by_id) <= 2
    assert sandbox.presented(zone=ZONE, hostname="www.example.com")["cert_id"] == life.id


@pytest.mark.parametrize("writers", [1, 8])
def test_a_list_read_before_a_write_is_read_again_after_it(writers):
    reads: list[int] = []

    def fetch() -> int:
        reads.append(1)
        return len(reads)

    shared = CachedList(fetch, lambda: 0.0)
    assert (shared.get(), shared.get()) == (1, 1)
    threads = [threading.Thread(target=shared.invalidate) for _ in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (shared.get(), shared.get()) == (2, 2)


def test_whoever_waits_reads_again_by_age_alone():
    reads: list[int] = []
    now = [0.0]

    def fetch() -> int:
        reads.append(1)
        return len(reads)

    shared = CachedList(fetch, lambda: now[0])
    shared.get()
    shared.invalidate()
    assert shared.get(1.0, even_if_written=True) == 1
    now[0] = 1.1
    assert shared.get(1.0, even_if_written=True) == 2


@pytest.mark.parametrize("foreign", [0, 1])
def test_an_upload_of_a_zone_certificate_costs_one_look_and_one_post(sandbox, new_run, foreign):
    """Beside a certificate of somebody else's one more look tells whether it is presented."""
    path = f"/zones/{ZONE}/origin_tls_client_auth"
    for record in sandbox.outside("GET", path)[foreign:]:
        sandbox.outside("DELETE", f"{path}/{record['id']}")
    sandbox.advance(60)
    new_run()
    life = Life(ZoneCertificateProvider())
    mark = len(sandbox.journal())
    life.up(**given(make()))
    assert [e["method"] for e in sandbox.journal()[mark:]] == [*["GET"] * (1 + foreign), "POST"]


def test_a_write_during_a_read_makes_it_old():
    reads: list[int] = []

    def fetch() -> int:
        reads.append(1)
        if len(reads) == 1:
            shared.invalidate()
        return len(reads)

    shared = CachedList(fetch, lambda: 0.0)
    assert (shared.get(), shared.get(), shared.get()) == (1, 2, 2)


def test_a_binding_without_a_status_is_not_gone():
    row = Binding.read({"hostname": "App.Example.com.", "cert_id": "A", "enabled": True})
    assert row == Binding("app.example.com", "a", True, "")
    assert not row.is_deleted_or_deleting
