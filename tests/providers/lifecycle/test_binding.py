"""HostnameBinding and HostnameBindings: bind, move, void, against the sandbox."""

from __future__ import annotations

import pytest

from providers.api.errors import CloudflareError
from tests.conftest import ZONE
from tests.pki import make
from tests.providers.bindings import (
    APP,
    B,
    Many,
    One,
    bind_outside,
    foreign_certificate,
    puts,
    read_presented,
)

pytestmark = pytest.mark.usefixtures("new_run")


@pytest.fixture(params=[One, Many], ids=["HostnameBinding", "HostnameBindings"])
def life(request):
    return request.param()


def test_a_hostname_moves_to_another_certificate_without_an_instant_of_nothing(
    sandbox, life, certificate, new_run
):
    """2020 page: "Link the new certificate id and hostname and enabled values"."""
    old, new = certificate(), certificate()
    life.up(**life.given(old.id))
    mark = len(sandbox.presented_log())
    new_run()
    life.up(**life.given(new.id))
    log = [e for e in sandbox.presented_log()[mark:] if e["hostname"] == APP]
    assert [entry["cert_id"] for entry in log] == [new.id]


@pytest.mark.parametrize(("is_own", "looks"), [(True, 1), (False, 3)])
def test_a_certificate_that_this_run_has_uploaded_is_looked_at_when_it_can_be_active(
    sandbox, life, certificate, new_run, is_own, looks
):
    sandbox.limits(deploy_seconds=0.7)
    mine = certificate(settled=False)
    if not is_own:
        new_run()
    mark = len(sandbox.journal())
    life.up(**life.given(mine.id))
    paths = [entry["path"] for entry in sandbox.journal()[mark:] if entry["method"] == "GET"]
    assert sum(path.endswith("hostnames/certificates") for path in paths) == looks


def test_destroy_voids_and_the_certificate_is_free_at_once(sandbox, life, certificate, new_run):
    mine = certificate()
    life.up(**life.given(mine.id))
    new_run()
    life.destroy()
    mine.destroy()
    deletes = [e for e in sandbox.journal() if e["method"] == "DELETE"]
    assert [entry["status"] for entry in deletes] == [200]


def test_a_disabled_hostname_shows_no_certificate_at_all(sandbox, life, certificate):
    mine = certificate()
    life.up(**life.given(mine.id, enabled=False))
    assert read_presented(sandbox)["cert_id"] is None


def test_a_hostname_of_somebody_else_is_refused_and_overwrite_takes_it(
    sandbox, life, certificate, new_run
):
    theirs, mine = foreign_certificate(sandbox), certificate()
    bind_outside(sandbox, APP, theirs)
    new_run()
    with pytest.raises(CloudflareError, match=r"not of this stack: app\.example\.com") as told:
        life.up(**life.given(mine.id))
    assert "overwrite=True" in str(told.value)
    assert read_presented(sandbox)["cert_id"] == theirs
    life.up(**life.given(mine.id, overwrite=True))
    assert read_presented(sandbox)["cert_id"] == mine.id


def test_a_binding_that_is_there_already_is_adopted_without_a_write(
    sandbox, life, certificate, new_run
):
    mine = certificate()
    bind_outside(sandbox, APP, mine.id)
    before = len(puts(sandbox))
    new_run()
    life.up(**life.given(mine.id))
    assert len(puts(sandbox)) == before


def test_a_binding_that_was_taken_over_is_not_voided(sandbox, life, certificate, new_run):
    mine, theirs = certificate(), foreign_certificate(sandbox)
    life.up(**life.given(mine.id))
    bind_outside(sandbox, APP, theirs)
    new_run()
    with pytest.raises(CloudflareError, match="not voided") as told:
        life.destroy()
    assert "pulumi up --refresh" in str(told.value)
    assert read_presented(sandbox)["cert_id"] == theirs


def test_a_change_from_outside_is_read_as_drift_and_repaired(
    sandbox, life, certificate, new_run, heard
):
    mine, theirs = certificate(), foreign_certificate(sandbox)
    life.up(**life.given(mine.id))
    bind_outside(sandbox, APP, theirs)
    new_run()
    assert life.refresh()
    differ, _ = life.preview(**life.given(mine.id))
    assert differ & {"cert_id", "bindings"}
    life.up(**life.given(mine.id))
    assert read_presented(sandbox)["cert_id"] == mine.id


def test_an_update_says_what_it_found_instead(sandbox, life, certificate, new_run, heard):
    old, new, theirs = certificate(), certificate(), foreign_certificate(sandbox)
    life.up(**life.given(old.id))
    bind_outside(sandbox, APP, theirs)
    new_run()
    life.up(**life.given(new.id))
    assert heard.has(APP, f"showed certificate {theirs[:8]}", "changed by somebody else")


def test_a_voided_binding_reads_as_gone(sandbox, life, certificate, new_run):
    mine = certificate()
    life.up(**life.given(mine.id))
    bind_outside(sandbox, APP, mine.id, enabled=None)
    new_run()
    assert not life.refresh()


def test_refresh_of_an_untouched_binding_changes_nothing(life, certificate, new_run):
    mine = certificate()
    life.up(**life.given(mine.id))
    before = dict(life.inputs)
    new_run()
    assert life.refresh()
    assert life.inputs == before


def test_another_spelling_of_a_hostname_is_no_change(life, certificate):
    mine = certificate()
    life.up(**life.given(mine.id))
    assert life.preview(**life.given(mine.id, hostname="App.Example.COM.")) == (set(), [])


def test_a_hostname_moves_between_the_two_resources(sandbox, certificate, new_run, heard):
    mine = certificate()
    for first, second in ((One(), Many()), (Many(), One())):
        new_run()
        first.up(**first.given(mine.id))
        new_run()
        second.up(**second.given(mine.id))
        first.drop()
        assert read_presented(sandbox)["cert_id"] == mine.id
        new_run()
        second.destroy()


def test_a_rename_after_a_failed_rotation_takes_the_hostname_along(
    sandbox, life, certificate, new_run
):
    """The stack's own old certificate is not somebody else's."""
    rotated = certificate()
    old = rotated.id
    life.up(**life.given(old))
    new_run()
    pair = make()
    rotated.up(zone_id=ZONE, certificate=pair.certificate, private_key=pair.private_key)
    # the run fails here: the binding still shows the old certificate
    new_run()
    rotated.preview(zone_id=ZONE, certificate=pair.certificate, private_key=pair.private_key)
    renamed = type(life)()
    renamed.up(**renamed.given(rotated.id))
    life.drop()
    rotated.finish()
    assert read_presented(sandbox)["cert_id"] == rotated.id


def test_a_zone_certificate_cannot_be_bound(sandbox, life):
    (zone_certificate,) = sandbox.outside("GET", B)
    with pytest.raises(CloudflareError, match="not a hostname certificate of this zone"):
        life.up(**life.given(zone_certificate["id"]))
    assert not puts(sandbox)


def test_a_certificate_that_is_never_deployed_ends_the_wait_and_nothing_is_written(
    sandbox, life, certificate
):
    mine = certificate(settled=False)
    sandbox.patch_object(mine.id, status="pending_deployment")
    with pytest.raises(CloudflareError, match=r"in vain for certificate .* to be active"):
        life.up(**life.given(mine.id, wait_seconds=20))
    assert not puts(sandbox)


def test_waiting_says_what_it_waits_for(sandbox, life, certificate, heard):
    mine = certificate(settled=False)
    sandbox.patch_object(mine.id, status="pending_deployment")
    with pytest.raises(CloudflareError):
        life.up(**life.given(mine.id, wait_seconds=60))
    waits = [line for line in heard if line.startswith("waiting for certificate")]
    assert 3 <= len(waits) <= 7


def test_where_there_is_no_list_the_hostnames_are_asked_one_by_one(sandbox, life, certificate):
    sandbox.fault("list_404")
    mine = certificate()
    life.up(**life.given(mine.id))
    assert read_presented(sandbox)["cert_id"] == mine.id
    assert life.refresh()
    life.destroy()
    assert read_presented(sandbox)["cert_id"] != mine.id


def test_a_binding_without_a_certificate_in_state_is_voided_only_by_what_state_says(
    sandbox, life, certificate, new_run
):
    """Imported, or edited by hand; a refresh fills the field in."""
    mine = certificate()
    life.up(**life.given(mine.id))
    for props in (life.outs, *life.outs.get("bindings", {}).values()):
        props.pop("cert_id", None)
    new_run()
    with pytest.raises(CloudflareError, match="not voided, because it is not what state says"):
        life.destroy()
    assert life.refresh()
    life.destroy()
    assert read_presented(sandbox)["cert_id"] != mine.id
