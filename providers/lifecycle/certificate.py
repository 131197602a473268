"""What both certificates share: upload or adopt, replace, settle, delete.

API paths: POST, GET and DELETE below `/zones/{zone_id}/origin_tls_client_auth` (level "zone")
and `/zones/{zone_id}/origin_tls_client_auth/hostnames/certificates` (level "hostname"). A
certificate is what its DER bytes are; Cloudflare takes each only once in a zone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pulumi

from ..api.answers import Level, UploadedCertificate, fingerprint
from ..api.runtime import Clock
from ..plugin.provider import Props, Recorded, ZoneProvider, resource_props
from ..plugin.resource import CloudflareResource
from ..plugin.run import ZoneRun
from ..values import pem
from ..values.blocks import PemError
from ..values.expiry import expiry_warning
from ..values.inputs import UNKNOWN
from ..values.pair import certificate_findings
from ..values.reference import is_reference
from ..values.text import short
from . import deletion
from .certificate_inputs import CertificateInputs, check_key, key_to_upload
from .presented import warn_if_not_presented
from .try_origins import note_origins, require_acceptance
from .upload import Upload

MOST_PREDECESSORS = 5
OUTPUTS = (
    "certificate_sha256",
    "expires_on",
    "issuer",
    "serial_number",
    "signature",
    "uploaded_on",
    "predecessors",
)


class CertificateProvider(ZoneProvider[CertificateInputs]):
    """The life of a certificate; `level` says whose it is."""

    level: ClassVar[Level]

    model = CertificateInputs
    replaces = ("zone_id", "certificate")
    shown_in_preview = ("certificate_sha256", "expires_on")

    def label(self, inputs: CertificateInputs, id_: str) -> str:
        name = short(id_ or _fingerprint_of(inputs))
        return f"{self.level} certificate {name} of zone {short(inputs.zone_id)}"

    def want(self, run: ZoneRun, inputs: CertificateInputs) -> None:
        if sha256 := _fingerprint_of(inputs):
            run.notes.want("certificate", self.level, sha256)
            note_origins(run, self.level, sha256, inputs.try_origins)

    def is_wanted(self, run: ZoneRun, recorded: Recorded[CertificateInputs]) -> bool:
        return sha256_of(recorded.outputs) in run.notes.wanted_certificates(self.level)

    def check_inputs(
        self, run: ZoneRun, inputs: CertificateInputs, olds: Props
    ) -> tuple[Props, Sequence[str]]:
        """Refuses what cannot work, and adds `certificate_sha256` and `expires_on` for people."""
        if inputs.certificate is UNKNOWN:
            return {"certificate_sha256": UNKNOWN, "expires_on": UNKNOWN}, []
        try:
            certificate = pem.read_certificate(inputs.certificate)
        except PemError as error:
            return {}, [f"certificate: {error}"]
        is_old = sha256_of(olds) == certificate.sha256
        if is_old:
            run.notes.seen_in_state(self.level, certificate.sha256)
        is_old = run.notes.was_in_state(self.level, certificate.sha256) or is_old
        faults, warnings = certificate_findings(certificate, run.clock.now(), is_in_state=is_old)
        for warning in warnings:
            run.warn(f"certificate {short(certificate.sha256)} {warning}")
        added = {
            "certificate": certificate.pem,
            "certificate_sha256": certificate.sha256,
            "expires_on": certificate.expires_on,
        }
        if is_old and olds.get("private_key") == inputs.private_key:
            return added, [f"certificate: {fault}" for fault in faults]
        key_added, key_faults = check_key(run, inputs, certificate)
        return added | key_added, [f"certificate: {fault}" for fault in faults] + key_faults

    def differs(self, name: str, olds: Props, news: Props) -> bool:
        if name == "certificate":
            return sha256_of(olds) != sha256_of(news)
        return super().differs(name, olds, news)

    def note_state(self, run: ZoneRun, id_: str, olds: Props, news: Props) -> None:
        before = predecessors_of(olds)
        old_sha256, sha256 = sha256_of(olds), sha256_of(news)
        run.notes.add_own([id_, *before])
        note_upload(run, self.level, olds)
        run.notes.seen_in_state(self.level, old_sha256)
        if old_sha256 != sha256:
            _warn_of_new_issuer(run, olds, news)
            before = [id_, *before][:MOST_PREDECESSORS]
        if not self.differs("zone_id", olds, news):
            run.notes.replaces(self.level, sha256, before)

    def create_object(self, run: ZoneRun, inputs: CertificateInputs) -> tuple[str, Props]:
        """Uploads, or adopts the same certificate; returns as soon as Cloudflare has taken it."""
        certificate = pem.read_certificate(inputs.certificate)

        def key() -> str:
            if upload.posts:
                return key_to_upload(inputs, certificate, run.environ)
            self.before_upload(run, inputs)
            key_pem = key_to_upload(inputs, certificate, run.environ)
            asked = run.notes.origins_to_try(self.level, certificate.sha256)
            require_acceptance(run, asked, certificate, key_pem)
            return key_pem

        upload = Upload(run.zone, self.level, certificate, key)
        record = upload.run(inputs.wait_seconds)
        how = "uploaded" if upload.posts else "was at Cloudflare already: adopted, not uploaded"
        run.say(f"{self.label(inputs, '')}: {how}.")
        if self.level == "zone" and not upload.posts:
            warn_if_not_presented(run, record)
        before = run.notes.replaced_by(self.level, certificate.sha256)
        run.notes.add_own([record.id, *before])
        predecessors = [cert_id for cert_id in before if cert_id != record.id]
        return record.id, outputs(certificate, record.uploaded_on, predecessors)

    def before_upload(self, run: ZoneRun, inputs: CertificateInputs) -> None:
        """Refuses an upload that would take something away from somebody else."""

    def read_object(
        self, run: ZoneRun, recorded: Recorded[CertificateInputs]
    ) -> tuple[CertificateInputs, Props] | None:
        """The certificate as Cloudflare holds it; None when gone."""
        record = live_record(run, self.level, recorded)
        if record is None:
            return None
        text = recorded.inputs.certificate
        if text is UNKNOWN or (record.sha256 and record.sha256 != fingerprint(text)):
            text = record.certificate
        certificate = pem.read_certificate(text)
        live = recorded.inputs.model_copy(update={"certificate": certificate.pem})
        return live, outputs(certificate, record.uploaded_on, predecessors_of(recorded.outputs))

    def update_object(
        self, run: ZoneRun, inputs: CertificateInputs, recorded: Recorded[CertificateInputs]
    ) -> Props:
        """Only the way to the key or the patience changed; Cloudflare is not asked."""
        certificate = pem.read_certificate(inputs.certificate)
        uploaded_on = str(recorded.outputs.get("uploaded_on", ""))
        return outputs(certificate, uploaded_on, predecessors_of(recorded.outputs))

    def delete_object(self, run: ZoneRun, recorded: Recorded[CertificateInputs]) -> None:
        deletion.remove(run, self.level, recorded.id, recorded.inputs.wait_seconds)


def outputs(certificate: pem.Certificate, uploaded_on: str, predecessors: list[str]) -> Props:
    """All outputs but the inputs. A status would be stale as soon as it is written."""
    return {
        "certificate": certificate.pem,
        "certificate_sha256": certificate.sha256,
        "expires_on": certificate.expires_on,
        "issuer": certificate.issuer,
        "serial_number": certificate.serial_number,
        "signature": certificate.signature,
        "uploaded_on": uploaded_on,
        "predecessors": predecessors,
    }


def sha256_of(props: Mapping[str, Any]) -> str:
    """The fingerprint in checked inputs or outputs; computed where an import left it out."""
    known = props.get("certificate_sha256")
    if isinstance(known, str):
        return known
    text = props.get("certificate")
    return fingerprint(text) if isinstance(text, str) else ""


def _fingerprint_of(inputs: CertificateInputs) -> str:
    return "" if inputs.certificate is UNKNOWN else fingerprint(inputs.certificate)


def predecessors_of(outs: Props) -> list[str]:
    """The ids of the certificates that this one replaced, newest first."""
    return list(outs.get("predecessors") or [])


def note_upload(run: ZoneRun, level: Level, outs: Props) -> None:
    """Notes when a certificate that state holds was uploaded, where that decides what is shown."""
    if level == "zone":
        run.notes.add_last_upload(str(outs.get("uploaded_on") or ""))


def live_record(run: ZoneRun, level: Level, recorded: Recorded[Any]) -> UploadedCertificate | None:
    """What Cloudflare holds of a certificate in state; None when gone (law 6).

    Gone is a 404, a tombstone, or a certificate that timed out and that nothing shows.
    """
    # What is gone leaves state, but what it replaces is this stack's all the same.
    run.notes.add_own([recorded.id, *predecessors_of(recorded.outputs)])
    note_upload(run, level, recorded.outputs)
    record = run.zone.certificate_or_reread(level, recorded.id)
    if record is None:
        return None
    if record.has_timed_out and not deletion.hostnames_showing(run.zone, level, recorded.id):
        return None
    if level == "zone":
        warn_if_not_presented(run, record)
    return record


def _warn_of_new_issuer(run: ZoneRun, olds: Props, news: Props) -> None:
    texts = (olds.get("certificate"), news.get("certificate"))
    if not all(isinstance(text, str) for text in texts):
        return
    old, new = (pem.read_certificate(str(text)) for text in texts)
    if not new.has_issuer_of(old):
        by_key = "" if new.issuer != old.issuer else ", by another key of the same name"
        run.warn(
            f"certificate {short(new.sha256)} comes from another issuer ({new.issuer}{by_key})"
            f" than {short(old.sha256)} ({old.issuer}):"
            " the origin must trust both before this is applied."
        )


class CertificateResource(CloudflareResource):
    """A client certificate as a program declares it; its id is Cloudflare's.

    :param name: Pulumi's name of the resource.
    :param zone_id: the Zone ID, 32 hexadecimal digits. Replaces.
    :param certificate: one leaf certificate in PEM; the CAs of its chain are dropped. A
        different certificate replaces; a different spelling of the same one is no change.
    :param private_key: its key: PEM (kept encrypted in state), or `env:NAME` or `file:PATH`,
        relative to the project's folder (never in state). In place.
    :param passphrase: of an encrypted key, `env:NAME` or `file:PATH`; never in state. In place.
    :param warn_days: days before the end from which previews warn; by default 30, or a third of
        the certificate's life where that is shorter. In place.
    :param try_origins: `{addresses: [ADDRESS:PORT], hostname, unreachable: error or warn}`: the
        origins that are asked with the certificate before it is uploaded. Not in state.
    :param wait_seconds: the longest wait for Cloudflare in one step; default 300.
    :param token_env: name of the environment variable with the token for this zone.
    :param moved_from: the only Zone ID that `zone_id` may change from; None: any. Not in state.
    :param declared_in: where the zone is configured, for errors of check. Not in state.
    :param own: further inputs that one of the two resources has.
    """

    provider_class: ClassVar[type[CertificateProvider]]

    zone_id: pulumi.Output[str]
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
        certificate: pulumi.Input[str],
        private_key: pulumi.Input[str],
        passphrase: pulumi.Input[str] | None = None,
        warn_days: pulumi.Input[float] | None = None,
        try_origins: pulumi.Input[Any] | None = None,
        wait_seconds: pulumi.Input[float] | None = None,
        token_env: str | None = None,
        moved_from: str | None = None,
        declared_in: str | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **own: Any,
    ) -> None:
        private_key = _secret_unless_reference(private_key)
        passphrase = passphrase and _secret_unless_reference(passphrase)
        props = resource_props(self.provider_class.model, locals() | own, *OUTPUTS)
        super().__init__(self.provider_class(), name, props, opts)
        pulumi.Output.all(certificate, warn_days).apply(self._warn_of_expiry)

    def _warn_of_expiry(self, given: list[Any]) -> None:
        """Warns at the resource, in each preview, of a certificate whose end is near."""
        text, warn_days = given
        try:
            certificate = pem.read_certificate(text)
        except PemError:
            return
        warning = expiry_warning(certificate, Clock().now(), warn_days)
        if warning:
            pulumi.log.warn(f"certificate {short(certificate.sha256)} {warning}", resource=self)


def _secret_unless_reference(value: pulumi.Input[str]) -> pulumi.Input[str]:
    is_plain = isinstance(value, str) and is_reference(value)
    return value if is_plain else pulumi.Output.secret(value)
