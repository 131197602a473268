"""What an earlier run had signed and uploaded, and did not live to record (law 5).

Nobody wrote down its fingerprint, and its key exists at Cloudflare alone. What identifies such a
certificate is what was asked for: subject, kind of key, a signer that the origins trust, and
time left. What state holds looks the same, so there has to be a sign that the run did not go on:
a hostname certificate that was recorded is bound to hostnames next, a zone certificate is switched
on next, and then what it replaces is deleted. A forced replacement (a key that leaked) finds its
own certificate settled, and so does not adopt it.
"""

from __future__ import annotations

from collections.abc import Callable

from ..api.answers import Level, UploadedCertificate, is_before
from ..api.zone_requests import AOP
from ..plugin.program import IssuedNote
from ..plugin.run import ZoneRun
from ..values.inputs import SUBJECT
from . import deletion
from .ledger import subject_key
from .presented import is_of_this_stack


def find_unrecorded(
    run: ZoneRun,
    level: Level,
    common_name: str,
    is_as_wanted: Callable[[UploadedCertificate], bool],
) -> UploadedCertificate | None:
    """The newest certificate of the subject that is as wanted and that no run has recorded.

    A certificate that timed out is deleted: nothing will ever present it.
    """
    held = run.notes.issued(level, common_name)
    listed = run.zone.certificates(level).values()
    for record in reversed([r for r in listed if subject_key(r) == SUBJECT + common_name]):
        if (held and record.id in held.ids) or not _is_unfinished(run, level, record, held):
            continue
        # Lists lag: it may have gone meanwhile.
        live = run.zone.certificate(level, record.id)
        if live is None:
            continue
        if live.has_timed_out:
            deletion.try_remove(run.zone, level, live.id)
        elif live.is_active_or_deploying and is_as_wanted(live):
            return live
    return None


def _is_unfinished(
    run: ZoneRun, level: Level, record: UploadedCertificate, held: IssuedNote | None
) -> bool:
    """Whether the run that uploaded the certificate did not go on."""
    if held is not None:
        # State holds another one of this subject, and no run has replaced it.
        return True
    if level == "hostname":
        rows = run.zone.bindings()
        return rows is not None and not deletion.hostnames_showing(run.zone, level, record.id)
    if run.zone.setting(AOP) == "off":
        return True
    others = [r for r in run.zone.certificates("zone").values() if not r.is_deleted_or_deleting]
    return any(
        is_before(r.uploaded_on, record.uploaded_on) and is_of_this_stack(run, r) for r in others
    )
