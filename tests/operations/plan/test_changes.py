"""Every way in which a hostname or a zone can change, in words, and whether it is a danger."""

from __future__ import annotations

import pytest

from operations.plan.report import change_lines
from operations.text import plain
from tests.operations.plans import (
    FAR,
    NEAR,
    NEW,
    OLD,
    PAST,
    THIRD,
    UNKNOWN,
    ZONE,
    Props,
    bindings,
    certificate,
    report,
    setting,
    step,
)

OWN, SHARED = "origin_tls_client_auth", "tls_client_auth"
APP = "app.example.com"

# id: steps, the line of a subject, the classes of danger
NOT_SEEN = "what is presented now is not in this plan, preflight looks"
CASES: dict[str, tuple[list[Props], str, set[str]]] = {
    "a new hostname": (
        [certificate("HostnameCertificate", None, NEW), bindings(None, {APP: NEW})],
        f"{APP}: gets its own certificate bbbbbbbb... (ends 2027-11-24); {NOT_SEEN}",
        set(),
    ),
    "a rotation": (
        [certificate("HostnameCertificate", OLD, NEW), bindings({APP: OLD}, {APP: NEW})],
        f"{APP}: certificate aaaaaaaa... (ends 2027-11-24) becomes bbbbbbbb... (ends 2027-11-24),"
        " without downtime",
        set(),
    ),
    "a rotation to one that ends soon": (
        [certificate("HostnameCertificate", OLD, NEW, NEAR), bindings({APP: OLD}, {APP: NEW})],
        f"{APP}: certificate aaaaaaaa... (ends 2027-11-24) becomes bbbbbbbb... (ends 2026-12-10),"
        " without downtime",
        {"expiry"},
    ),
    "a binding that goes, nothing below known": (
        [certificate("HostnameCertificate", OLD, OLD), bindings({APP: OLD}, None)],
        f"{APP}: LOSES its own certificate aaaaaaaa... (ends 2027-11-24); Cloudflare presents what"
        " is not managed here: what comes in its place is not known",
        {"loss"},
    ),
    "a binding that goes, the zone's certificate below": (
        [
            certificate("ZoneCertificate", THIRD, THIRD, name="zone"),
            setting(OWN, "on", "on"),
            certificate("HostnameCertificate", OLD, OLD),
            bindings({APP: OLD}, {}),
        ],
        f"{APP}: falls from its own certificate aaaaaaaa... (ends 2027-11-24) to the zone's"
        " certificate cccccccc... (ends 2027-11-24): the origin must accept that one",
        {"level"},
    ),
    "a binding switched off": (
        [bindings({APP: OLD}, {APP: None})],
        f"{APP}: LOSES its own certificate aaaaaaaa...; Cloudflare presents nothing (switched off"
        " for this hostname): origins that insist will refuse every visitor",
        {"loss"},
    ),
    "a binding switched on": (
        [bindings({APP: None}, {APP: OLD})],
        f"{APP}: gets its own certificate aaaaaaaa...; until now nothing was presented (switched"
        " off for this hostname)",
        set(),
    ),
    "the zone's switch goes off": (
        [setting(SHARED, "off", "off"), setting(OWN, "on", "off")],
        "example.com (zone): LOSES a zone certificate outside this plan; Cloudflare presents"
        " nothing (both switches of the zone are off): origins that insist will refuse every"
        " visitor; the switch of the zone's own certificate goes OFF",
        {"loss"},
    ),
    "the zone's switch is destroyed and was off before": (
        [setting(SHARED, "off", "off"), setting(OWN, "on", None, found="off")],
        "example.com (zone): LOSES a zone certificate outside this plan; Cloudflare presents"
        " nothing (both switches of the zone are off): origins that insist will refuse every"
        " visitor; the switch of the zone's own certificate goes OFF",
        {"loss"},
    ),
    "the zone's switch is destroyed and was on before": (
        [setting(OWN, "on", None, found="on")],
        "example.com (zone): unchanged",
        set(),
    ),
    "from the zone's certificate to the shared one": (
        [setting(SHARED, "off", "on"), setting(OWN, "on", "off")],
        "example.com (zone): falls from a zone certificate outside this plan to Cloudflare's shared"
        " certificate: the origin must accept that one; the switch of the zone's own certificate"
        " goes OFF; the switch of Cloudflare's shared certificate goes ON",
        {"level", "global"},
    ),
    "from the shared certificate to the zone's": (
        [
            certificate("ZoneCertificate", None, NEW),
            setting(OWN, "off", "on"),
            setting(SHARED, "on", "off"),
        ],
        "example.com (zone): Cloudflare's shared certificate becomes the zone's certificate"
        " bbbbbbbb... (ends 2027-11-24), without downtime only if the origin trusts both CAs; the"
        " switch of the zone's own certificate goes ON; the switch of Cloudflare's shared"
        " certificate goes OFF",
        {"issuer"},
    ),
    "the SSL mode goes to flexible": (
        [setting("ssl", "full", "flexible"), bindings({APP: OLD}, {APP: OLD})],
        f"{APP}: LOSES its own certificate aaaaaaaa...; Cloudflare presents nothing (SSL mode"
        " flexible: no TLS to the origin): origins that insist will refuse every visitor",
        {"loss", "ssl"},
    ),
    "the SSL mode goes to strict": (
        [setting("ssl", "full", "strict")],
        "example.com (zone): SSL mode full becomes strict",
        {"ssl"},
    ),
    "an expired certificate stays": (
        [
            step(
                "same",
                "HostnameCertificate",
                "one",
                {"zone_id": ZONE, "certificate_sha256": OLD, "expires_on": PAST},
                {"zone_id": ZONE, "certificate_sha256": OLD, "expires_on": PAST},
            ),
            bindings({APP: OLD}, {APP: OLD}),
        ],
        f"{APP}: unchanged",
        {"expiry"},
    ),
    "a certificate that is made in the same run": (
        [
            step(
                "create",
                "HostnameCertificate",
                "one",
                None,
                {"zone_id": ZONE, "certificate_sha256": UNKNOWN, "expires_on": UNKNOWN},
            ),
            bindings({APP: OLD}, {APP: UNKNOWN}),
        ],
        f"{APP}: certificate aaaaaaaa... becomes not known yet, without downtime",
        set(),
    ),
    "a move between maps": (
        [
            bindings({APP: OLD, "b.example.com": OLD}, {"b.example.com": OLD}, "one"),
            bindings({}, {APP: OLD}, "two"),
        ],
        f"{APP}: the same certificate; it moves between two resources, and can be without a"
        " certificate for a moment unless one depends on the other",
        set(),
    ),
    "a map that takes the place of another": (
        [bindings({APP: OLD}, None, "one"), bindings(None, {APP: OLD}, "two")],
        f"{APP}: unchanged",
        set(),
    ),
    "a takeover": (
        [bindings(None, {APP: OLD}, overwrite=True)],
        f"{APP}: gets its own certificate aaaaaaaa...; {NOT_SEEN}",
        {"others"},
    ),
    "a certificate that another binding still shows": (
        [certificate("HostnameCertificate", OLD, None), bindings({APP: OLD}, {APP: OLD})],
        f"{APP}: unchanged",
        {"others"},
    ),
    "the last zone certificate while the switch stays on": (
        [certificate("ZoneCertificate", OLD, None), setting(OWN, "on", "on")],
        "example.com (zone): LOSES the zone's certificate aaaaaaaa... (ends 2027-11-24); Cloudflare"
        " presents a zone certificate outside this plan: what comes in its place is not known",
        {"loss", "others"},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_line_says_in_plain_words_what_happens(case: str) -> None:
    steps, line, _ = CASES[case]
    assert line in [plain(line) for line in change_lines(report(*steps).changes)]


@pytest.mark.parametrize("case", CASES)
def test_dangers_are_named_and_nothing_else_is(case: str) -> None:
    steps, _, classes = CASES[case]
    assert {danger.name for danger in report(*steps).dangers} == classes


def test_a_replacement_that_deletes_first_is_told_as_a_gap() -> None:
    old = {"zone_id": ZONE, "certificate_sha256": OLD, "expires_on": FAR}
    new = {**old, "certificate_sha256": NEW}
    made = report(
        step("delete-replaced", "HostnameCertificate", "one", old, None),
        step("replace", "HostnameCertificate", "one", old, new),
        step("create-replacement", "HostnameCertificate", "one", old, new),
        bindings({APP: OLD}, {APP: NEW}),
    )
    assert "WITH A GAP" in plain(made.changes[0].words)
    assert "deletes" in plain(made.order[0])


def test_many_hostnames_that_change_alike_are_one_line_after_what_is_graver() -> None:
    names = [f"{letter}.example.com" for letter in "abcdefg"]
    made = report(
        certificate("HostnameCertificate", OLD, NEW),
        bindings(dict.fromkeys(names, OLD), dict.fromkeys(names[1:], NEW)),
    )
    lines = [plain(line) for line in change_lines(made.changes)]
    assert [line.partition(":")[0] for line in lines] == [
        "a.example.com",
        "6 hostnames of example.com (b.example.com, c.example.com, d.example.com, e.example.com,"
        " f.example.com and 1 more)",
    ]
    assert lines[0].startswith("a.example.com: LOSES")
