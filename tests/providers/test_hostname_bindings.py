"""What only the map of HostnameBindings can do, against the sandbox."""

from __future__ import annotations

import pytest
from pulumi.output import Unknown

from providers.api.errors import CloudflareError
from tests.conftest import ZONE
from tests.providers.bindings import API, APP, Many, puts, read_presented

pytestmark = pytest.mark.usefixtures("new_run")


def test_a_change_of_many_hostnames_is_one_request_and_removals_go_first(
    sandbox, certificate, new_run
):
    old, new = certificate(), certificate()
    names = [f"h{i}.example.com" for i in range(100)]
    many = Many()
    many.up(zone_id=ZONE, bindings=dict.fromkeys(names, old.id))
    new_run()
    mark = len(puts(sandbox))
    changed = {**dict.fromkeys(names[1:], old.id), "new.example.com": old.id, names[50]: new.id}
    many.up(zone_id=ZONE, bindings=changed)
    (put,) = puts(sandbox)[mark:]
    config = put["body"]["config"]
    assert len(config) == 3
    assert [e["hostname"] for e in config if e["enabled"] is None] == [config[0]["hostname"]]
    assert read_presented(sandbox, names[0])["level"] != "hostname"


def test_refresh_of_a_hundred_hostnames_is_one_read(sandbox, certificate, new_run):
    mine, many = certificate(), Many()
    many.up(zone_id=ZONE, bindings={f"h{i}.example.com": mine.id for i in range(100)})
    new_run()
    mark = len(sandbox.journal())
    assert many.refresh()
    assert len(sandbox.journal()) - mark == 1


def test_the_101st_hostname_on_a_certificate_is_refused_in_the_preview(certificate):
    mine = certificate()
    names = {f"h{i}.example.com": mine.id for i in range(101)}
    (fault,) = Many().faults(zone_id=ZONE, bindings=names)
    assert "Cloudflare allows 100" in fault
    assert not Many().faults(zone_id=ZONE, bindings=names, max_hostnames_per_certificate=101)


def test_one_refused_hostname_does_not_fail_its_neighbours(sandbox, certificate):
    mine, many = certificate(), Many()
    sandbox.limits(bindings_per_certificate=7)
    names = [f"h{i}.example.com" for i in range(8)]
    with pytest.raises(CloudflareError, match=r"h7\.example\.com: .*7 of 8 were changed"):
        many.up(zone_id=ZONE, bindings=dict.fromkeys(names, mine.id))
    sandbox.advance(60)
    assert read_presented(sandbox, "h6.example.com")["cert_id"] == mine.id


def test_a_hostname_twice_in_any_spelling_is_refused(certificate):
    bindings = {"app.example.com": "a" * 32, "APP.example.com.": "a" * 32}
    (fault,) = Many().faults(zone_id=ZONE, bindings=bindings)
    assert "app.example.com stands twice" in fault


def test_guard_refuses_to_remove_or_disable_a_hostname_that_is_not_listed(certificate):
    mine, many = certificate(), Many()
    whole = {APP: mine.id, API: mine.id}
    many.up(zone_id=ZONE, bindings=whole, guard=True)
    removed = {API: mine.id}
    disabled = {APP: {"cert_id": mine.id, "enabled": False}, API: mine.id}
    for change in (removed, disabled):
        (fault,) = many.faults(zone_id=ZONE, bindings=change, guard=True)
        assert "app.example.com would lose protection" in fault
        assert not many.faults(zone_id=ZONE, bindings=change, guard=True, allow_removal=[APP])


def test_a_bad_hostname_in_the_map_is_named_with_its_fault():
    (fault,) = Many().faults(zone_id=ZONE, bindings={"https://app.example.com": "a" * 32})
    assert fault.startswith('bindings["https://app.example.com"]: is a URL')


def test_what_a_preview_does_not_know_yet_is_not_judged(certificate):
    many = Many()
    many.up(zone_id=ZONE, bindings={APP: certificate().id}, guard=True)
    unknown = {"allow_removal": Unknown(), "max_hostnames_per_certificate": Unknown()}
    assert not many.faults(zone_id=ZONE, bindings={API: Unknown()}, guard=True, **unknown)


def test_a_create_that_was_cut_off_is_finished_without_asking_for_each_hostname(
    sandbox, certificate, new_run
):
    mine = certificate()
    names = dict.fromkeys((f"h{i}.example.com" for i in range(100)), mine.id)
    Many().up(zone_id=ZONE, bindings=names)
    sandbox.advance(60)
    new_run()
    mark = len(sandbox.journal())
    Many().up(zone_id=ZONE, bindings=names)
    paths = [e["path"] for e in sandbox.journal()[mark:]]
    assert not [path for path in paths if path.endswith(".example.com")]
    assert len(paths) < 15


def test_guard_lets_an_announced_move_of_the_zone_pass(certificate):
    many, mine, other = Many(), certificate(), "f" * 32
    many.up(zone_id=ZONE, bindings={APP: mine.id}, guard=True)
    moved = {"zone_id": other, "bindings": {APP: mine.id}, "guard": True}
    (fault,) = many.faults(**moved)
    assert "guard is on" in fault
    assert not many.faults(**moved, moved_from=ZONE)
