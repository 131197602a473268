"""The steps of a plan, in the order in which they happen."""

from __future__ import annotations

from operations.plan.report import as_json
from operations.text import plain
from tests.operations.plans import (
    NEW,
    OLD,
    UNKNOWN,
    ZONE,
    bindings,
    certificate,
    move,
    report,
    setting,
    step,
)

OWN, SHARED = "origin_tls_client_auth", "tls_client_auth"
APP = "app.example.com"


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
