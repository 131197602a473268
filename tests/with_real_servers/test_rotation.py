"""Replacing certificates while somebody asks."""

from __future__ import annotations

import pytest

from tests.with_real_servers.conftest import Print
from tests.with_real_servers.ground import LONG, OWN, Ground, leaf

pytestmark = LONG


def test_replacing_each_certificate_by_one_of_the_same_ca_costs_no_request(
    ground: Ground, show: Print
) -> None:
    zone, own = leaf(ground.first), leaf(ground.first)
    new_zone, new_own = leaf(ground.first), leaf(ground.first)
    ground.want(zone=zone, own=own)
    ground.project.up()
    with ground.origins("on", ground.first.pem), ground.visited("same CA") as figures:
        ground.want(zone=zone, own=new_own)
        ground.project.up()
        assert ground.certificates() == ground.wanted_certificates(zone, new_own)
        ground.want(zone=new_zone, own=new_own)
        ground.project.up()
        assert ground.certificates() == ground.wanted_certificates(new_zone, new_own)
    show(figures)
    figures.hold()


def test_replacing_the_ca_costs_no_request_when_the_origin_trusts_both_meanwhile(
    ground: Ground, show: Print
) -> None:
    old = leaf(ground.first)
    ground.want(zone=leaf(ground.first), own=old)
    ground.project.up()
    first, second = ground.first.pem, ground.second.pem
    with ground.origins("on", first), ground.visited("another CA") as figures:
        ground.reload("on", first, second)
        ground.want(zone=leaf(ground.second), own=leaf(ground.second))
        ground.project.up()
        assert all(ground.answers_strangers(old).values())
        ground.reload("on", second)
        assert not any(ground.answers_strangers(old).values())
    show(figures)
    figures.hold()


def test_an_origin_that_learns_of_the_new_ca_too_late_fails_the_same_test(
    ground: Ground, show: Print
) -> None:
    ground.want(own=leaf(ground.first))
    ground.project.up()
    with (
        ground.origins("on", ground.first.pem),
        ground.visited("wrong: new CA too late", OWN) as figures,
    ):
        ground.want(own=leaf(ground.second))
        ground.project.up()
        ground.reload("on", ground.first.pem, ground.second.pem)
    show(figures)
    with pytest.raises(AssertionError, match=r"failed [1-9]"):
        figures.hold()


def test_deleting_the_old_certificate_before_the_new_one_is_bound_fails_the_same_test(
    ground: Ground, show: Print
) -> None:
    ground.want(own=leaf(ground.first))
    ground.project.up()
    with (
        ground.origins("on", ground.first.pem),
        ground.visited("wrong: delete before bind", OWN) as figures,
    ):
        ground.want()
        ground.project.up()
        ground.want(own=leaf(ground.first))
        ground.project.up()
    show(figures)
    with pytest.raises(AssertionError, match=r"failed [1-9]"):
        figures.hold()
