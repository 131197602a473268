"""The coverage matrix: hostname by level, and when the certificates end. Pure.

Shared by the report of a plan (before and after) and by `coverage` (now).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from providers.values.text import short

from ..plan.presented import ANY_OTHER, CertificateFacts, Level, Presented, ZoneFacts, present
from ..plan.renewal import words_of
from ..text import Text, Untrusted, day, days_left, fingerprint, in_days, join, text, zone_name

LEVELS: tuple[Level, ...] = ("hostname", "zone", "global")
# A bar of the timeline is full at so many days.
FULL = 400
URGENT, SOON = 14, 30
# The change of a row that is not as it should be.
TROUBLE = "trouble"


@dataclass(frozen=True)
class Cell:
    """What a level holds, and whether Cloudflare presents that."""

    level: Level
    words: Text
    is_presented: bool


@dataclass(frozen=True)
class Row:
    """A hostname, or every other hostname of a zone. `before` is None where nothing changes;
    `tone` as an Ending's, "" where no time is known; the lowest `rank` is read first.

    `status` and `why` compare with what is wanted, where somebody has compared; rows of the same
    `group` stand together."""

    subject: Text
    cells: tuple[Cell, ...]
    before: Text | None
    presented: Text
    level: Level
    change: str
    tone: str
    rank: int = 0
    status: str = ""
    why: Text = ()
    group: Untrusted | None = None


@dataclass(frozen=True)
class Ending:
    """A certificate on the timeline. `share` of the full bar in percent; tone: over, urgent,
    soon or fine."""

    certificate: Text
    users: Text
    when: Text
    share: int
    tone: str


def hostnames(zone: ZoneFacts) -> list[str]:
    """Every other hostname first, then by name."""
    return [ANY_OTHER, *sorted(zone.hostnames)]


def row(
    zone: ZoneFacts,
    hostname: str,
    now: datetime,
    before: Text | None = None,
    change: str = "",
    rank: int = 0,
) -> Row:
    """The levels of a hostname, and which of them counts."""
    subject: Text = (Untrusted(hostname),)
    if hostname == ANY_OTHER:
        name = zone_name(zone.name, zone.zone_id)
        subject = text("{zone} (every other hostname)", zone=name)
    presented = present(zone, hostname)
    levels = {
        "hostname": _own(zone, hostname),
        "zone": _zone(zone),
        "global": _shared_certificate(zone),
    }
    cells = tuple(Cell(name, levels[name], presented.level == name) for name in LEVELS)
    ends = presented.certificate.expires_on if presented.certificate else ""
    left = days_left(ends, now)
    urgency = "" if left is None else tone(left)
    words = with_renewal(describe(presented), presented.certificate)
    return Row(subject, cells, before, words, presented.level, change, urgency, rank)


def describe(presented: Presented) -> Text:
    """In a few words: `9f3a2b1c... until 2027-11-24`, `nothing`."""
    if presented.certificate is not None:
        return certificate(presented.certificate)
    return {
        "zone": ("the zone's certificate",),
        "global": ("Cloudflare's shared certificate",),
        "nothing": (f"nothing: {presented.why}",),
        "hostname": ("its own certificate",),
        "unknown": ("not managed here",),
    }[presented.level]


def certificate(found: CertificateFacts) -> Text:
    """`9f3a2b1c... until 2027-11-24`; the id where the fingerprint is not known."""
    name = fingerprint(found.sha256)
    if not found.sha256 and found.cert_id:
        name = text("id {it}", it=Untrusted(f"{short(found.cert_id)}..."))
    ends = day(found.expires_on)
    return text("{name} until {ends}", name=name, ends=ends) if ends else name


def with_renewal(words: Text, found: CertificateFacts | None) -> Text:
    """The words about a certificate, and `renews itself, next 2027-10-25` where it does."""
    renewal = words_of(found) if found else ""
    return text("{words}, {renewal}", words=words, renewal=renewal) if renewal else words


def _own(zone: ZoneFacts, hostname: str) -> Text:
    shown = zone.hostnames.get(hostname)
    if shown is None:
        return ("none",)
    return certificate(shown.certificate) if shown.enabled else ("switched off",)


def _zone(zone: ZoneFacts) -> Text:
    state = zone.own or "not managed"
    if not zone.certificates:
        return (state,)
    return text("{state}: {it}", state=_state(state), it=certificate(zone.certificates[-1]))


def _shared_certificate(zone: ZoneFacts) -> Text:
    return (_state(zone.shared or "not managed"),)


def _state(value: str) -> str:
    return value if value in ("on", "off") else "not managed"


def timeline(zones: Iterable[ZoneFacts], now: datetime) -> list[Ending]:
    """Lists each certificate that is presented, the first to end at the top."""
    users: dict[CertificateFacts, list[Untrusted]] = {}
    for zone in zones:
        for hostname in hostnames(zone):
            shown = present(zone, hostname)
            if shown.certificate is not None:
                name = zone.name if hostname == ANY_OTHER else hostname
                users.setdefault(shown.certificate, []).append(Untrusted(name or zone.zone_id))
    known = [(days_left(c.expires_on, now), c) for c in users]
    dated = sorted(((left, c) for left, c in known if left is not None), key=lambda pair: pair[0])
    return [_ending(c, left, users[c]) for left, c in dated]


def tone(left: int) -> str:
    """How urgent so many days are."""
    return "over" if left < 0 else "urgent" if left < URGENT else "soon" if left < SOON else "fine"


def _ending(found: CertificateFacts, left: int, users: list[Untrusted]) -> Ending:
    when = text("{day}, {when}", day=day(found.expires_on), when=in_days(left))
    return Ending(
        certificate=fingerprint(found.sha256),
        users=join(users),
        when=with_renewal(when, found),
        share=max(1, min(100, 100 * left // FULL)),
        tone=tone(left),
    )


def facts(presented: Presented) -> Mapping[str, str]:
    """The facts of what is presented, as machines read them."""
    found = presented.certificate or CertificateFacts()
    return {
        "level": presented.level,
        "certificate_sha256": found.sha256,
        "expires_on": found.expires_on,
        "issuer": found.issuer,
        "why": presented.why,
    }
