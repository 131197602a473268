"""The same with the CLI killed in the middle of each walk, and healed by the next `up`."""

from __future__ import annotations

import os
import signal

from tests.processes import seconds_until_ended
from tests.with_real_servers.conftest import Print
from tests.with_real_servers.installation import LONG, Installation, leaf

pytestmark = LONG


def killed_at(site: Installation, action: str, method: str, path: str) -> None:
    """An `up` that is held at the first such request, its CLI killed there; then `cancel`."""
    site.sandbox.fault(action, method=method, path=path, by="all-permissions")
    cli = site.project.start("up", "--yes", "--skip-preview")
    site.sandbox.wait_held(seconds=60)
    plugins = site.project.plugins(cli)
    os.kill(cli.pid, signal.SIGKILL)
    site.sandbox.release()
    seconds_until_ended(plugins, most=20)
    site.sandbox.clear_faults()
    site.project.run("cancel", "--yes")


def test_a_killed_cli_costs_no_request_and_the_next_up_finishes_the_walk(
    site: Installation, show: Print
) -> None:
    zone, own = leaf(site.first), leaf(site.first)
    site.want(shared="off", zone=zone, own=own)
    site.project.up()
    trusted = (site.first.pem, site.second.pem)
    with site.origins("on", *trusted), site.visited("killed and healed") as figures:
        own = leaf(site.second)
        site.want(shared="off", zone=zone, own=own)
        killed_at(site, "hold_after", "PUT", "/hostnames$")
        site.project.up()
        assert site.certificates() == site.wanted_certificates(zone, own)
        zone = leaf(site.second)
        site.want(shared="off", zone=zone, own=own)
        killed_at(site, "hold_after", "POST", "/origin_tls_client_auth$")
        site.project.up()
        assert site.certificates() == site.wanted_certificates(zone, own)
        site.want(shared="off", zone=zone)
        killed_at(site, "hold_after", "PUT", "/hostnames$")
        site.project.up()
        assert site.certificates() == site.wanted_certificates(zone, zone)
    show(figures)
    figures.hold()
    site.project.expect_no_changes()
