"""Moving hostnames between the levels while somebody asks."""

from __future__ import annotations

from typing import Any

from tests.with_real_servers.conftest import Print
from tests.with_real_servers.ground import LONG, Ground, leaf

pytestmark = LONG


def test_moving_from_the_shared_certificate_to_own_ones_and_back_costs_no_request(
    ground: Ground, show: Print
) -> None:
    zone, own = leaf(ground.first), leaf(ground.second)
    steps: list[tuple[dict[str, Any], tuple[str, str]]] = [
        ({"shared": "off", "zone": zone}, ("zone", "zone")),
        ({"shared": "off", "zone": zone, "own": own}, ("zone", "hostname")),
        ({"shared": "off", "zone": zone}, ("zone", "zone")),
        ({"shared": "on"}, ("global", "global")),
    ]
    ground.want(shared="on")
    ground.project.up()
    trusted = (ground.shared, ground.first.pem, ground.second.pem)
    with ground.origins("on", *trusted), ground.visited("levels") as figures:
        assert ground.levels() == ground.wanted_levels("global", "global")
        for wanted, levels in steps:
            ground.want(**wanted)
            ground.project.up()
            assert ground.levels() == ground.wanted_levels(*levels)
    show(figures)
    figures.hold()
