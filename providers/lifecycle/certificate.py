"""What both certificates share: upload or adopt, replace, settle, delete.

API paths: POST, GET and DELETE below `/zones/{zone_id}/origin_tls_client_auth` (level "zone")
and `/zones/{zone_id}/origin_tls_client_auth/hostnames/certificates` (level "hostname"). A
certificate is what its DER bytes are; Cloudflare takes each only once in a zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from ..api.answers import Level, fingerprint
from ..api.errors import CloudflareError, about
from ..plugin import session
from ..plugin.program import certificate_key
from ..plugin.provider import Props, checked, dump, inputs_of
from ..values import pem
from ..values.blocks import PemError
from ..values.expiry import expiry_warning
from ..values.inputs import UNKNOWN, Inputs, Reference, TokenEnv, WaitSeconds, WarnDays, ZoneId
from ..values.key import PrivateKey
from ..values.pair import certificate_findings, load_matching_key
from ..values.reference import PROJECT, UnreadableReference, is_reference
from ..values.text import short
from . import deletion
from .upload import Upload, warn_if_not_in_force

MOST_PREDECESSORS = 5


class CertificateInputs(Inputs):
    """`zone_id` and `certificate` replace; the others change in place and change nothing."""

    zone_id: ZoneId
    certificate: str
    private_key: str
    passphrase: Reference | None = None
    warn_days: WarnDays | None = None
    wait_seconds: WaitSeconds = 300
    token_env: TokenEnv | None = None


def check(level: Level, olds: Props, news: Props) -> CheckResult:
    """Refuses what cannot work, and adds `certificate_sha256` and `expires_on` for people."""

    def rules(inputs: CertificateInputs) -> tuple[Props, list[str]]:
        if inputs.certificate is UNKNOWN:
            return {"certificate_sha256": UNKNOWN, "expires_on": UNKNOWN}, []
        try:
            certificate = pem.read_certificate(inputs.certificate)
        except PemError as error:
            return {}, [f"certificate: {error}"]
        notes = session.current().wanted
        is_old = sha256_of(olds) == certificate.sha256
        if inputs.zone_id is not UNKNOWN:
            key = certificate_key(inputs.zone_id, level, certificate.sha256)
            is_old = is_old or notes.knows(key)
            notes.note([key])
            if is_old:
                notes.know(key)
        now = session.current().clock.now()
        faults, warnings = certificate_findings(certificate, now, is_in_state=is_old)
        for warning in warnings:
            session.current().warn(f"certificate {short(certificate.sha256)} {warning}")
        added = {
            "certificate": certificate.pem,
            "certificate_sha256": certificate.sha256,
            "expires_on": certificate.expires_on,
        }
        is_same_key = is_old and olds.get("private_key") == inputs.private_key
        key_added, key_faults = check_key(inputs, certificate, is_same_key)
        return added | key_added, [f"certificate: {fault}" for fault in faults] + key_faults

    return checked(CertificateInputs, news, rules)


def check_key(
    inputs: CertificateInputs, certificate: pem.Certificate, is_same: bool
) -> tuple[Props, list[str]]:
    """The key normalised, unless it is a reference; whether it matches, where it can be read."""
    if inputs.private_key is UNKNOWN or inputs.passphrase is UNKNOWN or is_same:
        return {}, []
    try:
        key = _key_of(inputs, certificate)
    except PemError as error:
        return {}, [f"private_key: {error}"]
    except UnreadableReference as error:
        session.current().warn(
            f"private_key: {error.fact}, so it was not verified that it belongs to certificate"
            f" {short(certificate.sha256)}."
        )
        return {}, []
    return ({} if is_reference(inputs.private_key) else {"private_key": key.written}), []


def _key_of(inputs: CertificateInputs, certificate: pem.Certificate) -> PrivateKey:
    environ = session.current().environ
    return load_matching_key(certificate, inputs.private_key, inputs.passphrase, environ, PROJECT)


def diff(level: Level, cert_id: str, olds: Props, news: Props) -> DiffResult:
    """A different certificate or zone replaces; what else differs changes in place."""
    notes = session.current().wanted
    before = list(olds.get("predecessors") or [])
    old_zone, old_sha256 = str(olds.get("zone_id")), sha256_of(olds)
    notes.own(old_zone, [cert_id, *before])
    notes.know(certificate_key(old_zone, level, old_sha256))
    replaces = []
    if old_zone != news.get("zone_id"):
        replaces.append("zone_id")
    if old_sha256 != sha256_of(news):
        replaces.append("certificate")
        _warn_of_new_issuer(olds, news)
        before = [cert_id, *before][:MOST_PREDECESSORS]
    if isinstance(news.get("zone_id"), str) and old_zone == news["zone_id"]:
        notes.succeed(certificate_key(old_zone, level, sha256_of(news)), before)
    return DiffResult(changes=None, replaces=replaces)


def create(level: Level, props: Props) -> CreateResult:
    """Uploads, or adopts the same certificate; returns as soon as Cloudflare has taken it."""
    inputs = inputs_of(CertificateInputs, props)
    certificate = pem.read_certificate(inputs.certificate)
    with about(f"{level} certificate {short(certificate.sha256)} of zone {short(inputs.zone_id)}"):
        zone = session.current().zone(inputs.zone_id, inputs.token_env)
        upload = Upload(zone, level, certificate, lambda: _key_to_upload(inputs, certificate))
        record = upload.run(inputs.wait_seconds)
        if level == "zone" and not upload.posts:
            warn_if_not_in_force(zone, record)
    notes = session.current().wanted
    before = notes.predecessors(certificate_key(inputs.zone_id, level, certificate.sha256))
    notes.own(inputs.zone_id, [record.id, *before])
    outs = outputs(inputs, certificate, record.uploaded_on, [i for i in before if i != record.id])
    return CreateResult(record.id, outs)


def read(level: Level, cert_id: str, props: Props) -> ReadResult:
    """Live values, or gone: 404, a tombstone, or one that timed out and that nothing shows."""
    inputs = inputs_of(CertificateInputs, props)
    with about(f"{level} certificate {short(cert_id)} of zone {short(inputs.zone_id)}"):
        zone = session.current().zone(inputs.zone_id, inputs.token_env)
        record = zone.certificate_or_reread(level, cert_id)
        if record is None or (record.has_timed_out and not deletion.shown_by(zone, level, cert_id)):
            return ReadResult("", {})
        if level == "zone":
            warn_if_not_in_force(zone, record)
    text = inputs.certificate
    if record.sha256 and record.sha256 != fingerprint(text):
        text = record.certificate
    certificate = pem.read_certificate(text)
    live = inputs.model_copy(update={"certificate": certificate.pem})
    before = list(props.get("predecessors") or [])
    outs = outputs(live, certificate, record.uploaded_on, before)
    added = {name: outs[name] for name in ("certificate_sha256", "expires_on")}
    return ReadResult(cert_id, outs, {**dump(live), **added})


def update(olds: Props, news: Props) -> UpdateResult:
    """Only the way to the key or the patience changed; Cloudflare is not asked."""
    inputs = inputs_of(CertificateInputs, news)
    certificate = pem.read_certificate(inputs.certificate)
    before = list(olds.get("predecessors") or [])
    return UpdateResult(outputs(inputs, certificate, str(olds.get("uploaded_on", "")), before))


def delete(level: Level, cert_id: str, props: Props) -> None:
    """Removes the certificate, unless the program still wants it through another resource."""
    inputs = inputs_of(CertificateInputs, props)
    key = certificate_key(inputs.zone_id, level, sha256_of(props))
    name = f"{level} certificate {short(cert_id)} of zone {short(inputs.zone_id)}"
    if session.current().wanted.wants(key):
        session.current().say_once(f"{name}: kept, another resource of this program holds it now.")
        return
    with about(name):
        zone = session.current().zone(inputs.zone_id, inputs.token_env)
        deletion.remove(zone, level, cert_id, inputs.wait_seconds)


def outputs(
    inputs: CertificateInputs, certificate: pem.Certificate, uploaded_on: str, before: list[str]
) -> Props:
    """All outputs. A status is not among them: it would be stale as soon as it is written."""
    return {
        **dump(inputs),
        "certificate": certificate.pem,
        "certificate_sha256": certificate.sha256,
        "expires_on": certificate.expires_on,
        "issuer": certificate.issuer,
        "serial_number": certificate.serial_number,
        "signature": certificate.signature,
        "uploaded_on": uploaded_on,
        "predecessors": before,
    }


def sha256_of(props: Mapping[str, Any]) -> str:
    """The fingerprint in checked inputs or outputs; computed where an import left it out."""
    known = props.get("certificate_sha256")
    if isinstance(known, str):
        return known
    text = props.get("certificate")
    return fingerprint(text) if isinstance(text, str) else ""


def resource_props(
    zone_id: pulumi.Input[str],
    certificate: pulumi.Input[str],
    private_key: pulumi.Input[str],
    passphrase: pulumi.Input[str] | None,
    warn_days: pulumi.Input[float] | None,
    wait_seconds: pulumi.Input[float] | None,
    token_env: str | None,
) -> dict[str, Any]:
    """What the resource classes hand to Pulumi: the inputs, and the outputs by name."""
    return {
        "zone_id": zone_id,
        "certificate": certificate,
        "private_key": _secret_unless_reference(private_key),
        "passphrase": passphrase and _secret_unless_reference(passphrase),
        "warn_days": warn_days,
        "wait_seconds": wait_seconds,
        "token_env": token_env,
        "certificate_sha256": None,
        "expires_on": None,
        "issuer": None,
        "serial_number": None,
        "signature": None,
        "uploaded_on": None,
        "predecessors": None,
    }


def _secret_unless_reference(value: pulumi.Input[str]) -> pulumi.Input[str]:
    is_plain = isinstance(value, str) and is_reference(value)
    return value if is_plain else pulumi.Output.secret(value)


def warn_of_expiry(
    resource: pulumi.Resource,
    certificate: pulumi.Input[str],
    warn_days: pulumi.Input[float] | None,
) -> None:
    """Warns at the resource, in each preview, of a certificate whose end is near."""

    def look(given: list[Any]) -> None:
        try:
            read_now = pem.read_certificate(given[0])
        except PemError:
            return
        warning = expiry_warning(read_now, session.current().clock.now(), given[1])
        if warning:
            pulumi.log.warn(f"certificate {short(read_now.sha256)} {warning}", resource=resource)

    pulumi.Output.all(certificate, warn_days).apply(look)


def _warn_of_new_issuer(olds: Props, news: Props) -> None:
    texts = (olds.get("certificate"), news.get("certificate"))
    if not all(isinstance(text, str) for text in texts):
        return
    old, new = (pem.read_certificate(str(text)) for text in texts)
    if not new.has_issuer_of(old):
        by_key = "" if new.issuer != old.issuer else ", by another key of the same name"
        session.current().warn(
            f"certificate {short(new.sha256)} comes from another issuer ({new.issuer}{by_key})"
            f" than {short(old.sha256)} ({old.issuer}):"
            " the origin must trust both before this is applied."
        )


def _key_to_upload(inputs: CertificateInputs, certificate: pem.Certificate) -> str:
    try:
        return _key_of(inputs, certificate).pem
    except UnreadableReference as error:
        fact, next_step = error.fact, error.next_step
    except PemError as error:
        fact, _, next_step = f"private_key: {error}".partition(". ")
    raise CloudflareError(fact, f"{next_step.removesuffix('.')}; nothing was uploaded.") from None
