"""What both binding resources share: observe, bind, void, wait.

API path: PUT `/zones/{zone_id}/origin_tls_client_auth/hostnames` (what the API calls an
association is our binding), GET of the same as a list and of `/hostnames/{hostname}`. Identity is
(zone, hostname). Rotation order: the new certificate is active, then the hostname is bound, then
the binding is active; only then may the old certificate be deleted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from . import session
from .bulk import Entry
from .errors import REFRESH_NEXT, CloudflareError, Refused, short
from .records import Binding
from .tls_mode import require_tls
from .zone import Zone

MOST_NAMES = 3
NO_SUCH_CERTIFICATE = 1415


@dataclass(frozen=True)
class Terms:
    """How the resource wants it done; the fields are its inputs of the same names."""

    wait_seconds: float
    overwrite: bool = False
    require_tls: bool = True
    max_hostnames_per_certificate: int = 100


def bind(
    zone: Zone,
    wanted: Sequence[Entry],
    dropped: Sequence[Entry],
    before: Mapping[str, str],
    terms: Terms,
) -> None:
    """Brings hostnames to what is wanted, voids the dropped ones, waits until all is in force.

    `before` has the hostnames that state says are ours, with their certificate ids: they are set
    whatever they show; any other hostname that shows a foreign certificate is refused before the
    first write, unless `terms.overwrite`. `dropped` entries carry the certificate of state.
    """
    rows = Rows(zone)
    changes = [entry for entry in wanted if not _is_asked_for(rows.get(entry.hostname), entry)]
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
    _await_bindings(zone, wanted, voids, terms.wait_seconds)
    _complain(zone, kept)


def void(zone: Zone, dropped: Sequence[Entry], wait_seconds: float) -> None:
    """Voids the bindings that still show the certificate of state, and waits until they are gone.

    One that shows another certificate is left alone and told in an error.
    """
    bind(zone, [], dropped, {}, Terms(wait_seconds))


class Rows:
    """The bindings of a zone as they were observed once; where it matters asked again by name."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._listed = zone.bindings()
        self._asked: dict[str, Binding | None] = {}

    def get(self, hostname: str) -> Binding | None:
        """The row, None when the hostname shows no certificate of its own."""
        if hostname not in self._asked and self._listed is None:
            return self.ask(hostname)
        row = self._asked.get(hostname) or (self._listed or {}).get(hostname)
        return None if row is None or row.is_gone else row

    def ask(self, hostname: str) -> Binding | None:
        """The row by name, as it is now."""
        if hostname not in self._asked:
            self._asked[hostname] = self._zone.binding(hostname)
        row = self._asked[hostname]
        return None if row is None or row.is_gone else row

    def on(self, cert_id: str) -> set[str]:
        """The hostnames that the list shows on a certificate."""
        rows = (self._listed or {}).values()
        return {row.hostname for row in rows if row.cert_id == cert_id and not row.is_gone}


def _is_asked_for(row: Binding | None, entry: Entry) -> bool:
    """Whether Cloudflare was asked for this already; it may still be deploying it."""
    return row is not None and _matches(row, entry) and not row.has_timed_out


def _matches(row: Binding, entry: Entry) -> bool:
    return row.cert_id == entry.cert_id and row.enabled == entry.enabled


def _refuse_foreign(zone: Zone, rows: Rows, entries: Iterable[Entry]) -> None:
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


def _tell_surprises(rows: Rows, entries: Iterable[Entry], before: Mapping[str, str]) -> None:
    for entry in entries:
        row = rows.get(entry.hostname)
        shown = row.cert_id if row else ""
        if shown not in (entry.cert_id, before[entry.hostname]):
            was = f"showed certificate {short(shown)}" if shown else "was not bound"
            session.current().say_once(
                f"{entry.hostname}: {was}, changed by somebody else;"
                f" now certificate {short(entry.cert_id)}."
            )


def _voidable(
    zone: Zone, rows: Rows, dropped: Iterable[Entry]
) -> tuple[list[Entry], list[Binding]]:
    """The entries to void, and the rows that show something else than state says."""
    voids, kept = [], []
    for entry in dropped:
        row = rows.get(entry.hostname)
        if row is None or row.cert_id != entry.cert_id:
            row = rows.ask(entry.hostname)
        if row is None:
            continue
        if row.cert_id == entry.cert_id:
            voids.append(Entry(entry.hostname, row.cert_id, None))
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


def _count(rows: Rows, changes: Sequence[Entry], voids: Sequence[Entry], most: int) -> None:
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
        record = zone.find("hostname", cert_id, max_age)
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


def _carry_out(zone: Zone, entries: Sequence[Entry]) -> None:
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


def _was_void_already(hostname: str, why: Refused, entries: Iterable[Entry]) -> bool:
    voids = {entry.hostname for entry in entries if entry.enabled is None}
    return hostname in voids and why.has(NO_SUCH_CERTIFICATE)


def _await_bindings(
    zone: Zone, wanted: Sequence[Entry], voids: Sequence[Entry], seconds: float
) -> None:
    open_names: list[str] = []

    def look(max_age: float) -> bool | None:
        listed = zone.bindings(max_age)
        rows = _one_by_one(zone, [*wanted, *voids]) if listed is None else listed
        open_names[:] = [e.hostname for e in wanted if not _in_force(rows.get(e.hostname), e)]
        for entry in voids:
            row = rows.get(entry.hostname)
            if row is not None and row.holds_certificate:
                open_names.append(entry.hostname)
        return None if open_names else True

    if wanted or voids:
        count = len(wanted) + len(voids)
        one = (*wanted, *voids)[0].hostname
        what = f"binding {one} to be in force" if count == 1 else f"{count} bindings to be in force"
        try:
            zone.wait(look, what, seconds, REFRESH_NEXT)
        except CloudflareError as error:
            error.fact += f" ({names(open_names)})" if count > 1 and open_names else ""
            raise


def _in_force(row: Binding | None, entry: Entry) -> bool:
    if row is None or not _matches(row, entry):
        return False
    if row.has_timed_out:
        raise CloudflareError(
            f"{entry.hostname}: Cloudflare could not deploy the binding ({row.status})",
            REFRESH_NEXT,
        )
    return row.is_active


def _one_by_one(zone: Zone, entries: Iterable[Entry]) -> dict[str, Binding]:
    rows = ((entry.hostname, zone.binding(entry.hostname)) for entry in entries)
    return {hostname: row for hostname, row in rows if row is not None}


def live_rows(zone: Zone, hostnames: Collection[str]) -> dict[str, Binding]:
    """What each of the hostnames shows now; absent from a list is confirmed by name.

    One that timed out counts as absent, so that the next `up` asks for it again.
    """
    rows = Rows(zone)
    found = ((name, rows.get(name) or rows.ask(name)) for name in hostnames)
    return {name: row for name, row in found if row is not None and not row.has_timed_out}


def names(items: Sequence[str]) -> str:
    """The first few, and how many more."""
    more = len(items) - MOST_NAMES
    return ", ".join(items[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
