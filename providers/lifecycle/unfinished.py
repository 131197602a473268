"""Before a hostname certificate goes: every hostname of the program shows what it is to show.

State alone does not tell. A run that was cut off after its PUT recorded nothing, and a refresh
records a binding that Cloudflare is still deploying. Only bindings that the program wants are
looked at; an origin is shown the old certificate until its successor's binding is active.
"""

from __future__ import annotations

from ..api.answers import Binding
from ..api.zone import Zone
from ..plugin import session
from ..values.text import short
from .binding import Terms, bind
from .observed import Rows


def awaited(zone: Zone, cert_id: str) -> str:
    """A hostname that may still show this certificate, because the next is not in force yet."""
    rows = Rows(zone)
    for hostname, (shown, enabled) in session.current().wanted.shows(zone.zone_id).items():
        row = rows.get(hostname)
        if row is not None and (row.cert_id == cert_id or zone.list_is_older_than_our_write(row)):
            # The list may show the past.
            row = rows.ask(hostname)
        if row is not None and row.cert_id == shown != cert_id and enabled and not row.is_active:
            return hostname
    return ""


def set_back(zone: Zone, cert_id: str, wait_seconds: float) -> None:
    """Binds what still shows this certificate as the program wants it.

    A program that was changed back after a run was cut off agrees with state again: no binding is
    updated, and the certificate would stay in use for ever.
    """
    rows = Rows(zone)
    entries = []
    for hostname, (shown, enabled) in session.current().wanted.shows(zone.zone_id).items():
        row = rows.get(hostname)
        if shown == cert_id or row is None or row.cert_id != cert_id:
            continue
        live = rows.ask(hostname)
        if live is not None and live.cert_id == cert_id:
            entries.append(Binding(hostname, shown, enabled))
            session.current().say_once(
                f"{hostname}: an earlier run bound it to certificate {short(cert_id)};"
                f" back to certificate {short(shown)}."
            )
    if entries:
        before = {e.hostname: Binding(e.hostname, cert_id, e.enabled) for e in entries}
        bind(zone, entries, [], before, Terms(wait_seconds))
