"""Replacing certificates while somebody asks."""

from __future__ import annotations

import pytest

from tests.with_real_servers.conftest import Print
from tests.with_real_servers.installation import LONG, OWN, Installation, leaf

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


def test_an_origin_that_learns_of_the_new_ca_too_late_fails_the_same_test(
    site: Installation, show: Print
) -> None:
    site.want(own=leaf(site.first))
    site.project.up()
    with (
        site.origins("on", site.first.pem),
        site.visited("wrong: new CA too late", OWN) as figures,
    ):
        site.want(own=leaf(site.second))
        site.project.up()
        site.reload("on", site.first.pem, site.second.pem)
    show(figures)
    with pytest.raises(AssertionError, match=r"failed [1-9]"):
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
