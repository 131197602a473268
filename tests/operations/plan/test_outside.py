"""What is this stack's and was changed outside, from a live zone and a state."""

from __future__ import annotations

from dataclasses import replace

import pytest

from operations.plan.held import HeldCertificate, HeldState
from operations.plan.live import LiveZone
from operations.plan.outside import changes
from operations.plan.presented import BindingFacts, CertificateFacts, ZoneFacts
from operations.text import plain
from stacks.config import ZoneConfig

ZONE = "023e105f4ecef8ad9ca31a8372d0c353"
APP, GONE = "app.example.com", "gone.example.com"
PAIR = {"certificate": "file:a.pem", "private_key": "env:A_KEY"}
MINE = CertificateFacts("a" * 64, cert_id="mine")
NEXT = CertificateFacts("b" * 64, cert_id="next")
OTHER = CertificateFacts("c" * 64, cert_id="other")
WANTED = {"zone_certificate": "d" * 64, "app": MINE.sha256}
ZONES_OWN = HeldCertificate("prod", "example.com-zone", "zone", ZONE, "own", "d" * 64, "")


def config(**more: object) -> ZoneConfig:
    hostnames = {"app": {**PAIR, "hostnames": [APP]}}
    given = {"zone_certificate": PAIR, "hostname_certificates": hostnames, "ssl": "strict"}
    return ZoneConfig.model_validate({"zone_id": ZONE, **given, **more})


def facts(ssl: str = "strict", own: str = "on", **hostnames: BindingFacts) -> ZoneFacts:
    rows = {f"{name}.example.com": shown for name, shown in hostnames.items()}
    return ZoneFacts(ZONE, "example.com", ssl=ssl, own=own, hostnames=rows)


def told(live: ZoneFacts, held: ZoneFacts, *certificates: HeldCertificate) -> list[str]:
    zone = LiveZone("example.com", config(), live, {"zone": [], "hostname": []})
    ours = HeldState(certificates, {ZONE: held})
    return [plain(change.words) for change in changes(zone, ours, WANTED)]


AS_IT_WAS = BindingFacts(MINE)
CASES = {
    "a hostname bound to another": (
        facts(app=BindingFacts(OTHER)),
        "binding of app.example.com: the state says certificate aaaaaaaa..., Cloudflare has"
        " certificate cccccccc...: changed outside, and `pulumi up --refresh` binds it again.",
    ),
    "a hostname switched off": (
        facts(app=replace(AS_IT_WAS, enabled=False)),
        "binding of app.example.com: the state says certificate aaaaaaaa..., Cloudflare has"
        " certificate aaaaaaaa..., switched off: changed outside, and `pulumi up --refresh` binds"
        " it again.",
    ),
    "a hostname not bound": (
        facts(),
        "binding of app.example.com: the state says certificate aaaaaaaa..., Cloudflare has not"
        " bound: changed outside, and `pulumi up --refresh` binds it again.",
    ),
    "a mode": (
        facts(ssl="full", app=AS_IT_WAS),
        "ssl of example.com: the state says strict, Cloudflare has full: changed outside, and"
        " `pulumi up --refresh` sets it back.",
    ),
    "a switch": (
        facts(own="off", app=AS_IT_WAS),
        "origin_tls_client_auth of example.com: the state says on, Cloudflare has off: changed"
        " outside, and `pulumi up --refresh` sets it back.",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_ours_and_was_changed_is_told_with_the_remedy(case: str) -> None:
    live, words = CASES[case]
    assert told(live, facts(app=AS_IT_WAS)) == [words]


def test_a_certificate_that_is_gone_is_told_unless_it_was_going() -> None:
    live = facts(app=AS_IT_WAS)
    assert told(live, live, ZONES_OWN) == [
        "certificate example.com-zone of example.com: the state says dddddddd..., Cloudflare has"
        " nothing: changed outside, and `pulumi up --refresh` makes it again."
    ]
    assert told(live, live, replace(ZONES_OWN, is_going=True)) == []
    assert told(live, live, replace(ZONES_OWN, sha256="e" * 64)) == [], "replaced by the next `up`"
    assert (
        len(told(live, live, replace(ZONES_OWN, sha256="e" * 64, renews_on="2026-12-24T00:00:00Z")))
        == 1
    )


def test_a_rotation_to_come_and_what_is_as_wanted_already_are_no_changes() -> None:
    waiting = facts(app=BindingFacts(NEXT))
    assert told(waiting, waiting) == []
    assert told(facts(app=AS_IT_WAS), waiting) == [], "bound by hand to what the file names"


def test_a_hostname_that_the_configuration_has_no_more_is_left_so() -> None:
    held = facts(app=AS_IT_WAS, gone=AS_IT_WAS)
    (line,) = told(facts(app=AS_IT_WAS, gone=BindingFacts(OTHER)), held)
    assert line.startswith(f"binding of {GONE}: ")
    assert line.endswith("`pulumi up --refresh` leaves it so.")


def test_a_setting_that_is_not_managed_or_cannot_be_read_is_nobodys_change() -> None:
    held = facts(app=AS_IT_WAS)
    unmanaged = LiveZone(
        "example.com",
        ZoneConfig.model_validate({"zone_id": ZONE}),
        replace(facts(ssl="full", app=AS_IT_WAS), own=None),
        {"zone": [], "hostname": []},
    )
    assert list(changes(unmanaged, HeldState((), {ZONE: held}), {})) == []


def test_a_mode_that_was_set_by_hand_to_what_the_file_says_is_no_change() -> None:
    held = facts(ssl="full", app=AS_IT_WAS)
    assert told(facts(ssl="strict", app=AS_IT_WAS), held) == []
