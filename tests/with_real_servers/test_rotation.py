"""Replacing certificates while somebody asks."""

from __future__ import annotations

import pytest

from tests.with_real_servers.conftest import Print
from tests.with_real_servers.installation import LONG, OWN, ZONE, Installation, leaf

pytestmark = LONG


def test_replacing_each_certificate_by_one_of_the_same_ca_costs_no_request(
    site: Installation, show: Print
) -> None:
    zone, own = leaf(site.first), leaf(site.first)
    new_zone, new_own = leaf(site.first), leaf(site.first)
    site.want(zone=zone, own=own)
    site.project.up()
    with (
        site.origins("on", site.first.pem),
        site.visited("same CA") as figures,
    ):
        site.want(zone=zone, own=new_own)
        site.project.up()
        assert site.certificates() == site.wanted_certificates(zone, new_own)
        site.want(zone=new_zone, own=new_own)
        site.project.up()
        assert site.certificates() == site.wanted_certificates(new_zone, new_own)
    show(figures)
    figures.hold()


def test_replacing_the_ca_costs_no_request_when_the_origin_trusts_both_meanwhile(
    site: Installation, show: Print
) -> None:
    old = leaf(site.first)
    site.want(zone=leaf(site.first), own=old)
    site.project.up()
    first, second = site.first.pem, site.second.pem
    with site.origins("on", first), site.visited("another CA") as figures:
        site.reload("on", first, second)
        site.want(zone=leaf(site.second), own=leaf(site.second))
        site.project.up()
        assert all(site.answers_strangers(old).values())
        site.reload("on", second)
        assert not any(site.answers_strangers(old).values())
    show(figures)
    figures.hold()


def test_an_origin_that_does_not_know_the_new_ca_yet_ends_the_run_and_costs_no_request(
    site: Installation, show: Print
) -> None:
    old, new = leaf(site.first), leaf(site.second)
    site.want(own=old)
    site.project.up()
    with (
        site.origins("on", site.first.pem),
        site.visited("new CA too late", OWN) as figures,
    ):
        held = site.sandbox.zone(ZONE)["hostname_certificates"]
        site.want(own=new, tries=("nginx",))
        refused = site.project.up(code=1)
        refused.line(
            f"origin 127.0.0.1:{site.ports['nginx']} refuses the new certificate for"
            " shop.example.com (HTTP 403). Nothing was changed. Let it trust CN=Origin Pull CA 2,"
        )
        assert "PRIVATE KEY" not in refused.text
        assert site.sandbox.zone(ZONE)["hostname_certificates"] == held
        assert {site.certificates()[name] for name in OWN} == {old.sha256}
        site.reload("on", site.first.pem, site.second.pem)
        site.project.up()
        assert {site.certificates()[name] for name in OWN} == {new.sha256}
        site.want(own=new)
        site.project.expect_no_changes()
    show(figures)
    figures.hold()


def test_deleting_the_old_certificate_before_the_new_one_is_bound_fails_the_same_test(
    site: Installation, show: Print
) -> None:
    site.want(own=leaf(site.first))
    site.project.up()
    with (
        site.origins("on", site.first.pem),
        site.visited("wrong: delete before bind", OWN) as figures,
    ):
        site.want()
        site.project.up()
        site.want(own=leaf(site.first))
        site.project.up()
    show(figures)
    with pytest.raises(AssertionError, match=r"failed [1-9]"):
        figures.hold()
