"""Whether another run holds the stack, or one that was killed has left its lock behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..sources.locks import Lock, Unseen
from ..text import Untrusted, moment_of, text
from .results import CheckResult, ok, problem, warning


def locks(stack: str, found: Sequence[Lock] | Unseen) -> Iterator[CheckResult]:
    """A problem for each lock: `pulumi up` would be refused. A warning where none can be read."""
    if isinstance(found, Unseen):
        template = (
            "not looked at: pulumi alone can read the locks of {where}. Should `pulumi up` say that"
            " somebody holds the stack, and no run is at work: `pulumi cancel --stack {stack}`"
        )
        words = text(template, where=Untrusted(found.where), stack=Untrusted(stack))
        yield warning("lock", words)
        return
    for lock in found:
        since = moment_of(lock.since)
        yield problem(
            "lock",
            text(
                "the stack is locked by {user}@{host}, process {pid}, since {since}. {step}",
                user=Untrusted(lock.user),
                host=Untrusted(lock.host),
                pid=lock.pid or "?",
                since=f"{since:%Y-%m-%d %H:%M} UTC" if since else "a time that is not known",
                step=_step(stack, lock),
            ),
        )
    if not found:
        yield ok("lock", ("nobody holds the stack",))


def _step(stack: str, lock: Lock) -> tuple[str | Untrusted, ...]:
    known = (
        "That process has ended, and has left its lock: "
        if lock.has_ended
        else "Wait for its end; if that run is no more: "
    )
    return text(
        known + "`pulumi cancel --stack {stack}`, then `pulumi up --refresh`, which goes on.",
        stack=Untrusted(stack),
    )
