"""What both issued certificates share: asked for, uploaded, renewed in time, deleted.

API paths as for given certificates (`certificate.py`). The private key is made in create, goes
into the request that uploads it, and is forgotten: it is in no state, no file and no variable.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import pulumi
from pulumi.dynamic import DiffResult

from ..api.answers import Level, UploadedCertificate
from ..api.errors import CloudflareError
from ..plugin.program import IssuedNote
from ..plugin.provider import Props, Recorded, ZoneProvider, resource_props
from ..plugin.resource import CloudflareResource
from ..plugin.run import ZoneRun
from ..values import pem
from ..values.inputs import SUBJECT, UNKNOWN
from ..values.reference import PROJECT
from ..values.text import short
from . import deletion
from .certificate import (
    MOST_PREDECESSORS,
    OUTPUTS,
    live_record,
    note_upload,
    outputs,
    predecessors_of,
    sha256_of,
)
from .issued_inputs import (
    IssuedCertificateInputs,
    ends_in,
    has_unknown,
    is_due,
    issuer_faults,
    issuer_of,
    renewal_fault,
)
from .presented import warn_if_not_presented
from .try_origins import note_origins, require_acceptance
from .unrecorded import find_unrecorded
from .upload import Upload

if TYPE_CHECKING:
    from issuers import IssuedCertificate

NOT_UPLOADED = "Nothing was uploaded."


class IssuedCertificateProvider(ZoneProvider[IssuedCertificateInputs]):
    """The life of an issued certificate; `level` says whose it is."""

    level: ClassVar[Level]

    model = IssuedCertificateInputs
    replaces = ("zone_id", "common_name", "key")

    def label(self, inputs: IssuedCertificateInputs, id_: str) -> str:
        name = short(id_) if inputs.common_name is UNKNOWN else inputs.common_name
        return f"{self.level} certificate {name} of zone {short(inputs.zone_id)}"

    def want(self, run: ZoneRun, inputs: IssuedCertificateInputs) -> None:
        if inputs.common_name is not UNKNOWN:
            run.notes.want("subject", self.level, inputs.common_name)
            run.notes.add_own_uploads(self.level, [SUBJECT + inputs.common_name])
            note_origins(run, self.level, inputs.common_name, inputs.try_origins)

    def is_wanted(self, run: ZoneRun, recorded: Recorded[IssuedCertificateInputs]) -> bool:
        return sha256_of(recorded.outputs) in run.notes.wanted_certificates(self.level)

    def check_inputs(
        self, run: ZoneRun, inputs: IssuedCertificateInputs, olds: Props
    ) -> tuple[Props, Sequence[str]]:
        """Refuses what cannot work. Nothing is added: nobody knows what will be signed."""
        faults = issuer_faults(inputs.issuer_settings)
        given = (inputs.issuer_settings, inputs.days, inputs.renew_days)
        if not faults and not has_unknown(given):
            fault = renewal_fault(issuer_of(inputs.issuer_settings), *given[1:])
            faults += [fault] if fault else []
        return {}, faults

    def diff(self, id_: str, olds: Props, news: Props) -> DiffResult:
        """As of every resource; and a certificate that is due is replaced by one with a new key."""
        result: DiffResult = super().diff(id_, olds, news)
        run = self.open(olds.get(self.place, UNKNOWN), None)
        if not result.replaces and (reason := _renewal_reason(run, olds, news)):
            run.say(f"{self.level} certificate {news.get('common_name')}: renewed: {reason}.")
            return DiffResult(changes=True, replaces=["certificate_sha256"])
        return result

    def note_state(self, run: ZoneRun, id_: str, olds: Props, news: Props) -> None:
        run.notes.add_own([id_, *predecessors_of(olds)])
        note_upload(run, self.level, olds)
        note = _note_of(run, id_, olds)
        for props in (olds, news):
            if isinstance(props.get("common_name"), str):
                run.notes.hold_issued(self.level, props["common_name"], note)

    def create_object(self, run: ZoneRun, inputs: IssuedCertificateInputs) -> tuple[str, Props]:
        """Adopts what a run that was cut off has uploaded, else asks the issuer and uploads."""
        held = run.notes.issued(self.level, inputs.common_name)
        record = find_unrecorded(
            run, self.level, inputs.common_name, lambda found: _is_as_wanted(run, inputs, found)
        )
        if record is None:
            issued = self._issue(run, inputs, held)
            certificate = pem.read_certificate(issued.certificate)
            asked = run.notes.origins_to_try(self.level, inputs.common_name)
            require_acceptance(run, asked, certificate, issued.private_key, held)
            upload = Upload(run.zone, self.level, certificate, lambda: issued.private_key)
            record = upload.run(inputs.wait_seconds)
            name = short(certificate.sha256)
            run.say(f"{self.level} certificate {name} of {run.zone}: uploaded.")
        else:
            certificate = pem.read_certificate(record.certificate)
            run.say(
                f"{self.level} certificate {short(certificate.sha256)} of {run.zone}: adopted, an"
                f" earlier run had it signed for {inputs.common_name} and did not record it."
            )
            if self.level == "zone":
                warn_if_not_presented(run, record)
        before = [one for one in (held.ids if held else ()) if one != record.id]
        before = before[:MOST_PREDECESSORS]
        run.notes.add_own([record.id, *before])
        note = IssuedNote(record.id, certificate.sha256, predecessors=tuple(before))
        run.notes.hold_issued(self.level, inputs.common_name, note)
        return record.id, outputs(certificate, record.uploaded_on, before)

    def _issue(
        self, run: ZoneRun, inputs: IssuedCertificateInputs, held: IssuedNote | None
    ) -> IssuedCertificate:
        """A verified certificate and its key, before anything is uploaded."""
        from issuers import IssuerError, References, issue

        self.before_upload(run, inputs)
        try:
            issued = issue(
                inputs.issuer_name,
                issuer_of(inputs.issuer_settings),
                inputs.wish,
                inputs.ca,
                References(run.environ, PROJECT),
                run.clock.now(),
            )
        except IssuerError as error:
            stays = f"; the certificate in force stays, it {held.ends}" if held else ""
            raise CloudflareError(f"{error.fact}{stays}", error.next_step) from None
        certificate = pem.read_certificate(issued.certificate)
        if is_due(certificate, inputs.renew_days, run.clock.now()):
            life = (certificate.not_after - certificate.not_before).days
            raise CloudflareError(
                f"issuer {inputs.issuer_name} gives {life} days, and renew_days is"
                f" {inputs.renew_days}: each certificate would be due at once",
                f"{NOT_UPLOADED} Give a renew_days below {life}, or have longer lives allowed.",
            )
        return issued

    def before_upload(self, run: ZoneRun, inputs: IssuedCertificateInputs) -> None:
        """Refuses an upload that would take something away from somebody else."""

    def read_object(
        self, run: ZoneRun, recorded: Recorded[IssuedCertificateInputs]
    ) -> tuple[IssuedCertificateInputs, Props] | None:
        record = live_record(run, self.level, recorded)
        if record is None:
            return None
        certificate = pem.read_certificate(record.certificate)
        before = predecessors_of(recorded.outputs)
        return recorded.inputs, outputs(certificate, record.uploaded_on, before)

    def update_object(
        self,
        run: ZoneRun,
        inputs: IssuedCertificateInputs,
        recorded: Recorded[IssuedCertificateInputs],
    ) -> Props:
        """Only what the next certificate is asked for changed; nobody is asked."""
        return {name: recorded.outputs.get(name) for name in ("certificate", *OUTPUTS)}

    def delete_object(self, run: ZoneRun, recorded: Recorded[IssuedCertificateInputs]) -> None:
        deletion.remove(run, self.level, recorded.id, recorded.inputs.wait_seconds)


def _held(olds: Props) -> pem.Certificate | None:
    text = olds.get("certificate")
    try:
        return pem.read_certificate(text) if isinstance(text, str) else None
    except pem.PemError:
        return None


def _note_of(run: ZoneRun, cert_id: str, olds: Props) -> IssuedNote:
    held = _held(olds)
    ends = ends_in(held, run.clock.now()) if held else ""
    return IssuedNote(cert_id, sha256_of(olds), ends, tuple(predecessors_of(olds)))


def _renewal_reason(run: ZoneRun, olds: Props, news: Props) -> str:
    """Why the certificate in state needs a successor, for people; "" when there is time."""
    from issuers import signer_fault

    held, before, ca = _held(olds), news.get("renew_days"), news.get("ca")
    if held is None or UNKNOWN in (before, ca):
        return ""
    now = run.clock.now()
    if is_due(held, before, now):
        return ends_in(held, now)
    fault = signer_fault(held.pem, str(ca), now)
    return f"{fault}, and {ends_in(held, now)}" if fault else ""


def _is_as_wanted(
    run: ZoneRun, inputs: IssuedCertificateInputs, record: UploadedCertificate
) -> bool:
    from issuers import fulfils

    now = run.clock.now()
    if not fulfils(record.certificate, inputs.wish, inputs.ca, now):
        return False
    return not is_due(pem.read_certificate(record.certificate), inputs.renew_days, now)


class IssuedCertificateResource(CloudflareResource):
    """A certificate that an issuer signs, as a program declares it; its id is Cloudflare's.

    :param name: Pulumi's name of the resource.
    :param zone_id: the Zone ID, 32 hexadecimal digits. Replaces.
    :param issuer_name: how messages call the issuer. In place.
    :param issuer_settings: `{KIND: SETTINGS}`: a kind of `issuers.ISSUERS`, with what it needs by
        reference (`env:NAME`, `file:PATH`). In place: the next certificate comes from there.
    :param ca: what the origins trust, PEM: the CA that signs, its root and its intermediates.
        When the certificate's signer is no longer there, the certificate is renewed.
    :param common_name: the subject, this resource's own in the zone; at most 64 characters.
        Replaces.
    :param key: `ecdsa-p256` (default), `ecdsa-p384`, `rsa-2048` or `ml-dsa-44`. Replaces.
    :param days: the life that is asked for; by default what the issuer gives. In place.
    :param renew_days: how many days before its end the certificate is renewed; by default in the
        last third of its life. In place.
    :param try_origins: `{addresses: [ADDRESS:PORT], hostname, unreachable: error or warn}`: the
        origins that are asked with the certificate before it is uploaded. Not in state.
    :param wait_seconds: the longest wait for Cloudflare in one step; default 300.
    :param token_env: name of the environment variable with the token for this zone.
    :param moved_from: the only Zone ID that `zone_id` may change from; None: any. Not in state.
    :param declared_in: where the zone is configured, for errors of check. Not in state.
    :param own: further inputs that one of the two resources has.
    """

    provider_class: ClassVar[type[IssuedCertificateProvider]]

    zone_id: pulumi.Output[str]
    common_name: pulumi.Output[str]
    certificate: pulumi.Output[str]
    certificate_sha256: pulumi.Output[str]
    expires_on: pulumi.Output[str]
    issuer: pulumi.Output[str]
    serial_number: pulumi.Output[str]
    signature: pulumi.Output[str]
    uploaded_on: pulumi.Output[str]
    predecessors: pulumi.Output[list[str]]

    def __init__(
        self,
        name: str,
        *,
        zone_id: pulumi.Input[str],
        issuer_name: pulumi.Input[str],
        issuer_settings: pulumi.Input[Any],
        ca: pulumi.Input[str],
        common_name: pulumi.Input[str],
        key: pulumi.Input[str] | None = None,
        days: pulumi.Input[float] | None = None,
        renew_days: pulumi.Input[float] | None = None,
        try_origins: pulumi.Input[Any] | None = None,
        wait_seconds: pulumi.Input[float] | None = None,
        token_env: str | None = None,
        moved_from: str | None = None,
        declared_in: str | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **own: Any,
    ) -> None:
        given = locals() | own
        props = resource_props(self.provider_class.model, given, "certificate", *OUTPUTS)
        super().__init__(self.provider_class(), name, props, opts)
