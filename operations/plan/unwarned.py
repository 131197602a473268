"""Whose certificates end without Cloudflare telling anybody before. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from providers.api.answers import LEVELS, Level

from ..text import Text, Untrusted, join, text, zone_name
from .kinds import kind_of
from .presented import ZoneFacts
from .preview import Preview

# Who says that nobody is told; "nobody" where the policies of the account may not be read.
Witness = Literal["stack", "account", "nobody"]
TEMPLATES: dict[Witness, str] = {
    "stack": "{zones}: no ExpiryAlert of this stack tells anybody before {levels} certificates end",
    "account": "{zones}: Cloudflare tells nobody before {levels} certificates end",
    "nobody": (
        "{zones}: whether Cloudflare tells anybody before {levels} certificates end is not known:"
        " its policies cannot be read (Account > Notifications: Read)"
    ),
}


@dataclass(frozen=True)
class Unwarned:
    """Zones that present certificates of these levels, of whose end nobody is told."""

    levels: tuple[Level, ...]
    zones: tuple[Untrusted, ...]
    witness: Witness

    @property
    def words(self) -> Text:
        """One sentence, with the page that says what to do."""
        template = f"{TEMPLATES[self.witness]} (docs/alerts.md)"
        return text(template, zones=join(self.zones), levels=" and ".join(self.levels))


def find(
    pairs: Iterable[tuple[ZoneFacts, Collection[Level] | None]], witness: Witness = "account"
) -> list[Unwarned]:
    """Zones with the same levels together.

    :param pairs: a zone, and of which levels people are told there; None where that is not known.
    """
    alike: dict[tuple[tuple[Level, ...], Witness], list[Untrusted]] = {}
    for zone, told in pairs:
        silent = tuple(x for x in LEVELS if _presents(zone, x) and x not in (told or ()))
        if silent:
            name = zone_name(zone.name, zone.zone_id)
            key = silent, (witness if told is not None else "nobody")
            alike.setdefault(key, []).append(name)
    return [Unwarned(levels, tuple(zones), by) for (levels, by), zones in alike.items()]


def after(preview: Preview, zones: Iterable[ZoneFacts]) -> list[Unwarned]:
    """Finds those after a plan, as far as its stack says; none where the plan is not whole."""
    if preview.hides_sames or preview.errors:
        return []
    levels = {kind_of(r).warned_level(r.new) for r in preview.resources if r.new is not None}
    told = {level for level in levels if level is not None}
    return find(((zone, told) for zone in zones), "stack")


def _presents(zone: ZoneFacts, level: Level) -> bool:
    if level == "zone":
        return bool(zone.certificates) and zone.own != "off"
    return any(shown.enabled for shown in zone.hostnames.values())
