"""When a binding is in force, also where lists and times of Cloudflare are late."""

from __future__ import annotations

import pytest

from tests.providers.bindings import (
    APP,
    B,
    Many,
    One,
    puts,
    read_presented,
)

pytestmark = pytest.mark.usefixtures("new_run")


@pytest.fixture(params=[One, Many], ids=["HostnameBinding", "HostnameBindings"])
def life(request):
    return request.param()


def test_a_binding_waits_for_its_certificate_and_then_for_itself(sandbox, life, certificate):
    """2020 page: "Enable Authenticated Origin Pull on specified hostname"."""
    mine = certificate(settled=False)
    life.up(**life.given(mine.id))
    assert read_presented(sandbox)["cert_id"] == mine.id
    assert len(puts(sandbox)) == 1


def test_nobody_is_accused_on_the_word_of_a_late_list_and_a_time_of_the_certificate(
    sandbox, life, certificate, new_run
):
    """2020 page: the answer to the PUT has `updated_at` twice, and parsers keep the last."""
    old, new = certificate(), certificate()
    sandbox.advance(600)
    life.up(**life.given(old.id))
    sandbox.limits(put_dates_certificates=True, list_lag=20)
    new_run()
    life.up(**life.given(new.id))
    assert read_presented(sandbox)["cert_id"] == new.id


def test_a_void_waits_for_its_end_though_the_answer_dates_it_by_the_certificate(
    sandbox, life, certificate, new_run
):
    mine = certificate()
    sandbox.advance(600)
    life.up(**life.given(mine.id))
    sandbox.advance(60)
    sandbox.limits(put_dates_certificates=True, list_lag=20)
    new_run()
    life.destroy()
    assert sandbox.call("GET", f"{B}/hostnames/{APP}").status_code == 404


def test_a_binding_whose_certificate_is_gone_counts_as_voided(
    sandbox, life, certificate, new_run, moments
):
    """Cloudflare refuses to void it (1415) and goes on listing it."""
    mine = certificate()
    life.up(**life.given(mine.id))
    sandbox.patch_object(mine.id, status="deleted")
    new_run()
    before = moments.passed
    life.destroy()
    assert moments.passed - before < 30
