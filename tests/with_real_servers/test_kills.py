"""The same with the CLI killed in the middle of each walk, and healed by the next `up`."""

from __future__ import annotations

import os
import signal

from tests.processes import seconds_until_ended
from tests.with_real_servers.conftest import Print
from tests.with_real_servers.ground import LONG, Ground, leaf

pytestmark = LONG


def killed_at(ground: Ground, action: str, method: str, path: str) -> None:
    """An `up` that is held at the first such request, its CLI killed there; then `cancel`."""
    ground.sandbox.fault(action, method=method, path=path, by="all-permissions")
    cli = ground.project.start("up", "--yes", "--skip-preview")
    ground.sandbox.wait_held(seconds=60)
    plugins = ground.project.plugins(cli)
    os.kill(cli.pid, signal.SIGKILL)
    ground.sandbox.release()
    seconds_until_ended(plugins, most=20)
    ground.sandbox.clear_faults()
    ground.project.run("cancel", "--yes")


def test_a_killed_cli_costs_no_request_and_the_next_up_finishes_the_walk(
    ground: Ground, show: Print
) -> None:
    zone, own = leaf(ground.first), leaf(ground.first)
    ground.want(shared="off", zone=zone, own=own)
    ground.project.up()
    trusted = (ground.first.pem, ground.second.pem)
    with ground.origins("on", *trusted), ground.visited("killed and healed") as figures:
        own = leaf(ground.second)
        ground.want(shared="off", zone=zone, own=own)
        killed_at(ground, "hold_after", "PUT", "/hostnames$")
        ground.project.up()
        assert ground.certificates() == ground.wanted_certificates(zone, own)
        zone = leaf(ground.second)
        ground.want(shared="off", zone=zone, own=own)
        killed_at(ground, "hold_after", "POST", "/origin_tls_client_auth$")
        ground.project.up()
        assert ground.certificates() == ground.wanted_certificates(zone, own)
        ground.want(shared="off", zone=zone)
        killed_at(ground, "hold_after", "PUT", "/hostnames$")
        ground.project.up()
        assert ground.certificates() == ground.wanted_certificates(zone, zone)
    show(figures)
    figures.hold()
    ground.project.expect_no_changes()
