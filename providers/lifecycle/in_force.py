"""When bindings are in force: deployed as they were written, or voided (law 9).

Lists lag, and Cloudflare's answer to a write may date it by the certificate, so nobody is accused
and nothing counts as changed on the word of a list or of a time: the hostname is asked for by name
first (law 15).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..api.answers import Binding
from ..api.errors import REFRESH_NEXT, CloudflareError
from ..api.polling import MAX_AGE
from ..api.zone import Zone
from ..values.text import MOST_NAMES, names, short
from .observed import read_by_name


def await_in_force(
    zone: Zone,
    wanted: Sequence[Binding],
    voids: Sequence[Binding],
    seconds: float,
    *,
    written_ago: float | None,
) -> None:
    """Waits until the wanted bindings are deployed and the voided ones are gone.

    :raises StillWaiting: after so many seconds; the line names what is still open.
    :raises CloudflareError: when somebody else has changed one, or Cloudflare has given one up.
    """
    bindings = [*wanted, *voids]
    if not bindings:
        return
    open_names: list[str] = []

    def look(max_age: float) -> bool | None:
        open_names[:] = _still_open(zone, bindings, max_age)
        return None if open_names else True

    count, one = len(bindings), bindings[0].hostname
    what = f"binding {one} to be in force" if count == 1 else f"{count} bindings to be in force"
    try:
        zone.wait(look, what, seconds, REFRESH_NEXT, written_ago=written_ago)
    except CloudflareError as error:
        error.fact += f" ({names(open_names)})" if count > 1 and open_names else ""
        raise


def _still_open(zone: Zone, bindings: Sequence[Binding], max_age: float) -> list[str]:
    """The hostnames that are not yet as they were written; a few doubtful ones are asked for."""
    # The first look is as fresh as any; later ones are younger than what they wait for.
    listed = zone.bindings(max_age, even_if_written=max_age < MAX_AGE)
    rows = read_by_name(zone, bindings) if listed is None else listed
    doubtful = [b for b in bindings if _is_doubtful(zone, rows.get(b.hostname), b)]
    asked, unasked = doubtful[:MOST_NAMES], {b.hostname for b in doubtful[MOST_NAMES:]}
    names_asked = {b.hostname for b in asked}
    # Of a list of thousands that many bindings look at, each binding looks at its own row only.
    own = (b.hostname for b in bindings if b.hostname not in names_asked)
    rows = {name: rows[name] for name in own if name in rows} | read_by_name(zone, asked)
    return [b.hostname for b in bindings if b.hostname in unasked or not _is_done(zone, rows, b)]


def _is_doubtful(zone: Zone, row: Binding | None, binding: Binding) -> bool:
    """Whether the row is older than our write, or somebody wrote it afterwards, by its time."""
    if row is None:
        return False
    if binding.enabled is None:
        return not row.is_deleted_or_deleting and zone.changed_after_our_write(row)
    if row.shows_same_as(binding):
        return zone.list_is_older_than_our_write(row)
    return zone.changed_after_our_write(row)


def _is_done(zone: Zone, rows: Mapping[str, Binding], binding: Binding) -> bool:
    row = rows.get(binding.hostname)
    if binding.enabled is None:
        is_bound_again = _is_doubtful(zone, row, binding)
        return row is None or not row.holds_certificate or is_bound_again
    if row is None:
        return False
    if not row.shows_same_as(binding):
        if zone.changed_after_our_write(row):
            _raise_for_change_of_others(row)
        return False
    if row.has_timed_out:
        raise CloudflareError(
            f"{row.hostname}: Cloudflare could not deploy the binding ({row.status})",
            REFRESH_NEXT,
        )
    return row.is_active


def _raise_for_change_of_others(row: Binding) -> None:
    now = "voided" if row.is_deleted_or_deleting else f"bound to certificate {short(row.cert_id)}"
    raise CloudflareError(
        f"{row.hostname}: somebody else has changed it at the same time, it is {now}",
        "Settle whose it is: leave it out here, or run `pulumi up --refresh` to bind it again.",
    )
