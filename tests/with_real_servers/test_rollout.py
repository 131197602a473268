"""Switching it on, and taking it all down, while somebody asks."""

from __future__ import annotations

import pytest

from tests.with_real_servers.conftest import Print
from tests.with_real_servers.installation import ALL, LONG, Installation, leaf

pytestmark = LONG


def test_rolling_out_costs_no_request_and_then_strangers_are_refused(
    site: Installation, show: Print
) -> None:
    site.want(zone=leaf(site.first), own=leaf(site.first))
    with (
        site.origins("off", site.first.pem),
        site.visited("rollout") as figures,
    ):
        site.reload("optional", site.first.pem)
        site.project.up()
        assert site.levels() == site.wanted_levels("zone", "hostname")
        assert not any(site.unverified_from_now().values())
        assert all(site.answers_strangers().values())
        site.reload("on", site.first.pem)
        assert not any(site.answers_strangers().values())
    show(figures)
    figures.hold()


def test_an_origin_that_insists_before_cloudflare_presents_fails_the_same_test(
    site: Installation, show: Print
) -> None:
    with (
        site.origins("off", site.first.pem),
        site.visited("wrong: origin on, AOP off") as figures,
    ):
        site.reload("on", site.first.pem)
    show(figures)
    with pytest.raises(AssertionError, match=r"failed [1-9].*403"):
        figures.hold()


def test_taking_it_down_origins_first_costs_no_request(site: Installation, show: Print) -> None:
    site.want(zone=leaf(site.first), own=leaf(site.first))
    site.project.up()
    with (
        site.origins("on", site.first.pem),
        site.visited("taking down") as figures,
    ):
        site.reload("optional", site.first.pem)
        site.project.destroy()
        assert site.levels() == dict.fromkeys(ALL, "none")
        site.reload("off", site.first.pem)
    show(figures)
    figures.hold()


def test_destroying_while_the_origins_still_insist_fails_the_same_test(
    site: Installation, show: Print
) -> None:
    site.want(zone=leaf(site.first), own=leaf(site.first))
    site.project.up()
    with (
        site.origins("on", site.first.pem),
        site.visited("wrong: destroy first") as figures,
    ):
        site.project.destroy()
    show(figures)
    with pytest.raises(AssertionError, match=r"failed [1-9]"):
        figures.hold()
