"""What a report says of certificates that renew themselves: that they do, and from which day on."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from operations.plan.report import as_json
from operations.render import markdown, report_page
from providers.values.pem import read_certificate
from tests.operations.plans import ZONE, bindings, report, setting, step
from tests.pki import Pair, make

SHOP = "shop.example.com"
PAIR = make("shop", starts=-1, days=89)


def issued(op: str, renew_days: float | None = 30, pair: Pair = PAIR, **new: Any) -> dict[str, Any]:
    """A step of an issued certificate that state holds."""
    wish = {"zone_id": ZONE, "issuer_name": "own", "renew_days": renew_days, "id": "id-of-shop"}
    made = step(op, "IssuedHostnameCertificate", "shop", wish, {**wish, **new})
    made["oldState"]["outputs"] |= {"certificate": pair.certificate}
    return made


def shows(old: str, new: str) -> dict[str, Any]:
    return bindings({SHOP: old}, {SHOP: new})


def words(renew_days: float) -> str:
    ends = read_certificate(PAIR.certificate).not_after
    return f"renews itself, next {ends - dt.timedelta(days=renew_days):%Y-%m-%d}"


def test_what_stays_as_it_is_says_when_its_certificate_is_renewed() -> None:
    made = report(issued("same"), shows(PAIR.sha256, PAIR.sha256))
    assert f"- `{SHOP}`: {words(30)}" in markdown.render(made).splitlines()
    page = re.sub(r"<[^>]+>", "", report_page.render(made))
    # In the row of the hostname, and on the timeline.
    assert page.count(words(30)) == 2
    (after,) = (c["after"] for c in as_json(made)["changes"] if c["hostname"] == SHOP)
    assert (after["renews_itself"], after["renews_on"][:10]) == (True, words(30)[-10:])


def test_a_plan_that_changes_when_says_the_new_day() -> None:
    made = report(issued("update", renew_days=10), shows(PAIR.sha256, PAIR.sha256))
    assert f"- `{SHOP}`: {words(10)}" in markdown.render(made).splitlines()


def test_of_one_to_come_the_day_is_not_known_yet() -> None:
    wish = {"zone_id": ZONE, "issuer_name": "own", "id": "id-of-zone"}
    made = step("replace", "IssuedZoneCertificate", "zone", wish, wish)
    made["oldState"]["outputs"] |= {"certificate": PAIR.certificate}
    ends = f"{read_certificate(PAIR.certificate).not_after:%Y-%m-%d}"
    told = f"certificate `{PAIR.sha256[:8]}...` (ends {ends}) becomes not known yet (renews itself)"
    switch = setting("origin_tls_client_auth", "on", "on")
    assert told in markdown.render(report(made, switch))


def test_of_a_given_certificate_nothing_is_said() -> None:
    old = {"zone_id": ZONE, "certificate": PAIR.certificate, "id": "id-of-shop"}
    made = report(
        step("same", "HostnameCertificate", "shop", old, old), shows(PAIR.sha256, PAIR.sha256)
    )
    assert "renews" not in markdown.render(made) + report_page.render(made)
