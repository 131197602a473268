"""Whether a plan renews what is due and does nothing else. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from .held import HeldCertificate
from .kinds import kind_of
from .preview import Preview, Resource


@dataclass(frozen=True)
class RenewalPlan:
    """A plan, sorted: what a renewal may do, and what it must not.

    `due` are certificates that are replaced because they are due, and `unfinished` those that an
    earlier renewal has replaced and not deleted. `others` are all other changes, and `left` what
    some other run was to delete: no preview shows it, and each `pulumi up` deletes it.
    """

    due: tuple[Resource, ...] = ()
    unfinished: tuple[HeldCertificate, ...] = ()
    others: tuple[Resource, ...] = ()
    left: tuple[HeldCertificate, ...] = ()


def renewal_plan(preview: Preview, held: Collection[HeldCertificate]) -> RenewalPlan:
    """Sorts what a plan changes.

    Bindings that go on with the successor of a renewed certificate are in none of the parts: they
    follow from it.

    :param held: the certificates in state before the plan.
    """
    there = {(one.name, one.level): one for one in held if not one.is_going}
    going = [(one, there.get((one.name, one.level))) for one in held if one.is_going]
    is_renewed = {one: bool(new and one.renews_on and new.renews_on) for one, new in going}
    successors = {old.cert_id: new.cert_id for old, new in going if new and is_renewed[old]}
    changing = [r for r in preview.resources if r.op != "same"]
    due = [r for r in changing if kind_of(r).is_renewal(r)]
    # What is renewed now has an id only afterwards, also where it succeeds an unfinished one.
    renewed = {r.old_id for r in due}
    successors = {old: "" if new in renewed else new for old, new in successors.items()}
    expected = {*successors, *renewed}
    successors |= dict.fromkeys(renewed, "")
    others = [
        r
        for r in changing
        if not (r in due or (r.is_leftover and r.old_id in expected))
        and not kind_of(r).follows(r, successors)
    ]
    return RenewalPlan(
        tuple(due),
        tuple(one for one, is_ours in is_renewed.items() if is_ours),
        tuple(others),
        tuple(one for one, is_ours in is_renewed.items() if not is_ours),
    )
