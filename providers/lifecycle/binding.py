"""What both binding resources share: observe, bind, void, wait.

API path: PUT `/zones/{zone_id}/origin_tls_client_auth/hostnames` (what the API calls an
association is our binding), GET of the same as a list and of `/hostnames/{hostname}`. Identity is
(zone, hostname). Rotation order: the new certificate is active, then the hostname is bound, then
the binding is active; only then may the old certificate be deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..api.answers import Binding
from ..api.codes import Code
from ..api.errors import REFRESH_NEXT, CloudflareError
from ..api.zone import Zone
from ..plugin.program import ZoneNotes
from ..plugin.provider import ZoneInputs
from ..plugin.run import ZoneRun
from ..values.inputs import UNKNOWN, CertId, Inputs
from ..values.text import MOST_NAMES, names, short
from .in_force import await_in_force
from .observed import ObservedBindings
from .tls_mode import require_tls_to_origin


class BoundCertificate(Inputs):
    """What a hostname shows; `certificate_sha256` is for readers and is never sent."""

    cert_id: CertId
    enabled: bool
    certificate_sha256: str | None = None

    def binding(self, hostname: str) -> Binding:
        """The binding of a hostname to this certificate."""
        return Binding(hostname, self.cert_id, self.enabled)

    def as_observed(self, zone: Zone, row: Binding) -> BoundCertificate:
        """What the row shows; the fingerprint is looked up only for another certificate."""
        sha256 = self.certificate_sha256
        if row.cert_id != self.cert_id and sha256:
            found = zone.certificate_or_reread("hostname", row.cert_id)
            sha256 = found.sha256 if found else ""
        return BoundCertificate.model_construct(
            cert_id=row.cert_id, enabled=row.enabled, certificate_sha256=sha256
        )


class BindingInputs(ZoneInputs):
    """The inputs that `HostnameBinding` and `HostnameBindings` share; `zone_id` replaces."""

    overwrite: bool = False
    require_tls: bool = True
    max_hostnames_per_certificate: int = 100


def want_binding(notes: ZoneNotes, hostname: str, shown: BoundCertificate) -> None:
    """Notes what the program wants a hostname to show, as far as a preview knows it."""
    if hostname is UNKNOWN:
        return
    notes.want("hostname", hostname)
    if shown is not UNKNOWN and UNKNOWN not in (shown.cert_id, shown.enabled):
        notes.want_binding(shown.binding(hostname))


def bind(
    run: ZoneRun,
    inputs: BindingInputs,
    wanted: Sequence[Binding],
    before: Mapping[str, Binding],
    dropped: Sequence[Binding] = (),
) -> None:
    """Brings hostnames to what is wanted, voids the dropped ones, waits until all is in force.

    `before` has the hostnames that state says are ours, as state has them: they are set whatever
    they show; any other hostname that shows a foreign certificate is refused before the first
    write, unless `inputs.overwrite`. `dropped` bindings carry the certificate of state.
    """
    zone = run.zone
    with zone.bulk.under_way():
        observed = ObservedBindings(zone)
        changes = _changes(observed, wanted, before)
        if any(binding.enabled for binding in changes):
            require_tls_to_origin(run, inputs.require_tls)
        if not inputs.overwrite:
            _refuse_foreign(run, observed, [b for b in changes if b.hostname not in before])
        _report_outside_changes(run, observed, [b for b in changes if b.hostname in before], before)
        voids, kept = _voidable(observed, dropped)
        _refuse_overfull(observed, changes, voids, inputs.max_hostnames_per_certificate)
        for cert_id in dict.fromkeys(binding.cert_id for binding in changes):
            _await_certificate(zone, cert_id, inputs.wait_seconds)
        void_already = _write(zone, [*voids, *changes])
        written_ago = 0.0 if voids or changes else None
        voids = [binding for binding in voids if binding.hostname not in void_already]
        await_in_force(zone, wanted, voids, inputs.wait_seconds, written_ago=written_ago)
        _raise_for_kept(kept)


def void(run: ZoneRun, inputs: BindingInputs, dropped: Sequence[Binding]) -> None:
    """Voids the bindings that still show the certificate of state, and waits until they are gone.

    A binding that shows another certificate is left alone and told in an error.
    """
    bind(run, inputs, [], {}, dropped)


def _changes(
    observed: ObservedBindings, wanted: Sequence[Binding], before: Mapping[str, Binding]
) -> list[Binding]:
    """The changes to write.

    A list may be stale, so a match that state did not have is read again by name where there are
    few of them, or written again, which is one request for a hundred.
    """
    known: set[str] = set()
    doubtful: list[Binding] = []
    for entry in wanted:
        if _is_asked_for(observed.listed(entry.hostname), entry):
            if before.get(entry.hostname) == entry:
                known.add(entry.hostname)
            else:
                doubtful.append(entry)
    if len(doubtful) <= MOST_NAMES:
        asked = [e for e in doubtful if _is_asked_for(observed.reread(e.hostname), e)]
        known |= {entry.hostname for entry in asked}
    return [entry for entry in wanted if entry.hostname not in known]


def _is_asked_for(row: Binding | None, entry: Binding) -> bool:
    """Whether Cloudflare was asked for this already; it may still be deploying it."""
    return row is not None and row.shows_same_as(entry) and not row.has_timed_out


def _refuse_foreign(run: ZoneRun, observed: ObservedBindings, entries: Iterable[Binding]) -> None:
    foreign = []
    for entry in entries:
        row = observed.listed(entry.hostname)
        if row is None or row.cert_id == entry.cert_id or run.notes.is_own(row.cert_id):
            continue
        live = observed.reread(entry.hostname)
        if live is not None and live.cert_id != entry.cert_id:
            foreign.append(f"{entry.hostname} (certificate {short(live.cert_id)})")
    if foreign:
        raise CloudflareError(
            f"bound to a certificate that is not of this stack: {names(foreign)}",
            "Nothing was changed. Give overwrite=True (in a stack's file `overwrite: true`) to take"
            " it over, or leave the hostname out.",
        )


def _report_outside_changes(
    run: ZoneRun,
    observed: ObservedBindings,
    entries: Iterable[Binding],
    before: Mapping[str, Binding],
) -> None:
    for entry in entries:
        row = observed.listed(entry.hostname)
        shown = row.cert_id if row else ""
        if shown not in (entry.cert_id, before[entry.hostname].cert_id):
            was = f"showed certificate {short(shown)}" if shown else "was not bound"
            run.say(
                f"{entry.hostname}: {was}, changed by somebody else;"
                f" now certificate {short(entry.cert_id)}."
            )


def _voidable(
    observed: ObservedBindings, dropped: Iterable[Binding]
) -> tuple[list[Binding], list[Binding]]:
    """The entries to void, and the rows that show something else than state says."""
    voids, kept = [], []
    for entry in dropped:
        row = observed.listed(entry.hostname)
        if row is None or row.cert_id != entry.cert_id:
            row = observed.reread(entry.hostname)
        if row is None:
            continue
        if row.cert_id == entry.cert_id:
            voids.append(Binding(entry.hostname, row.cert_id, None))
        else:
            kept.append(row)
    return voids, kept


def _raise_for_kept(kept: Sequence[Binding]) -> None:
    if kept:
        shown = [f"{row.hostname} shows certificate {short(row.cert_id)}" for row in kept]
        raise CloudflareError(
            f"not voided, because it is not what state says: {names(shown)}",
            "Run `pulumi up --refresh` to look again, or `pulumi state delete` to let it be.",
        )


def _refuse_overfull(
    observed: ObservedBindings, changes: Sequence[Binding], voids: Sequence[Binding], most: int
) -> None:
    moved = {entry.hostname for entry in [*changes, *voids]}
    for cert_id in dict.fromkeys(entry.cert_id for entry in changes):
        stay = observed.hostnames_on(cert_id) - moved
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

    what = f"certificate {short(cert_id)} to be active"
    ago = zone.uploaded_ago(cert_id)
    zone.wait(look, what, seconds, REFRESH_NEXT, written_ago=ago)


def _write(zone: Zone, bindings: Sequence[Binding]) -> set[str]:
    """Writes; answers with the hostnames that were void already, since their certificate is gone.

    Cloudflare refuses to void those, and may list them for ever.
    """
    refused = zone.bulk.put(bindings) if bindings else {}
    voids = {binding.hostname for binding in bindings if binding.enabled is None}
    void_already = {
        name for name, why in refused.items() if name in voids and why.has(Code.NO_SUCH_CERTIFICATE)
    }
    failed = {name: why for name, why in refused.items() if name not in void_already}
    if failed:
        first = next(iter(failed.values()))
        done = len(bindings) - len(failed)
        changed = f"; {done} of {len(bindings)} were changed" if len(bindings) > 1 else ""
        raise CloudflareError(
            f"{names(sorted(failed))}: {first.fact}{changed}", first.next_step or REFRESH_NEXT
        )
    return void_already
