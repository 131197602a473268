"""What both binding resources share: observe, bind, void, wait.

API path: PUT `/zones/{zone_id}/origin_tls_client_auth/hostnames` (what the API calls an
association is our binding), GET of the same as a list and of `/hostnames/{hostname}`. Identity is
(zone, hostname). Rotation order: the new certificate is active, then the hostname is bound, then
the binding is active; only then may the old certificate be deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..api.answers import Binding
from ..api.codes import Code
from ..api.errors import REFRESH_NEXT, CloudflareError, Refused
from ..api.polling import MAX_AGE
from ..api.zone import Zone
from ..plugin import session
from ..values.text import MOST_NAMES, names, short
from .observed import Rows, one_by_one
from .tls_mode import require_tls


@dataclass(frozen=True)
class Terms:
    """How the resource wants it done; the fields are its inputs of the same names."""

    wait_seconds: float
    overwrite: bool = False
    require_tls: bool = True
    max_hostnames_per_certificate: int = 100


def bind(
    zone: Zone,
    wanted: Sequence[Binding],
    dropped: Sequence[Binding],
    before: Mapping[str, Binding],
    terms: Terms,
) -> None:
    """Brings hostnames to what is wanted, voids the dropped ones, waits until all is in force.

    `before` has the hostnames that state says are ours, as state has them: they are set whatever
    they show; any other hostname that shows a foreign certificate is refused before the first
    write, unless `terms.overwrite`. `dropped` entries carry the certificate of state.
    """
    with zone.bulk.under_way():
        rows = Rows(zone)
        changes = _changes(rows, wanted, before)
        if any(entry.enabled for entry in changes):
            require_tls(zone, terms.require_tls)
        if not terms.overwrite:
            _refuse_foreign(zone, rows, [e for e in changes if e.hostname not in before])
        _tell_surprises(rows, [e for e in changes if e.hostname in before], before)
        voids, kept = _voidable(zone, rows, dropped)
        _count(rows, changes, voids, terms.max_hostnames_per_certificate)
        for cert_id in dict.fromkeys(entry.cert_id for entry in changes):
            _await_certificate(zone, cert_id, terms.wait_seconds)
        _carry_out(zone, [*voids, *changes])
        _await_bindings(
            zone, wanted, voids, terms.wait_seconds, just_written=bool(voids or changes)
        )
        _complain(zone, kept)


def void(zone: Zone, dropped: Sequence[Binding], wait_seconds: float) -> None:
    """Voids the bindings that still show the certificate of state, and waits until they are gone.

    One that shows another certificate is left alone and told in an error.
    """
    bind(zone, [], dropped, {}, Terms(wait_seconds))


def _changes(rows: Rows, wanted: Sequence[Binding], before: Mapping[str, Binding]) -> list[Binding]:
    """What has to be put: all that Cloudflare was not asked for yet.

    Lists lag, so one that shows already what is only now wanted may show the past. A few are
    asked for by name; many are put again, which is one request for a hundred.
    """
    known: set[str] = set()
    doubtful: list[Binding] = []
    for entry in wanted:
        if _is_asked_for(rows.get(entry.hostname), entry):
            if before.get(entry.hostname) == entry:
                known.add(entry.hostname)
            else:
                doubtful.append(entry)
    if len(doubtful) <= MOST_NAMES:
        asked = [e for e in doubtful if _is_asked_for(rows.ask(e.hostname), e)]
        known |= {entry.hostname for entry in asked}
    return [entry for entry in wanted if entry.hostname not in known]


def _is_asked_for(row: Binding | None, entry: Binding) -> bool:
    """Whether Cloudflare was asked for this already; it may still be deploying it."""
    return row is not None and row.shows_same_as(entry) and not row.has_timed_out


def _refuse_foreign(zone: Zone, rows: Rows, entries: Iterable[Binding]) -> None:
    notes = session.current().wanted
    foreign = []
    for entry in entries:
        row = rows.get(entry.hostname)
        if row is None or row.cert_id == entry.cert_id or notes.owns(zone.zone_id, row.cert_id):
            continue
        live = rows.ask(entry.hostname)
        if live is not None and live.cert_id != entry.cert_id:
            foreign.append(f"{entry.hostname} (certificate {short(live.cert_id)})")
    if foreign:
        raise CloudflareError(
            f"bound to a certificate that is not of this stack: {names(foreign)}",
            "Nothing was changed. Give overwrite=True to take it over, or leave the hostname out.",
        )


def _tell_surprises(rows: Rows, entries: Iterable[Binding], before: Mapping[str, Binding]) -> None:
    for entry in entries:
        row = rows.get(entry.hostname)
        shown = row.cert_id if row else ""
        if shown not in (entry.cert_id, before[entry.hostname].cert_id):
            was = f"showed certificate {short(shown)}" if shown else "was not bound"
            session.current().say_once(
                f"{entry.hostname}: {was}, changed by somebody else;"
                f" now certificate {short(entry.cert_id)}."
            )


def _voidable(
    zone: Zone, rows: Rows, dropped: Iterable[Binding]
) -> tuple[list[Binding], list[Binding]]:
    """The entries to void, and the rows that show something else than state says."""
    voids, kept = [], []
    for entry in dropped:
        row = rows.get(entry.hostname)
        if row is None or row.cert_id != entry.cert_id:
            row = rows.ask(entry.hostname)
        if row is None:
            continue
        if row.cert_id == entry.cert_id:
            voids.append(Binding(entry.hostname, row.cert_id, None))
        else:
            kept.append(row)
    return voids, kept


def _complain(zone: Zone, kept: Sequence[Binding]) -> None:
    if kept:
        shown = [f"{row.hostname} shows certificate {short(row.cert_id)}" for row in kept]
        raise CloudflareError(
            f"not voided, because it is not what state says: {names(shown)}",
            "Run `pulumi up --refresh` to look again, or `pulumi state delete` to let it be.",
        )


def _count(rows: Rows, changes: Sequence[Binding], voids: Sequence[Binding], most: int) -> None:
    moved = {entry.hostname for entry in [*changes, *voids]}
    for cert_id in dict.fromkeys(entry.cert_id for entry in changes):
        stay = rows.on(cert_id) - moved
        come = {entry.hostname for entry in changes if entry.cert_id == cert_id}
        if len(stay | come) > most:
            raise CloudflareError(
                f"certificate {short(cert_id)} would be shown by {len(stay | come)} hostnames,"
                f" Cloudflare allows {most}",
                "Nothing was changed. Give some of them another HostnameCertificate.",
            )


def _await_certificate(zone: Zone, cert_id: str, seconds: float) -> None:
    def look(max_age: float) -> bool | None:
        record = zone.certificate_or_reread("hostname", cert_id, max_age)
        if record is None or record.has_timed_out:
            state = record.status if record else "not a hostname certificate of this zone"
            raise CloudflareError(
                f"certificate {short(cert_id)} cannot be shown: {state}",
                "Give the id of a HostnameCertificate; a zone certificate cannot be bound."
                if record is None
                else REFRESH_NEXT,
            )
        return True if record.is_active else None

    zone.wait(look, f"certificate {short(cert_id)} to be active", seconds, REFRESH_NEXT)


def _carry_out(zone: Zone, entries: Sequence[Binding]) -> None:
    if not entries:
        return
    refused = {
        name: why
        for name, why in zone.bulk.put(entries).items()
        if not _was_void_already(name, why, entries)
    }
    if refused:
        first = next(iter(refused.values()))
        done = len(entries) - len(refused)
        changed = f"; {done} of {len(entries)} were changed" if len(entries) > 1 else ""
        raise CloudflareError(
            f"{names(sorted(refused))}: {first.fact}{changed}", first.next_step or REFRESH_NEXT
        )


def _was_void_already(hostname: str, why: Refused, entries: Iterable[Binding]) -> bool:
    voids = {entry.hostname for entry in entries if entry.enabled is None}
    return hostname in voids and why.has(Code.NO_SUCH_CERTIFICATE)


def _await_bindings(
    zone: Zone,
    wanted: Sequence[Binding],
    voids: Sequence[Binding],
    seconds: float,
    *,
    just_written: bool,
) -> None:
    open_names: list[str] = []

    def look(max_age: float) -> bool | None:
        # The first look is as fresh as any; later ones are younger than what they wait for.
        listed = zone.bindings(max_age, even_if_written=max_age < MAX_AGE)
        rows = one_by_one(zone, [*wanted, *voids]) if listed is None else listed
        open_names[:] = [e.hostname for e in wanted if not _in_force(zone, rows, e)]
        for entry in voids:
            row = rows.get(entry.hostname)
            bound_again = (
                row is not None
                and not row.is_deleted_or_deleting
                and zone.changed_after_our_write(row)
            )
            if row is not None and row.holds_certificate and not bound_again:
                open_names.append(entry.hostname)
        return None if open_names else True

    if wanted or voids:
        count = len(wanted) + len(voids)
        one = (*wanted, *voids)[0].hostname
        what = f"binding {one} to be in force" if count == 1 else f"{count} bindings to be in force"
        try:
            zone.wait(look, what, seconds, REFRESH_NEXT, just_written=just_written)
        except CloudflareError as error:
            error.fact += f" ({names(open_names)})" if count > 1 and open_names else ""
            raise


def _in_force(zone: Zone, rows: Mapping[str, Binding], entry: Binding) -> bool:
    row = rows.get(entry.hostname)
    if row is not None and row.shows_same_as(entry) and zone.list_is_older_than_our_write(row):
        row = zone.binding(entry.hostname)
    if row is not None and not row.shows_same_as(entry) and zone.changed_after_our_write(row):
        now = (
            "voided" if row.is_deleted_or_deleting else f"bound to certificate {short(row.cert_id)}"
        )
        raise CloudflareError(
            f"{entry.hostname}: somebody else has changed it at the same time, it is {now}",
            "Settle whose it is: leave it out here, or run `pulumi up --refresh` to bind it again.",
        )
    if row is None or not row.shows_same_as(entry):
        return False
    if row.has_timed_out:
        raise CloudflareError(
            f"{entry.hostname}: Cloudflare could not deploy the binding ({row.status})",
            REFRESH_NEXT,
        )
    return row.is_active
