"""Before a hostname certificate goes: every hostname of the program shows what it is to show.

State alone does not tell. A run that was cut off after its PUT recorded nothing, and a refresh
records a binding that Cloudflare is still deploying. Only bindings that the program wants are
looked at; an origin is shown the old certificate until its successor's binding is active.
"""

from __future__ import annotations

from ..plugin.run import ZoneRun
from ..values.text import short
from .binding import BindingInputs, bind
from .observed import ObservedBindings


def hostname_still_switching(run: ZoneRun, cert_id: str) -> str:
    """A hostname that may still show this certificate, because the next is not in force yet.

    Empty when there is none.
    """
    observed = ObservedBindings(run.zone)
    for wanted in run.notes.wanted_bindings():
        row = observed.listed(wanted.hostname)
        if row is not None and (
            row.cert_id == cert_id or run.zone.list_is_older_than_our_write(row)
        ):
            # The list may show the past.
            row = observed.reread(wanted.hostname)
        is_switching = row is not None and not row.is_active and wanted.enabled
        if row is not None and row.cert_id == wanted.cert_id != cert_id and is_switching:
            return wanted.hostname
    return ""


def restore_bindings(run: ZoneRun, cert_id: str, wait_seconds: float) -> None:
    """Binds what still shows this certificate as the program wants it (laws 7 and 9).

    A program that was changed back after a run was cut off agrees with state again: no binding is
    updated, and the certificate would stay in use for ever.
    """
    observed = ObservedBindings(run.zone)
    restored = []
    before = {}
    for wanted in run.notes.wanted_bindings():
        row = observed.listed(wanted.hostname)
        if wanted.cert_id == cert_id or row is None or row.cert_id != cert_id:
            continue
        live = observed.reread(wanted.hostname)
        if live is not None and live.cert_id == cert_id:
            restored.append(wanted)
            before[wanted.hostname] = live
            run.say(
                f"{wanted.hostname}: an earlier run bound it to certificate {short(cert_id)};"
                f" back to certificate {short(wanted.cert_id)}."
            )
    if restored:
        inputs = BindingInputs(zone_id=run.zone.zone_id, wait_seconds=wait_seconds)
        bind(run, inputs, restored, before)
