"""A plan renews what is due and does nothing else, or the other changes are named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from operations.plan import preview
from operations.plan.held import HeldCertificate
from operations.plan.renewal_plan import RenewalPlan, renewal_plan
from tests.operations.plans import (
    IDS,
    NEW,
    OLD,
    THIRD,
    UNKNOWN,
    ZONE,
    bindings,
    plan,
    setting,
    step,
)

SHOP, PAY = "shop.example.com", "pay.example.com"
ISSUED = "IssuedHostnameCertificate"
WISH = {"zone_id": ZONE, "issuer_name": "own", "common_name": "aop.dev.example.com.shop"}


def issued(op: str, name: str = "shop", cert_id: str = IDS[OLD], **new: Any) -> dict[str, Any]:
    """A step of an issued certificate; `new` are inputs that only the program has."""
    old = {**WISH, "id": cert_id}
    made = step(op, ISSUED, name, old, None if op == "delete" else {**old, **new})
    if op == "replace":
        made["replaceReasons"] = made["diffReasons"] = ["certificate_sha256"]
    return made


def held(name: str = "shop", sha256: str = OLD, **more: Any) -> HeldCertificate:
    """A certificate in state; it renews itself, unless `more` says otherwise."""
    given = {"renews_on": "2026-12-04T12:00:00+00:00", **more}
    return HeldCertificate("dev", name, "hostname", ZONE, IDS[sha256], sha256, "", **given)


# What a renewal that was cut off has left: the old one waits for its deletion.
HALF_WAY = (held(is_going=True), held(sha256=NEW))


def left_over() -> dict[str, Any]:
    """The deletion of the old one, where a plan shows it."""
    made = issued("delete")
    made["oldState"]["delete"] = True
    return made


def shows(old: dict[str, str], new: dict[str, str]) -> dict[str, Any]:
    """The map of bindings; certificates by their fingerprints, or UNKNOWN."""
    return bindings(dict(old), dict(new))


def sorted_plan(
    *steps: dict[str, Any], state: Sequence[HeldCertificate] = (held(),)
) -> RenewalPlan:
    return renewal_plan(preview.read(plan(*steps)), state)


def names(found: Sequence[preview.Resource | HeldCertificate]) -> list[str]:
    return [resource.name for resource in found]


def test_what_is_due_and_the_bindings_that_follow_are_a_renewal() -> None:
    found = sorted_plan(
        issued("replace"),
        issued("same", "pay", IDS[THIRD]),
        shows({SHOP: OLD, PAY: THIRD}, {SHOP: UNKNOWN, PAY: THIRD}),
    )
    assert (names(found.due), found.unfinished, found.others) == (["shop"], (), ())


def test_nothing_is_due_in_a_plan_without_changes() -> None:
    found = sorted_plan(issued("same"), shows({SHOP: OLD}, {SHOP: OLD}))
    assert found == RenewalPlan()


@pytest.mark.parametrize("shown", [[], [left_over()]], ids=["hidden", "shown"])
def test_what_a_renewal_that_was_cut_off_has_left_is_finished(shown: list[Any]) -> None:
    following = shows({SHOP: OLD}, {SHOP: NEW})
    found = sorted_plan(*shown, issued("same", cert_id=IDS[NEW]), following, state=HALF_WAY)
    assert (found.due, names(found.unfinished)) == ((), ["shop"])
    assert (found.others, found.left) == ((), ())


def test_what_is_due_again_before_it_was_finished_is_renewed_and_finished() -> None:
    following = shows({SHOP: OLD}, {SHOP: UNKNOWN})
    found = sorted_plan(issued("replace", cert_id=IDS[NEW]), following, state=HALF_WAY)
    assert (names(found.due), names(found.unfinished), found.others) == (["shop"], ["shop"], ())


@pytest.mark.parametrize(
    "state",
    [[held(is_going=True)], [held(is_going=True, renews_on=""), held(renews_on="")]],
    ids=["without a successor", "a given certificate"],
)
def test_what_another_run_was_to_delete_is_not_deleted_by_the_way(
    state: list[HeldCertificate],
) -> None:
    found = sorted_plan(issued("replace"), FOLLOWING, state=state)
    assert (names(found.unfinished), names(found.left)) == ([], ["shop"])


def other_reason() -> dict[str, Any]:
    made = issued("replace")
    made["replaceReasons"] = ["key"]
    return made


def deleted_first() -> list[dict[str, Any]]:
    """The parts of a replacement that deletes before it creates."""
    whole = issued("replace")
    parts = []
    for op, side in (("delete-replaced", "oldState"), ("create-replacement", "newState")):
        parts.append({k: v for k, v in whole.items() if k != "op"} | {"op": op})
        parts[-1][side] = whole[side]
    return [*parts, whole]


def with_overwrite(made: dict[str, Any]) -> dict[str, Any]:
    made["newState"]["inputs"]["overwrite"] = True
    return made


def binding(cert_id: str, *, enabled: bool = True) -> dict[str, Any]:
    """A binding of its own, from the old certificate to another."""

    def side(cert_id: str, enabled: bool) -> dict[str, Any]:
        return {"zone_id": ZONE, "hostname": SHOP, "cert_id": cert_id, "enabled": enabled}

    return step("update", "HostnameBinding", SHOP, side(IDS[OLD], True), side(cert_id, enabled))


def test_a_binding_of_its_own_follows_too() -> None:
    assert sorted_plan(issued("replace"), binding(UNKNOWN)).others == ()
    assert names(sorted_plan(issued("replace"), binding(IDS[THIRD])).others) == [SHOP]
    assert names(sorted_plan(issued("replace"), binding(UNKNOWN, enabled=False)).others) == [SHOP]


FOLLOWING = shows({SHOP: OLD}, {SHOP: UNKNOWN})
OTHERS: dict[str, tuple[list[dict[str, Any]], list[str]]] = {
    "a setting": ([issued("replace"), FOLLOWING, setting("ssl", "full", "strict")], ["ssl"]),
    "another issuer at once": ([issued("replace", issuer_name="new")], ["shop"]),
    "another wish, in place": ([issued("update", days=30)], ["shop"]),
    "a new key that was asked for": ([other_reason()], ["shop"]),
    "deleted before its successor is there": (deleted_first(), ["shop"]),
    "a certificate more": ([step("create", ISSUED, "pay", None, WISH)], ["pay"]),
    "a certificate less": ([issued("delete")], ["shop"]),
    "what is left of a certificate that is gone": ([left_over()], ["shop"]),
    "a given certificate": (
        [step("replace", "HostnameCertificate", "given", {**WISH, "id": "x"}, WISH)],
        ["given"],
    ),
    "a hostname more": (
        [issued("replace"), shows({SHOP: OLD}, {SHOP: UNKNOWN, PAY: UNKNOWN})],
        ["hostnames"],
    ),
    "a hostname less": (
        [issued("replace"), shows({SHOP: OLD, PAY: OLD}, {SHOP: UNKNOWN})],
        ["hostnames"],
    ),
    "a hostname of another certificate": (
        [issued("replace"), shows({SHOP: OLD, PAY: THIRD}, {SHOP: UNKNOWN, PAY: UNKNOWN})],
        ["hostnames"],
    ),
    "a hostname that is switched off": (
        [issued("replace"), bindings({SHOP: OLD}, {SHOP: None})],
        ["hostnames"],
    ),
    "another option of the bindings": (
        [issued("replace"), with_overwrite(shows({SHOP: OLD}, {SHOP: UNKNOWN}))],
        ["hostnames"],
    ),
    "a successor that nobody renewed": (
        [issued("same", cert_id=IDS[NEW]), shows({SHOP: OLD}, {SHOP: NEW})],
        ["hostnames"],
    ),
    "what is not of this project": (
        [issued("replace"), {"op": "update", "urn": "urn:pulumi:dev::aop::aws:s3::bucket"}],
        ["bucket"],
    ),
}


def test_another_certificate_than_the_one_that_succeeds_is_another_change() -> None:
    moves = shows({SHOP: OLD}, {SHOP: THIRD})
    found = sorted_plan(issued("same", cert_id=IDS[NEW]), moves, state=HALF_WAY)
    assert names(found.others) == ["hostnames"]


@pytest.mark.parametrize("case", OTHERS)
def test_whatever_else_a_plan_does_is_named(case: str) -> None:
    steps, named = OTHERS[case]
    assert names(sorted_plan(*steps).others) == named
