"""Which of its own certificates a zone presents: the newest that is active and has not expired.

While the zone's switch is on, taking a certificate away or uploading another one changes what the
origin is shown. Whoever does so asks by id first, since lists lag (laws 14 to 16).
"""

from __future__ import annotations

from ..api.answers import UploadedCertificate, is_before
from ..api.errors import CloudflareError
from ..api.zone_requests import AOP
from ..plugin.run import ZoneRun
from ..values import pem
from ..values.blocks import PemError
from ..values.text import one_line, short
from .ledger import subject_key


def presented_without(run: ZoneRun, cert_id: str) -> UploadedCertificate | None:
    """The certificate that the zone would present without this one, as it is now; None if none."""
    listed = run.zone.certificates("zone").values()
    for record in reversed([r for r in listed if r.id != cert_id and r.may_be_presented]):
        live = run.zone.certificate("zone", record.id)
        if live is not None and live.is_active and not live.is_expired(run.clock.now()):
            return live
    return None


def is_newer(one: UploadedCertificate, other: UploadedCertificate) -> bool:
    """Whether `one` was uploaded after `other`: the newest active one is presented."""
    return not is_before(one.uploaded_on, other.uploaded_on)


def describe_certificate(record: UploadedCertificate) -> str:
    """`zone certificate 9f3a2b1c (id 5d0c1f3a), issued by CN=Our CA`; without what is unreadable.

    The fingerprint comes first: by that previews, reports and verbs name certificates.
    """
    name = f"zone certificate {short(record.sha256)} (id {short(record.id)})"
    try:
        return f"{name}, issued by {one_line(pem.read_certificate(record.certificate).issuer)}"
    except PemError:
        return f"zone certificate of id {short(record.id)}"


def refuse_to_displace(run: ZoneRun) -> None:
    """Refuses an upload that would displace what somebody else has the zone present (law 16).

    What this stack has displaced before is presented again when its own certificate has vanished:
    to repair that takes nothing away.
    """
    listed = run.zone.certificates("zone").values()
    if all(is_of_this_stack(run, r) for r in listed if r.may_be_presented):
        return
    if run.zone.setting(AOP) == "off":
        return
    presented = presented_without(run, "")
    if presented is None or is_of_this_stack(run, presented):
        return
    if run.notes.was_displaced(presented):
        return
    raise CloudflareError(
        f"the zone presents {describe_certificate(presented)}, which is not of this stack",
        "Nothing was changed. Give overwrite=True (in a stack's file `overwrite: true`) to"
        " displace it, or delete it first.",
    )


def is_of_this_stack(run: ZoneRun, record: UploadedCertificate) -> bool:
    """Whether this stack uploaded a zone certificate, by its id, fingerprint or subject."""
    notes = run.notes
    if notes.is_own(record.id):
        return True
    return any(notes.is_own_upload("zone", key) for key in (record.sha256, subject_key(record)))


def warn_if_not_presented(run: ZoneRun, record: UploadedCertificate) -> None:
    """Says so when a zone certificate that was there is not the one that Cloudflare presents."""
    newer = [
        short(r.id)
        for r in run.zone.certificates("zone").values()
        if is_before(record.uploaded_on, r.uploaded_on) and r.is_active
    ]
    if newer:
        newest, *others = reversed(newer)
        then = f", then {', '.join(others)}," if others else ""
        until = "all of them are" if others else "that one is"
        run.warn(
            f"zone certificate {short(record.id)} of {run.zone} is not the"
            f" newest: Cloudflare presents {newest}{then} until {until} deleted."
        )
