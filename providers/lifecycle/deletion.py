"""How a certificate leaves a zone without taking anybody's protection with it (law 7)."""

from __future__ import annotations

from ..api.answers import Level
from ..api.codes import Code, means_deleted
from ..api.errors import REFRESH_NEXT, CloudflareError, Refused, StillWaiting
from ..api.zone import Zone
from ..api.zone_requests import AOP
from ..plugin.run import ZoneRun
from ..values.text import names, short
from .presented import describe_certificate, is_newer
from .unfinished import hostname_still_switching, restore_bindings


def remove(run: ZoneRun, level: Level, cert_id: str, seconds: float) -> None:
    """Deletes; waits while it is shown, still deploying, or has no successor yet.

    Gone already is success. Never takes the last active zone certificate while its switch is on.
    """
    zone = run.zone
    last: list[Refused] = []
    why = ["its successor is not active yet"]

    def step(max_age: float) -> bool | None:
        with zone.changes:
            if level == "zone" and (
                _successor_is_deploying(run, cert_id, max_age) or not _has_successor(run, cert_id)
            ):
                return None
            if level == "hostname" and (hostname := hostname_still_switching(run, cert_id)):
                why[:] = [f"the binding of {hostname} to its successor is not in force yet"]
                return None
            refused = try_remove(zone, level, cert_id)
        if refused is None:
            return True
        last.append(refused)
        if refused.has(Code.CERTIFICATE_IN_USE):
            restore_bindings(run, cert_id, seconds)
        return None

    what = f"{level} certificate {short(cert_id)} to be free"
    try:
        zone.wait(step, what, seconds, REFRESH_NEXT)
    except StillWaiting as waiting:
        if not last:
            waiting.fact += f": {why[0]}"
            raise
        raise _explain(zone, level, cert_id, last[-1], waiting) from None


def try_remove(zone: Zone, level: Level, cert_id: str) -> Refused | None:
    """One DELETE. None when the certificate is gone; the answer when it may pass with time."""
    try:
        with zone.changes:
            zone.remove(level, cert_id)
    except Refused as refused:
        if means_deleted(refused):
            return None
        if refused.has(Code.CERTIFICATE_IN_USE, Code.CERTIFICATE_DEPLOYING):
            return refused
        raise
    return None


def hostnames_showing(zone: Zone, level: Level, cert_id: str) -> list[str]:
    """The hostnames whose binding holds the certificate; none at zone level."""
    if level == "zone":
        return []
    rows = (zone.bindings() or {}).values()
    return sorted(r.hostname for r in rows if r.cert_id == cert_id and r.holds_certificate)


def _explain(
    zone: Zone, level: Level, cert_id: str, refused: Refused, waiting: StillWaiting
) -> CloudflareError:
    if not refused.has(Code.CERTIFICATE_IN_USE):
        return CloudflareError(f"{waiting.fact}; {refused.fact}", REFRESH_NEXT)
    shown = names(hostnames_showing(zone, level, cert_id)) or "a hostname"
    return CloudflareError(
        f"still shown by {shown} ({refused.fact})",
        "Remove that binding, or bind the hostname to another certificate, then run again.",
    )


def _successor_is_deploying(run: ZoneRun, cert_id: str, max_age: float) -> bool:
    """Whether the lists alone say "not yet", so that a poll costs the lists and nothing by id."""
    zone = run.zone
    listed = zone.certificates("zone", max_age)
    mine, newest = listed.get(cert_id), next(reversed(listed.values()), None)
    if mine is None or newest is None or mine is newest:
        return False
    wanted = run.notes.wanted_certificates("zone")
    is_counted = newest.sha256 in wanted if wanted else True
    is_waited_for = mine.may_be_presented and newest.is_deploying and is_counted
    return is_waited_for and zone.setting(AOP, max_age) == "on"


def _has_successor(run: ZoneRun, cert_id: str) -> bool:
    """Whether the zone stays protected without the certificate; False means "not yet".

    Lists lag, so the certificate itself and its successor are asked for by id. Where the program
    wants a certificate, only that one counts: the origin need not trust any other (law 14).
    """
    wanted = run.notes.wanted_certificates("zone")
    zone, now = run.zone, run.clock.now()
    mine = zone.certificate("zone", cert_id)
    if mine is None or not mine.may_be_presented or mine.is_expired(now):
        return True
    if zone.setting(AOP, max_age=0) == "off":
        return True
    others = [r for r in zone.certificates("zone").values() if r.id != cert_id]
    for other in reversed([r for r in others if not r.is_deleted_or_deleting]):
        live = zone.certificate("zone", other.id)
        if live is None or live.is_expired(now):
            continue
        is_counted = not wanted or live.sha256 in wanted
        if live.is_active and is_counted:
            return True
        if is_newer(live, mine) and is_counted:
            if live.has_timed_out:
                break
            return False
        if live.is_active and not is_newer(live, mine):
            raise CloudflareError(
                f"without it the zone would present {describe_certificate(live)}, which the"
                " program does not want",
                f"Delete {short(live.id)}, then run again."
                if any(other.sha256 in wanted for other in others)
                else "Run `pulumi up --refresh` to upload the wanted one again.",
            )
    raise CloudflareError(
        "it is the last active certificate of the zone while the zone's switch"
        " (origin_tls_client_auth) is on, so deleting it would take the protection away",
        'Switch it off first: ZoneSetting with value "off", or with on_destroy="off" for destroy.'
        if not others
        else "Its successor was not deployed; run `pulumi up --refresh` to upload it again.",
    )
