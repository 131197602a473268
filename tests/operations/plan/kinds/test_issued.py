"""What a report says of certificates that renew themselves: that they do, and from which day on."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from operations.plan.report import as_json
from operations.render import markdown, report_page
from providers.values.pem import read_certificate
from tests.operations.plans import UNKNOWN, ZONE, bindings, report, setting, step
from tests.pki import Pair, another_authority, ca_certificate, make

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


def to_come(name: str, ca: str, op: str = "create", level: str = "Hostname") -> dict[str, Any]:
    """A step of a certificate that nobody has signed yet."""
    wish = {"zone_id": ZONE, "issuer_name": "own", "common_name": f"aop.{name}", "ca": ca}
    made = step(op, f"Issued{level}Certificate", name, None if op == "create" else wish, wish)
    if op == "replace":
        made["oldState"]["id"] = "id-of-shop"
        made["oldState"]["outputs"] |= {"certificate": PAIR.certificate}
    return made


UNSIGNED = {"cert_id": UNKNOWN, "certificate_sha256": UNKNOWN, "enabled": True}


def shown_once_signed(
    *certificates: dict[str, Any], was: str | None = None, by: Any = UNSIGNED
) -> dict[str, Any]:
    """The step of a binding whose certificate is known after `up` only."""
    made = bindings({SHOP: was} if was else None, {SHOP: PAIR.sha256})
    made["op"] = "update" if was else "create"
    for side in ("inputs", "outputs"):
        made["newState"][side]["bindings"][SHOP] = by
    made["newState"]["dependencies"] = [item["urn"] for item in certificates]
    return made


CA, OTHER_CA = ca_certificate(), ca_certificate(another_authority("CN of another"))


def test_a_hostname_whose_certificate_nobody_has_signed_yet_is_told_that_it_will_renew_itself() -> (
    None
):
    new = to_come("shop", CA)
    told = markdown.render(report(new, shown_once_signed(new)))
    assert "gets its own certificate not known yet (renews itself);" in told
    assert "`hostnames`: once the new certificate is active, binds `shop.example.com`" in told


def test_a_renewal_says_so_at_its_hostname_and_is_no_danger() -> None:
    new = to_come("shop", CA, "replace")
    told = markdown.render(report(new, shown_once_signed(new, was=PAIR.sha256)))
    assert "becomes not known yet (renews itself), without downtime\n" in told
    assert "DANGER" not in told


def test_a_certificate_to_come_under_another_ca_than_the_one_before_is_a_danger() -> None:
    new = to_come("shop", OTHER_CA, "replace")
    moved = shown_once_signed(new, was=PAIR.sha256)
    told = markdown.render(report(new, moved))
    assert "without downtime only if the origin trusts both CAs" in told
    assert "certificate not known yet comes from another issuer (a CA in its ca) than" in told
    exported = {SHOP: {"level": "hostname", "bundle": CA + OTHER_CA}}
    stack = {"urn": "urn:pulumi:dev::aop::pulumi:pulumi:Stack::aop-dev", "op": "same"}
    state = {"type": "pulumi:pulumi:Stack", "outputs": {"origins": exported}}
    both = report(new, moved, {**stack, "oldState": state, "newState": state})
    assert "without downtime where the exported bundle is in place" in markdown.render(both)


def test_two_certificates_to_come_under_different_cas_are_not_taken_for_each_other() -> None:
    shop, pay = to_come("shop", CA), to_come("pay", OTHER_CA)
    told = markdown.render(report(shop, pay, shown_once_signed(shop, pay)))
    assert "gets its own certificate not known yet;" in told


def test_a_zone_certificate_to_come_is_that_of_no_hostname() -> None:
    zone, shop = to_come("zone", OTHER_CA, level="Zone"), to_come("shop", CA)
    told = markdown.render(report(zone, shop, shown_once_signed(zone, shop)))
    assert f"`{SHOP}`: gets its own certificate not known yet (renews itself);" in told


def test_a_given_certificate_to_come_is_not_taken_for_the_issued_one_beside_it() -> None:
    """A program may bind by the id alone, which is not known before `up`."""
    wish = {"zone_id": ZONE, "certificate": PAIR.certificate}
    given, issued_one = step("create", "HostnameCertificate", "own", None, wish), to_come("api", CA)
    pair = (given, issued_one)
    told = markdown.render(report(*pair, shown_once_signed(*pair, by=UNKNOWN)))
    assert f"`{SHOP}`: gets its own certificate not known yet;" in told
    with_fingerprint = markdown.render(report(*pair, shown_once_signed(*pair)))
    assert f"`{SHOP}`: gets its own certificate not known yet (renews itself);" in with_fingerprint
    alone = markdown.render(report(given, shown_once_signed(given, by=UNKNOWN)))
    assert f"`{SHOP}`: gets its own certificate `{PAIR.sha256[:8]}...` (ends " in alone
