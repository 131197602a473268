"""What a verb of a resource is handed: a zone, or an account, as this run of Pulumi sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..api.account import Account
from ..api.runtime import Clock
from ..api.zone import Zone
from .program import Notes, ZoneNotes


@dataclass(frozen=True)
class Run:
    """One process of the plugin.

    `environ` holds the process's variables; `say` shows a line to the person at the terminal,
    unless this process has shown the line already.
    """

    clock: Clock
    environ: Mapping[str, str]
    say: Callable[[str], None]

    def warn(self, line: str) -> None:
        """Shows a warning, unless this process has shown it already."""
        self.say(f"warning: {line}")


@dataclass(frozen=True)
class ZoneRun(Run):
    """One zone in one process of the plugin; `notes` is what the program wants there."""

    notes: ZoneNotes
    open_zone: Callable[[], Zone]

    @property
    def zone(self) -> Zone:
        """Cloudflare's view of the zone, shared by all resources; needs a token.

        :raises NoCredentials: when the environment holds no usable token.
        """
        return self.open_zone()


@dataclass(frozen=True)
class AccountRun(Run):
    """One account in one process of the plugin; `notes` is what the program wants there."""

    notes: Notes
    open_account: Callable[[], Account]

    @property
    def account(self) -> Account:
        """Cloudflare's view of the account; needs a token.

        :raises NoCredentials: when the environment holds no usable token.
        """
        return self.open_account()
