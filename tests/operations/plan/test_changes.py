"""Every way in which a hostname or a zone can change, in words, and whether it is a danger."""

from __future__ import annotations

import pytest

from operations.plan.report import as_json, change_lines
from operations.text import plain
from tests.operations.plans import (
    FAR,
    IDS,
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
    move,
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


def test_the_risk_line_counts_hostnames_and_zones_with_the_danger_first() -> None:
    many = {f"h{number}.example.com": THIRD for number in range(97)}
    made = report(
        certificate("HostnameCertificate", OLD, NEW),
        bindings(
            {**many, "a.example.com": OLD, "b.example.com": OLD, "c.example.com": THIRD},
            {**many, "a.example.com": NEW, "b.example.com": NEW, "c.example.com": None},
        ),
    )
    assert made.risk == "1 hostname loses protection, 2 change certificate, 97 unchanged"


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


def test_what_an_earlier_run_left_behind_is_no_change_of_a_hostname() -> None:
    leftover = step(
        "delete",
        "HostnameCertificate",
        "certificate",
        {"zone_id": ZONE, "certificate_sha256": OLD, "expires_on": FAR},
        None,
    )
    leftover["oldState"]["delete"] = True
    made = report(
        certificate("HostnameCertificate", NEW, NEW), leftover, bindings({APP: NEW}, {APP: NEW})
    )
    assert made.risk == "what others may use is touched; 1 hostname unchanged"
    assert (
        plain(made.order[0]) == "certificate: deletes certificate aaaaaaaa... once no hostname"
        " shows it"
    )


def test_the_certificate_of_a_binding_is_found_by_its_id_where_no_fingerprint_is_given() -> None:
    bound = {"zone_id": ZONE, "hostname": APP, "cert_id": IDS[OLD]}
    made = report(
        certificate("HostnameCertificate", OLD, OLD),
        step("same", "HostnameBinding", "app", bound, bound),
    )
    assert plain(made.changes[0].subject) == APP
    assert made.changes[0].after.certificate is not None
    assert made.changes[0].after.certificate.sha256 == OLD


def test_a_program_that_was_changed_back_is_told_to_delete_what_was_left() -> None:
    old = {"zone_id": ZONE, "hostname_certificates": {"app": OLD}}
    new = {"zone_id": ZONE, "hostname_certificates": {"app": NEW}}
    forward = report(move("UploadLedger", "uploads", old, new))
    assert [plain(words) for words in forward.order] == [
        "uploads: notes in state what the program uploads: bbbbbbbb..."
    ]
    more = {**old, "hostname_certificates": {"app": OLD, "left-over-bbbbbbbb": NEW}}
    removal = report(move("UploadLedger", "uploads", more, old))
    assert [plain(words) for words in removal.order] == [
        "uploads: deletes what a run that was cut off has left, if anything"
    ]


def test_every_step_of_the_plan_is_in_the_order_deletions_last() -> None:
    made = report(
        certificate("HostnameCertificate", OLD, NEW),
        setting(SHARED, "off", "on"),
        bindings({APP: OLD, "gone.example.com": OLD}, {APP: NEW}),
        setting("ssl", "strict", None),
    )
    assert [plain(words) for words in made.order] == [
        "certificate: uploads certificate bbbbbbbb... for hostnames of example.com, or adopts it",
        "tls_client_auth: switches Cloudflare's shared certificate of example.com on",
        "hostnames: voids gone.example.com",
        f"hostnames: once certificate bbbbbbbb... is active, binds {APP}, waits until in force",
        "certificate: deletes certificate aaaaaaaa... once no hostname shows it",
        "ssl: leaves the SSL mode of example.com as it is",
    ]


@pytest.mark.parametrize(("ends", "verdict"), [(FAR, "calm"), (NEAR, "danger"), (PAST, "danger")])
def test_a_certificate_that_ends_soon_or_has_ended_is_a_danger(ends: str, verdict: str) -> None:
    made = report(
        certificate("HostnameCertificate", OLD, NEW, ends), bindings({APP: OLD}, {APP: NEW})
    )
    assert made.verdict == verdict


def test_a_zone_whose_id_is_not_known_yet_is_told_so_everywhere() -> None:
    wanted = {"zone_id": UNKNOWN, "setting": "ssl", "value": "flexible"}
    told = as_json(report(step("create", "ZoneSetting", "ssl", None, wanted)))
    assert told["order"] == ["ssl: sets the SSL mode of zone not known yet to flexible"]
    assert told["dangers"][0]["text"].startswith("zone not known yet: SSL mode flexible")


def test_a_kind_that_is_not_in_the_table_is_a_step_and_worth_a_look() -> None:
    made = report(step("create", "TrustStore", "store", None, {"zone_id": ZONE}))
    assert [plain(words) for words in made.order] == ["store: is created"]
    assert [(danger.name, danger.is_grave) for danger in made.dangers] == [("unknown", False)]
    assert plain(made.dangers[0].words) == (
        "store, a TrustStore, changes: what that means for hostnames is not known here."
    )
    assert made.verdict == "caution"


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


def test_a_zone_whose_mode_alone_changes_is_not_called_unchanged() -> None:
    made = report(setting("ssl", "strict", "full"))
    assert made.risk == "the SSL mode changes; 1 zone has other settings"


def test_the_engines_own_line_beside_an_error_of_the_program_is_left_out() -> None:
    own = "an unhandled error occurred: program exited with non-zero exit code: 1"
    both = [
        {"severity": "error", "message": "error: stacks/Pulumi.dev.yaml: zone_id: is missing."},
        {"severity": "error", "message": own},
    ]
    assert report(diagnostics=both).risk == "the preview failed with 1 error"
    assert report(diagnostics=both[1:]).risk == "the preview failed with 1 error"
