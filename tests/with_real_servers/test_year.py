"""From nothing to a zone whose certificates renew themselves, and then a year of it.

docs/renewal.md is followed as it stands there. Then the clock is moved over a year, for NGINX, for
the project and for Cloudflare: whenever something is due, a command of the page runs. The CA
changes three times; once the origin is forgotten. With each request NGINX looks at a certificate's
dates in the moved time, because the edge opens a connection for each.

Not proved here: how long Cloudflare's own deployment takes, and an issuer with a clock of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from issuers import authority
from origins import Origin, Stage, bundle, configuration
from tests.docs.pages import blocks
from tests.moved_clock import MovedClock, moved_clock
from tests.origins import servers
from tests.sandbox_server import SandboxProcess
from tests.with_real_servers.conftest import Print, without_aop
from tests.with_real_servers.installation import LONG
from tests.with_real_servers.reader import SHOP, Reader
from tests.with_real_servers.visit import visit

pytestmark = [*LONG[:-1], pytest.mark.timeout(900)]

PAGE = "renewal.md"
ZONE, WWW = "example.com", "www.example.com"
STACK = "stacks/Pulumi.live.yaml"
UP = "pulumi up --stack live --yes --skip-preview"
RENEW = "python -m operations renew --stack live"
PREVIEW = "pulumi preview --stack live"
# Of 30 days, two are left: fewer runs make a year.
LIFE, DUE = 30, 28
# A year takes minutes: a visitor in no hurry leaves the machine to it.
RATE = 24
# That of the zone has the 90 days of `ca_key`, and is due in the last third.
ZONE_DUE = 60


class Years:
    """An origin and a project in a time that passes as the test says."""

    def __init__(self, folder: Path, sandbox: SandboxProcess, clock: MovedClock) -> None:
        self.reader = Reader(folder, sandbox, clock)
        self.sandbox, self.clock = sandbox, clock
        self.days = self.zone_since = 0
        self.folder = self.reader.clone.folder / "certificates"

    def passes(self, days: int) -> None:
        self.days += days
        self.sandbox.advance(days * 86400)
        self.clock.set(days=self.days)

    def trust(self, stage: Stage, *names: str) -> None:
        """The origin trusts these CAs from now on, and answers nobody else when it is on."""
        etc, trusted = self.reader.etc, bundle(*(self.ca(name) for name in names))
        (etc / "client-ca.pem").write_text(trusted)
        texts = [
            configuration(
                "nginx",
                Origin(
                    name,
                    str(etc / "shop.pem"),
                    private_key=str(etc / "shop.key"),
                    client_ca=str(etc / "client-ca.pem"),
                    authorities=trusted,
                    stage=stage,
                    upstream=f"127.0.0.1:{self.reader.application}",
                    address="127.0.0.1",
                    port=self.reader.port,
                ),
            )
            for name in (SHOP, WWW)
        ]
        (etc / "conf.d" / "shop.conf").write_text("".join(texts))
        self.reader.run(["nginx -s reload"])

    def ca(self, name: str) -> str:
        return (self.folder / f"{name}.pem").read_text()

    def make_ca(self, name: str) -> None:
        now = datetime.now(UTC) + timedelta(days=self.days)
        made = authority.make_ca(authority.common_name(name), now)
        (self.folder / f"{name}.pem").write_text(made.pem)
        (self.folder / f"{name}.key").write_text(made.key_pem)

    def want(self, *names: str, signer: str) -> None:
        """`ca` has these CAs, and `signer` signs from now on."""
        (self.folder / "trusted.pem").write_text("".join(self.ca(name) for name in names))
        path = self.reader.clone.folder / STACK
        before, _, rest = path.read_text().partition("      ca: ")
        _, _, zones = rest.partition("  aop:zones:")
        path.write_text(
            f"{before}      ca: file:certificates/trusted.pem\n      ca_key:\n"
            f"        certificate: file:certificates/{signer}.pem\n"
            f"        key: file:certificates/{signer}.key\n  aop:zones:{zones}"
        )

    def shown(self) -> dict[str, str | None]:
        """The fingerprint that each hostname presents now."""
        rows = {name: self.sandbox.presented(ZONE, name) for name in (SHOP, WWW)}
        return {name: row["certificate_sha256"] for name, row in rows.items()}

    def up(self, *renewed: str, command: str = UP) -> None:
        """The command replaces the certificate of these hostnames, and of no other."""
        before = self.shown()
        self.reader.clone.shell(command)
        after = self.shown()
        assert {name for name in after if after[name] != before[name]} == set(renewed)
        assert None not in after.values()
        if WWW in renewed:
            self.zone_since = self.days

    def nights(self, until: int) -> None:
        """The days that pass; on each on which something is due, an `up` replaces that alone."""
        while self.days < until:
            self.passes(DUE)
            is_zone_due = self.days - self.zone_since >= ZONE_DUE
            self.up(SHOP, *([WWW] if is_zone_due else []))

    def is_refused(self, certificate_of: str) -> None:
        """`up` ends with the words of the origin, and leaves everything as it was."""
        before, held = self.shown(), self.held()
        told = self.reader.clone.shell(UP, 1).text
        lines = [line for line in told.splitlines() if " refuses the new certificate for " in line]
        address = f"origin 127.0.0.1:{self.reader.port} refuses the new certificate for"
        assert lines
        assert all(address in line for line in lines)
        assert all(f"Nothing was changed. Let it trust CN={certificate_of}" in x for x in lines)
        assert all(", in " in line and " days" in line for line in lines)
        assert (self.shown(), self.held()) == (before, held)

    def held(self) -> set[str]:
        """The fingerprints of all that Cloudflare holds in the zone, or held."""
        zone = self.sandbox.zone(ZONE)
        rows = zone["zone_certificates"] + zone["hostname_certificates"]
        return {row["certificate_sha256"] for row in rows}

    def answers(self, hostname: str) -> int:
        return httpx.get(self.sandbox.edge, headers={"Host": hostname}).status_code


@pytest.fixture
def years(tmp_path: Path, sandbox: SandboxProcess) -> Iterator[Years]:
    servers.program("nginx")
    without_aop(sandbox)
    with moved_clock(tmp_path) as clock:
        years = Years(tmp_path, sandbox, clock)
        with years.reader.origin():
            yield years


def follow(years: Years) -> None:
    """The page, whose third section has the origin trust the CA before anything is presented."""
    for block in blocks(PAGE):
        if block.file:
            years.reader.write(block)
        elif block.is_run:
            years.reader.run(block.commands)
        if "operations issue" in block.text:
            years.trust("optional", "ca")
    years.trust("on", "ca")
    years.reader.clone.edit(STACK, "renew_days: 10", "renew_days: 2")
    years.reader.clone.edit(
        STACK, "server: nginx\n", f'try: ["127.0.0.1:{years.reader.port}"]\n        server: nginx\n'
    )
    years.up()


def renew_on_the_day(years: Years) -> None:
    """The day before, a preview is empty."""
    years.passes(DUE - 1)
    years.reader.clone.shell(f"{PREVIEW} --expect-no-changes")
    years.passes(1)
    assert ".shop: renewed: ends " in years.reader.clone.shell(PREVIEW).text
    years.up(SHOP, command=RENEW)


def change_the_ca_with_each_renewal(years: Years) -> None:
    """The origin trusts both; what is renewed in its time is signed by the new one."""
    years.make_ca("second")
    years.trust("on", "ca", "second")
    years.want("ca", "second", signer="second")
    years.nights(84)
    years.want("second", signer="second")
    years.up()
    years.trust("on", "second")


def change_the_ca_and_forget_the_origin(years: Years) -> None:
    years.make_ca("third")
    years.want("third", signer="third")
    years.is_refused("third")
    years.trust("on", "second", "third")
    years.up(SHOP, WWW)
    years.trust("on", "third")


def change_the_ca_at_once(years: Years) -> None:
    """The origin trusts both; `ca` has the new one alone, and everything is due."""
    years.make_ca("fourth")
    years.trust("on", "third", "fourth")
    years.want("fourth", signer="fourth")
    years.up(SHOP, WWW)
    years.trust("on", "fourth")


def a_certificate_that_was_not_renewed_is_refused(years: Years) -> None:
    """Without this the year would prove nothing: the origin does look at the dates."""
    assert years.answers(SHOP) == 200
    years.passes(LIFE + 1)
    assert years.answers(SHOP) == 403


def test_a_year_in_which_the_ca_changes_three_times_costs_no_request(
    years: Years, show: Print
) -> None:
    assert {UP, RENEW} <= {command for block in blocks(PAGE) for command in block.commands}
    with visit("a year", years.sandbox.edge, [SHOP, WWW], RATE) as figures:
        follow(years)
        first, began = years.shown(), years.sandbox.now()
        renew_on_the_day(years)
        change_the_ca_with_each_renewal(years)
        change_the_ca_and_forget_the_origin(years)
        years.nights(196)
        change_the_ca_at_once(years)
        years.nights(365)
        years.reader.clone.shell(f"{PREVIEW} --refresh --expect-no-changes")
    show(figures)
    figures.hold()
    rows = [row for row in years.sandbox.presented_log(ZONE) if row["at"] > began]
    assert None not in {row["certificate_sha256"] for row in rows}
    assert not set(years.shown().values()) & set(first.values())
    assert "PRIVATE KEY" not in "".join(years.reader.clone.told)
    a_certificate_that_was_not_renewed_is_refused(years)
