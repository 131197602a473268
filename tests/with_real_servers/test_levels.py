"""Moving hostnames between the levels while somebody asks."""

from __future__ import annotations

from typing import Any

from tests.with_real_servers.conftest import Print
from tests.with_real_servers.installation import LONG, Installation, leaf

pytestmark = LONG


def test_moving_from_the_shared_certificate_to_own_ones_and_back_costs_no_request(
    site: Installation, show: Print
) -> None:
    zone, own = leaf(site.first), leaf(site.second)
    steps: list[tuple[dict[str, Any], tuple[str, str]]] = [
        ({"shared": "off", "zone": zone}, ("zone", "zone")),
        ({"shared": "off", "zone": zone, "own": own}, ("zone", "hostname")),
        ({"shared": "off", "zone": zone}, ("zone", "zone")),
        ({"shared": "on"}, ("global", "global")),
    ]
    site.want(shared="on")
    site.project.up()
    trusted = (site.shared, site.first.pem, site.second.pem)
    with site.origins("on", *trusted), site.visited("levels") as figures:
        assert site.levels() == site.wanted_levels("global", "global")
        for wanted, levels in steps:
            site.want(**wanted)
            site.project.up()
            assert site.levels() == site.wanted_levels(*levels)
    show(figures)
    figures.hold()
