"""Whether a plan renews what is due and does nothing else. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from .kinds import kind_of
from .preview import Preview, Resource


@dataclass(frozen=True)
class RenewalPlan:
    """A plan, sorted: what a renewal may do stands in the first two, and `others` is all the rest.

    `due` are certificates that are replaced because they are due, and `unfinished` those that an
    earlier renewal has replaced and not deleted.
    """

    due: tuple[Resource, ...]
    unfinished: tuple[Resource, ...]
    others: tuple[Resource, ...]


def renewal_plan(preview: Preview) -> RenewalPlan:
    """Sorts what a plan changes.

    Bindings that go on with the successor of a renewed certificate are in none of the three: they
    follow from it.

    :param preview: with the unchanged resources (`--show-sames`), for what was left unfinished is
        known by the certificate that took its place.
    """
    there = {r.urn: r for r in preview.resources if not r.is_leftover}
    changing = [r for r in preview.resources if r.op != "same"]
    due = [r for r in changing if kind_of(r).is_renewal(r)]
    unfinished = [
        r for r in changing if r.is_leftover and kind_of(r).renews_itself and r.urn in there
    ]
    successors = {r.old_id: there[r.urn].old_id for r in unfinished}
    # What is renewed now has an id only afterwards, also where it succeeds an unfinished one.
    renewed = {r.old_id for r in due}
    successors = {old: "" if new in renewed else new for old, new in successors.items()}
    successors |= dict.fromkeys(renewed, "")
    known = {id(r) for r in (*due, *unfinished)}
    others = [r for r in changing if id(r) not in known and not kind_of(r).follows(r, successors)]
    return RenewalPlan(tuple(due), tuple(unfinished), tuple(others))
