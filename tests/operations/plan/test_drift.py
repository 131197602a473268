"""What differs between state and Cloudflare, from two small plans."""

from __future__ import annotations

from typing import Any

from operations.plan import preview
from operations.plan.drift import differences, written_at
from operations.text import plain
from tests.operations.plans import NEW, OLD, ZONE, bindings, plan, setting, step


def found(refresh: list[Any], planned: list[Any]) -> list[tuple[str, str, str, str]]:
    text = plan(*refresh)
    pair = preview.read(text), preview.read(plan(*planned))
    rows = differences(*pair, written_at(text))
    return [(plain(r.what), plain(r.state), plain(r.live), plain(r.would)) for r in rows]


def test_a_setting_that_was_switched_off() -> None:
    off, on = setting("ssl", "strict", "full"), setting("ssl", "full", "strict")
    assert found([off], [on]) == [("ssl of example.com", "strict", "full", "sets it back")]


def test_a_change_that_the_program_wants_too_is_left_alone() -> None:
    same = setting("ssl", "full", "full")
    assert found([setting("ssl", "strict", "full")], [same])[0][3] == (
        "nothing: the program agrees with Cloudflare"
    )


def test_hostnames_inside_a_map_are_told_one_by_one() -> None:
    was = {"a.example.com": OLD, "b.example.com": OLD, "c.example.com": OLD}
    live = {"a.example.com": NEW, "c.example.com": OLD}
    rows = found([bindings(was, live)], [bindings(live, was)])
    assert rows == [
        (
            "binding of a.example.com",
            "certificate aaaaaaaa...",
            "certificate bbbbbbbb...",
            "binds it again",
        ),
        ("binding of b.example.com", "certificate aaaaaaaa...", "not bound", "binds it again"),
    ]


def test_a_certificate_that_is_gone() -> None:
    old = {"zone_id": ZONE, "certificate_sha256": OLD}
    gone = step("delete", "HostnameCertificate", "one", old, None)
    again = step("create", "HostnameCertificate", "one", None, old)
    assert found([gone], [again]) == [
        ("certificate one of example.com", "aaaaaaaa...", "nothing", "makes it again")
    ]


def test_a_certificate_that_a_cut_run_has_left() -> None:
    wanted = {"zone_id": ZONE, "zone_certificates": {"zone": OLD}}
    live = {"zone_id": ZONE, "zone_certificates": {"zone": OLD, "left-over-bbbbbbbb": NEW}}
    seen = step("update", "UploadLedger", "uploads", wanted, live)
    back = step("update", "UploadLedger", "uploads", live, wanted)
    assert found([seen], [back]) == [
        (
            "certificate bbbbbbbb... of example.com, left by a run that was cut off",
            "nothing",
            "uploaded",
            "deletes it once nothing shows it",
        )
    ]


def test_a_plan_that_does_not_have_the_resource_any_more() -> None:
    assert found([setting("ssl", "strict", "full")], [])[0][3] == (
        "nothing: the program does not have it"
    )


def test_a_kind_that_is_not_in_the_table_is_told() -> None:
    old, new = {"zone_id": ZONE, "ca": "one"}, {"zone_id": ZONE, "ca": "two"}
    seen = step("update", "TrustStore", "store", old, new) | {"detailedDiff": {"ca": {}}}
    back = step("update", "TrustStore", "store", new, old)
    gone = step("delete", "TrustStore", "other", old, None)
    assert found([seen, gone], [back]) == [
        ("store, a TrustStore that is not known here", "there", "other ca", "sets it back"),
        (
            "other, a TrustStore that is not known here",
            "there",
            "nothing",
            "nothing: the program does not have it",
        ),
    ]
