"""What a verb of a resource is handed: one zone, as this run of Pulumi sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..api.runtime import Clock
from ..api.zone import Zone
from .program import ZoneNotes


@dataclass(frozen=True)
class ZoneRun:
    """One zone in one process of the plugin.

    `notes` is what the program wants there; `environ` holds the process's variables; `say` shows a
    line to the person at the terminal, unless this process has shown the line already.
    """

    notes: ZoneNotes
    clock: Clock
    environ: Mapping[str, str]
    say: Callable[[str], None]
    open_zone: Callable[[], Zone]

    @property
    def zone(self) -> Zone:
        """Cloudflare's view of the zone, shared by all resources; needs a token.

        :raises NoCredentials: when the environment holds no usable token.
        """
        return self.open_zone()

    def warn(self, line: str) -> None:
        """Shows a warning, unless this process has shown it already."""
        self.say(f"warning: {line}")
