"""Whether an origin accepts what Cloudflare presents at this moment, configured or not. Pure."""

from __future__ import annotations

from datetime import datetime

from origins import Origin, bundle, chain_depth, cloudflare_ca
from providers.api.answers import Level
from providers.values.text import short

from ..text import day, moment_of
from .live import LiveZone
from .presented import Presented, present

STEP = (
    "Begin with stage optional, or trust it with --also-trust; `coverage` says what sets it right."
)


def describe(origin: Origin, zone: LiveZone, now: datetime) -> str:
    """A sentence about today: what is presented for the origin's hostname, and is that accepted.

    :param origin: as it is about to be written, with its bundle of CAs and its pins.
    """
    shown = present(zone.facts, str(origin.hostname))
    if shown.level == "unknown":
        return f"What Cloudflare presents for {origin.hostname} now is not known: {shown.why}."
    what, fault = _fault(origin, zone, shown, now)
    says = f"Cloudflare presents {what} for {origin.hostname} now"
    if not fault:
        return f"{says}, which this accepts."
    refuses = (
        "this refuses everybody" if origin.stage == "on" else "stage on would refuse everybody"
    )
    return f"{says}, so {refuses}: {fault.rstrip('.')}. {STEP}"


def _fault(origin: Origin, zone: LiveZone, shown: Presented, now: datetime) -> tuple[str, str]:
    """What is presented, and why the origin refuses that, or "" where it is accepted."""
    certificate = shown.certificate
    if shown.level == "global":
        is_trusted = bundle(cloudflare_ca.read()) in origin.authorities
        return "its shared certificate", "" if is_trusted else "its CA is not in the bundle"
    if not shown.is_protected or certificate is None:
        return "nothing", shown.why
    ends = moment_of(certificate.expires_on)
    if ends is not None and ends <= now:
        return (
            "nothing",
            f"{short(certificate.sha256)} has EXPIRED on {day(certificate.expires_on)}",
        )
    what = f"{short(certificate.sha256)} (until {day(certificate.expires_on)})"
    if origin.pins and certificate.sha256 not in {pin.sha256 for pin in origin.pins}:
        return what, "only pinned certificates pass, and that is none"
    level: Level = "hostname" if shown.level == "hostname" else "zone"
    texts = {record.id: record.certificate for record in zone.certificates[level]}
    try:
        chain_depth(texts.get(certificate.cert_id, ""), origin.authorities)
    except (ValueError, IndexError) as error:
        return what, str(error)
    return what, ""
