"""`python -m operations renew`: issued certificates that are due get their successors."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from ..command import Stop, Verb, examples
from ..plan import preview, renewal
from ..plan.held import HeldCertificate, HeldState
from ..plan.kinds import kind_of, known
from ..plan.preview import Preview, Resource
from ..plan.renewal_plan import RenewalPlan, renewal_plan
from ..render.terminal import progress, show_json, show_table
from ..sources import configuration, state
from ..sources.update import pulumi_up
from ..text import Text, Untrusted, count, day, days_left, join, moment_of, plain, text

FAILED, OTHER_CHANGES = 1, 3
HEADS = ("Certificate", "Old end", "New end", "Days left")
NOTHING_WAS_DONE = (
    "Nothing was done: the preview shows more than renewals. `pulumi up` does all of it."
)


@dataclass(frozen=True)
class DueCertificate:
    """A certificate whose renewal is due, and what has become of that.

    Ends are RFC 3339; `new_end` is "" while there is no successor. `level` and `cert_id` are those
    of the certificate that is due.
    """

    name: str
    level: str
    cert_id: str
    old_end: str
    new_end: str = ""

    def days_left(self, now: datetime) -> int | None:
        """The whole days until what is in force ends; None where that is not known."""
        return days_left(self.new_end or self.old_end, now)


@dataclass(frozen=True)
class Outcome:
    """What a run has found and done; `others` are the changes for which it did nothing."""

    due: tuple[DueCertificate, ...] = ()
    others: tuple[Text, ...] = ()
    note: str = ""
    failure: str = ""

    @property
    def exit_code(self) -> int:
        """The verb's."""
        return FAILED if self.failure else OTHER_CHANGES if self.others else 0


@click.command(
    "renew",
    cls=Verb,
    help="Renews the issued certificates that are due, and does nothing else: where the preview"
    " shows another change, that one is named and nothing is done. `pulumi up` renews too, with"
    " whatever else there is to do; this is for a pipeline that runs every night. It runs the"
    " pulumi CLI in this project, with all that `pulumi up` needs.\n\n"
    "Exit codes: 0 when nothing is due or what was due is renewed; 1 when that failed, with the"
    " days that are left; 3 when the preview shows another change.",
    epilog=examples(
        "python -m operations renew --stack prod",
        "python -m operations renew --stack prod --json",
    ),
)
@configuration.options
@configuration.project_option
@click.option("--json", "is_json", is_flag=True)
def command(stack: str, file: Path | None, project: Path, is_json: bool) -> None:
    wanted = configuration.load_without_zones(stack, file, project)
    where = configuration.pulumi_options(wanted, file)
    outcome = renew(wanted.stack, where, project)
    now = datetime.now(UTC)
    if is_json:
        show_json(as_json(outcome, now))
    else:
        show(outcome, now)
    if outcome.failure:
        raise Stop(outcome.failure, FAILED)
    click.get_current_context().exit(outcome.exit_code)


def renew(stack: str, where: Sequence[str], project: Path) -> Outcome:
    """Previews, and runs `pulumi up` where the plan renews what is due and does nothing else.

    :param where: the options of the CLI that name the stack.
    """
    with TemporaryDirectory() as folder:
        saved = str(Path(folder) / "plan.json")
        held = HeldState(())
        try:
            held = state.of_stack(stack, None, project)
            plan = _preview([*where, "--save-plan", saved], project)
            found = renewal_plan(plan, held.certificates)
            others = found.others or _hidden_changes(found, held, where, project)
        except Stop as stop:
            return Outcome(_due_by_state(held), failure=stop.message)
        due = tuple(_due(resource) for resource in found.due)
        if others or found.left:
            changes = [*map(_change, others), *map(_deletion, found.left)]
            return Outcome(due, tuple(changes))
        if not (due or found.unfinished):
            return Outcome(note=f"Nothing is due. {_next(plan)}")
        failure = ""
        try:
            # What the saved plan does not have, `up` refuses to do.
            pulumi_up("--plan", saved, *where, project=project)
        except Stop as stop:
            failure = stop.message
    note = "" if due else "Nothing is due; what an earlier renewal had left was finished."
    with suppress(Stop):
        # A run that failed has said why, whether or not its state can be read.
        held = state.of_stack(stack, None, project)
    return Outcome(_with_successors(due, held), note=note, failure=failure)


def _preview(options: Sequence[str], project: Path) -> Preview:
    with progress("looking what is due"):
        told = state.pulumi("preview", "--json", "--show-sames", *options, project=project)
    try:
        return preview.read(told)
    except preview.Unreadable:
        raise Stop("pulumi's answer cannot be read. Run `pulumi preview`.") from None


def _hidden_changes(
    found: RenewalPlan, held: HeldState, where: Sequence[str], project: Path
) -> tuple[Resource, ...]:
    """What a plan does besides renewals and does not show.

    No new certificate has an id yet, so a hostname that moves from one that is due to another that
    is due looks as one that stays. A plan without those two knows all ids.
    """
    if len(found.due) < 2:
        return ()
    without = [part for one in found.due for part in ("--exclude", one.urn)]
    return renewal_plan(_preview([*where, *without], project), held.certificates).others


def _due(resource: Resource) -> DueCertificate:
    level = kind_of(resource).level or ""
    ends = known(resource.outputs.get("expires_on"))
    return DueCertificate(resource.name, level, resource.old_id, ends)


def _due_by_state(held: HeldState) -> tuple[DueCertificate, ...]:
    now = datetime.now(UTC)
    return tuple(
        DueCertificate(one.name, one.level, one.cert_id, one.expires_on)
        for one in held.certificates
        if (due := moment_of(one.renews_on)) and due <= now and not one.is_going
    )


def _with_successors(due: Sequence[DueCertificate], held: HeldState) -> tuple[DueCertificate, ...]:
    """While state has the old certificate too, hostnames may still show that one."""
    now = {(one.name, str(one.level)): one for one in held.certificates if not one.is_going}
    return tuple(
        replace(one, new_end=there.expires_on)
        if (there := now.get((one.name, one.level))) and one.cert_id not in held.ids
        else one
        for one in due
    )


def _change(resource: Resource) -> Text:
    """`update example.org-ssl: value`."""
    keys = join(Untrusted(key) for key in resource.changed)
    name = text("{op} {name}", op=resource.op, name=Untrusted(resource.name))
    return text("{name}: {keys}", name=name, keys=keys) if keys else name


def _deletion(held: HeldCertificate) -> Text:
    return text("delete {name}, left by a run that was cut off", name=Untrusted(held.name))


def _next(plan: Preview) -> str:
    """Which certificate is renewed next, and from which day on."""
    held = {r.name: kind_of(r).certificate(r, r.new or {}) for r in plan.resources}
    dated = sorted((c.renews_on, name) for name, c in held.items() if c and c.renews_on)
    for renews_on, name in dated:
        if due := moment_of(renews_on):
            return f"{plain((Untrusted(name),))} {renewal.words(due, overdue=False)}."
    return "No certificate of this stack renews itself."


def as_json(outcome: Outcome, now: datetime) -> dict[str, Any]:
    """Writes the outcome for machines."""
    return {
        "exit_code": outcome.exit_code,
        "due": [{**vars(one), "days_left": one.days_left(now)} for one in outcome.due],
        "other_changes": [plain(words) for words in outcome.others],
    }


def show(outcome: Outcome, now: datetime) -> None:
    """Prints what was done, or why nothing was."""
    if outcome.others:
        lines = [NOTHING_WAS_DONE, *(f"  {plain(words)}" for words in outcome.others)]
        click.echo("\n".join(lines))
    if outcome.note and not outcome.failure:
        click.echo(outcome.note)
    if not outcome.due:
        return
    rows: list[Sequence[Text]] = []
    for one in outcome.due:
        left = one.days_left(now)
        new_end = day(one.new_end) or "not renewed"
        ends = (day(one.old_end) or "not known",)
        rows.append(
            (
                (Untrusted(one.name),),
                ends,
                (new_end,),
                ("not known" if left is None else str(left),),
            )
        )
    show_table(HEADS, rows, ["good" if one.new_end else "bad" for one in outcome.due])
    renewed = sum(bool(one.new_end) for one in outcome.due)
    click.echo(f"\nRenewed {renewed} of {count(len(outcome.due), 'certificate')} due.")
