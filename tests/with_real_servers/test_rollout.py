"""Switching it on, and taking it all down, while somebody asks."""

from __future__ import annotations

import pytest

from tests.with_real_servers.conftest import Print
from tests.with_real_servers.ground import ALL, LONG, Ground, leaf

pytestmark = LONG


def test_rolling_out_costs_no_request_and_then_strangers_are_refused(
    ground: Ground, show: Print
) -> None:
    ground.want(zone=leaf(ground.first), own=leaf(ground.first))
    with ground.origins("off", ground.first.pem), ground.visited("rollout") as figures:
        ground.reload("optional", ground.first.pem)
        ground.project.up()
        assert ground.levels() == ground.wanted_levels("zone", "hostname")
        assert not any(ground.unverified_from_now().values())
        assert all(ground.answers_strangers().values())
        ground.reload("on", ground.first.pem)
        assert not any(ground.answers_strangers().values())
    show(figures)
    figures.hold()


def test_an_origin_that_insists_before_cloudflare_presents_fails_the_same_test(
    ground: Ground, show: Print
) -> None:
    with (
        ground.origins("off", ground.first.pem),
        ground.visited("wrong: origin on, AOP off") as figures,
    ):
        ground.reload("on", ground.first.pem)
    show(figures)
    with pytest.raises(AssertionError, match=r"failed [1-9].*403"):
        figures.hold()


def test_taking_it_down_origins_first_costs_no_request(ground: Ground, show: Print) -> None:
    ground.want(zone=leaf(ground.first), own=leaf(ground.first))
    ground.project.up()
    with ground.origins("on", ground.first.pem), ground.visited("taking down") as figures:
        ground.reload("optional", ground.first.pem)
        ground.project.destroy()
        assert ground.levels() == dict.fromkeys(ALL, "none")
        ground.reload("off", ground.first.pem)
    show(figures)
    figures.hold()


def test_destroying_while_the_origins_still_insist_fails_the_same_test(
    ground: Ground, show: Print
) -> None:
    ground.want(zone=leaf(ground.first), own=leaf(ground.first))
    ground.project.up()
    with ground.origins("on", ground.first.pem), ground.visited("wrong: destroy first") as figures:
        ground.project.destroy()
    show(figures)
    with pytest.raises(AssertionError, match=r"failed [1-9]"):
        figures.hold()
