"""A hostname or zone compared with the configuration, at a moment that the test chooses."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from operations.plan.coverage import compare, summary, with_renewal, worst_first
from operations.plan.held import HeldCertificate, HeldState
from operations.plan.live import LiveZone
from operations.plan.presented import BindingFacts, CertificateFacts, ZoneFacts
from stacks.config import ZoneConfig

ZONE = "023e105f4ecef8ad9ca31a8372d0c353"
APP, SHOP = "app.example.com", "shop.example.com"
ENDS = dt.datetime(2026, 11, 25, 20, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
PAIR = {"certificate": "file:a.pem", "private_key": "env:A_KEY"}
MINE = CertificateFacts("a" * 64, "2026-11-25T20:00:00Z")


def live(own: str = "off") -> LiveZone:
    """app is bound as configured; the zone's certificate is the same one."""
    hostnames = {"app": {**PAIR, "hostnames": {APP: "on", SHOP: "off"}}}
    config = ZoneConfig.model_validate(
        {"zone_id": ZONE, "zone_certificate": PAIR, "hostname_certificates": hostnames}
    )
    facts = ZoneFacts(ZONE, "example.com", shared="on", own=own, certificates=[MINE])
    facts.hostnames = {APP: BindingFacts(MINE), SHOP: BindingFacts(MINE, enabled=False)}
    return LiveZone("example.com", config, facts, {"zone": [], "hostname": []})


WANTED = {"app": {MINE.sha256}, "zone_certificate": {MINE.sha256}}


@pytest.mark.parametrize(("now", "status"), [(ENDS - MINUTE, "as wanted"), (ENDS, "expired")])
def test_a_certificate_that_has_ended_is_expired_from_that_minute_on(
    now: dt.datetime, status: str
) -> None:
    found = {item.hostname: item for item in compare(live(own="on"), WANTED, now)}
    assert {found[APP].status, found["*"].status} == {status}
    assert found[SHOP].status == "as wanted"
    if status == "expired":
        assert found[APP].why == "EXPIRED on 2026-11-25: Cloudflare presents nothing"


def test_a_zone_that_falls_back_to_the_shared_certificate_misses_its_own() -> None:
    found = worst_first(compare(live(own="off"), WANTED, ENDS - MINUTE))
    assert (found[0].hostname, found[0].status) == ("*", "missing")
    assert summary(found) == "1 of 3 is not as wanted: 1 missing"


def test_a_hostname_that_shall_be_off_and_presents_something_is_wrong() -> None:
    zone = live(own="on")
    zone.facts.hostnames[SHOP] = BindingFacts(MINE)
    found = {item.hostname: item.status for item in compare(zone, WANTED, ENDS - MINUTE)}
    assert found[SHOP] == "wrong"


HELD = HeldCertificate("prod", "zone", "zone", ZONE, "own", MINE.sha256, "")


def remedy(hostname: str, zone: LiveZone, *, ssl: str | None = None, own: str | None = None) -> str:
    state = ZoneFacts(ZONE, ssl=ssl, own=own, hostnames={APP: BindingFacts(MINE)})
    found = compare(zone, WANTED, ENDS - MINUTE, HeldState((HELD,), {ZONE: state}))
    (item,) = (item for item in found if item.hostname == hostname)
    return item.why.rpartition(": ")[2]


def test_a_mode_without_tls_is_set_back_where_the_stack_has_set_it() -> None:
    zone = live(own="on")
    zone.facts.ssl = "flexible"
    by_hand = "set ssl in the stack's file, or the mode in the dashboard"
    assert remedy(APP, zone) == by_hand
    managed = replace(zone, config=zone.config.model_copy(update={"ssl": "strict"}))
    again = "changed outside, and `pulumi up --refresh` sets it back"
    assert remedy(APP, managed, ssl="strict") == again
    assert remedy("*", managed, ssl="strict") == again
    assert remedy(APP, managed) == "`pulumi up` does that"


def test_a_zone_whose_switch_or_certificate_was_taken_away_outside_says_so() -> None:
    again = "changed outside, and `pulumi up --refresh` {}"
    assert remedy("*", live(own="off"), own="on") == again.format("sets it back")
    assert remedy("*", live(own="off")) == "`pulumi up` does that"
    bare = live(own="on")
    bare.facts.certificates.clear()
    bare.facts.is_live = True
    assert remedy("*", bare, own="on") == again.format("makes it again")
    other = live(own="on")
    other.facts.certificates[:] = [CertificateFacts("b" * 64, cert_id="theirs")]
    assert remedy("*", other, own="on") == "not this stack's, see preflight"


def test_two_certificates_are_both_named() -> None:
    zone = live(own="on")
    zone.facts.hostnames[APP] = BindingFacts(CertificateFacts("b" * 64, cert_id="theirs"))
    found = {item.hostname: item.why for item in compare(zone, WANTED, ENDS - MINUTE)}
    assert found[APP] == "bound to bbbbbbbb, the configuration names aaaaaaaa: see drift"


def test_what_an_issuer_has_still_to_sign_is_wanted_in_place_of_what_is_there() -> None:
    wanted = {"app": set[str](), "zone_certificate": {MINE.sha256}}
    found = {item.hostname: item for item in compare(live(own="on"), wanted, ENDS - MINUTE)}
    assert (found[APP].status, found["*"].status) == ("wrong", "as wanted")
    assert "the configuration names one that its issuer has still to sign" in found[APP].why


def test_what_has_ended_is_expired_though_its_renewal_is_overdue_too() -> None:
    due = ENDS - dt.timedelta(days=10)
    for now, status in ((ENDS - MINUTE, "overdue"), (ENDS, "expired")):
        found = {item.hostname: item for item in compare(live(own="on"), WANTED, now)}
        assert with_renewal(found[APP], due, now).status == status
        assert with_renewal(found[APP], None, now) == found[APP]
