"""The certificates that a program uploads into a zone, in state before they are uploaded.

No API path of its own. A run can upload a certificate and die before Pulumi hears of it; when
the program is changed back afterwards, the certificate's resource looks unchanged, Pulumi calls no
provider for it, and a zone certificate that nobody wants would go on being presented. So state
knows each fingerprint first (a write-ahead log), and the next update here deletes what a run left.
Identity: `ZONE`, one for each zone. In place: the lists. Replaces: `zone_id`. Delete: whatever
was entered and is still there. Without anything left over it makes no request.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any

import pulumi
from pydantic import Field, WrapValidator

from .api.answers import LEVELS, Level, UploadedCertificate
from .api.codes import Code
from .api.errors import REFRESH_NEXT, StillWaiting, about
from .api.zone_requests import AOP
from .lifecycle import deletion
from .lifecycle.ledger import Ledger, subject_key
from .lifecycle.presented import describe_certificate, is_newer, presented_without
from .plugin.provider import Props, Recorded, ZoneInputs, ZoneProvider, resource_props
from .plugin.resource import CloudflareResource
from .plugin.run import ZoneRun
from .values import pem
from .values.inputs import COMMON_NAME, SUBJECT, UNKNOWN
from .values.text import short


def _fingerprint(value: Any, _: object) -> Any:
    if value is UNKNOWN:
        return UNKNOWN
    if not isinstance(value, str):
        raise ValueError("is not text. Give the certificate in PEM.")
    if re.fullmatch(rf"[0-9a-f]{{64}}|{SUBJECT}{COMMON_NAME}", value):
        return value
    try:
        return pem.read_certificate(value).sha256
    except pem.PemError as error:
        raise ValueError(str(error)) from None


Fingerprints = dict[str, Annotated[str, WrapValidator(_fingerprint)]]


class UploadLedgerInputs(ZoneInputs):
    """`zone_id` replaces; certificates in PEM become their fingerprints (SHA-256 of the DER).

    `CN=NAME` stands for what an issuer will sign.
    """

    zone_certificates: Fingerprints = Field(default={})
    hostname_certificates: Fingerprints = Field(default={})

    def of(self, level: Level) -> dict[str, str]:
        """Fingerprints and subjects of one level, under the names that the program gave them."""
        return self.zone_certificates if level == "zone" else self.hostname_certificates


class UploadLedgerProvider(ZoneProvider[UploadLedgerInputs]):
    """The life of a ledger. The output `entries` holds each ledger by level (`Ledger.to_state`)."""

    model = UploadLedgerInputs

    def label(self, inputs: UploadLedgerInputs, id_: str) -> str:
        return f"what is left of uploads into zone {short(inputs.zone_id)}"

    def note_state(self, run: ZoneRun, id_: str, olds: Props, news: Props) -> None:
        for level in LEVELS:
            run.notes.add_own_uploads(level, _ledger(olds, level).entries)

    def create_object(self, run: ZoneRun, inputs: UploadLedgerInputs) -> tuple[str, Props]:
        """Enters the certificates; Cloudflare is not asked."""
        return inputs.zone_id, first_outputs(inputs, run.clock.now())

    def read_object(
        self, run: ZoneRun, recorded: Recorded[UploadLedgerInputs]
    ) -> tuple[UploadLedgerInputs, Props]:
        """Shows as drift what was left over and is still there; asks only then."""
        live: Props = {}
        ledgers = {}
        for level in LEVELS:
            ledger = _ledger(recorded.outputs, level)
            left = _left_over(run, level, ledger)
            wanted = recorded.inputs.of(level).items()
            known = {name: sha256 for name, sha256 in wanted if sha256 not in ledger.unwanted}
            over = {f"left-over-{short(sha256)}": sha256 for sha256 in left}
            live[f"{level}_certificates"] = {**known, **over}
            ledgers[level] = ledger.without_settled(_all_keys(left.values()), run.clock.now())
        return recorded.inputs.model_copy(update=live), _outputs(ledgers)

    def update_object(
        self, run: ZoneRun, inputs: UploadLedgerInputs, recorded: Recorded[UploadLedgerInputs]
    ) -> Props:
        """Deletes what a program that was changed back no longer wants; enters the rest."""
        now, ledgers = run.clock.now(), {}
        for level in LEVELS:
            before, wanted = _ledger(recorded.outputs, level), inputs.of(level).values()
            ledger = before.want(wanted, now)
            left = _left_over(run, level, ledger)
            # Only after a revert: in a forward rotation the old certificate's own resource
            # deletes it.
            removable = left.values() if before.has_all(wanted) else ()
            gone = {r.sha256 for r in removable if _remove(run, inputs, level, r)}
            staying = {k: r for k, r in left.items() if k not in gone}
            removed = _all_keys(left.values()) - _all_keys(staying.values())
            ledgers[level] = ledger.without(removed).without_settled(
                _all_keys(left.values()), run.clock.now()
            )
        return _outputs(ledgers)

    def delete_object(self, run: ZoneRun, recorded: Recorded[UploadLedgerInputs]) -> None:
        """Deletes what was entered and is still there, unless another resource wants it."""
        nothing: Props = {"zone_certificates": {}, "hostname_certificates": {}}
        inputs = recorded.inputs.model_copy(update=nothing)
        for level in LEVELS:
            elsewhere = run.notes.wanted_uploads(level)
            ledger = _ledger(recorded.outputs, level).want([], run.clock.now()).without(elsewhere)
            for sha256, record in _left_over(run, level, ledger).items():
                if not _remove(run, inputs, level, record):
                    run.warn(
                        f"{_name(run, level, sha256)} stays: it is in use, and this stack will"
                        " not know it any more."
                    )


def _left_over(run: ZoneRun, level: Level, ledger: Ledger) -> dict[str, UploadedCertificate]:
    """By fingerprint; without a request where every entry is wanted."""
    if not ledger.unwanted:
        return {}
    return ledger.left_over(run.zone.certificates(level).values())


def _remove(
    run: ZoneRun, inputs: UploadLedgerInputs, level: Level, record: UploadedCertificate
) -> bool:
    """Deletes what is left over; False where something shows it, or nothing would protect then."""
    zone, name = run.zone, _name(run, level, record.sha256)
    wanted = set(inputs.of(level).values())

    def step(_: float) -> bool | None:
        with zone.changes:
            if not _is_free(run, level, record.id, wanted):
                return False
            refused = deletion.try_remove(zone, level, record.id)
        if refused is None:
            return True
        return False if refused.has(Code.CERTIFICATE_IN_USE) else None

    what = f"{name} to be deployed, and so to be deleted"
    try:
        with about(name):
            is_removed = zone.wait(step, what, inputs.wait_seconds, REFRESH_NEXT)
    except StillWaiting as waiting:
        # What the program wants instead must not fail because of it.
        run.warn(f"{waiting.fact}; it is not wanted any more, and stays for now.")
        return False
    if is_removed:
        run.say(f"{name}: deleted, not wanted any more and shown by nothing.")
    return is_removed


def _is_free(run: ZoneRun, level: Level, cert_id: str, wanted: set[str]) -> bool:
    zone, now = run.zone, run.clock.now()
    listed = [r for r in zone.certificates(level).values() if wanted & _keys(r)]
    # Lists lag: what has to protect in its place is asked for by id.
    live = [r for r in (zone.certificate(level, r.id) for r in listed) if r is not None]
    active = _all_keys(r for r in live if r.is_active and not r.is_expired(now))
    if not wanted <= active:
        return False
    if level == "hostname":
        # Where there is no list of bindings, nobody can tell.
        return zone.bindings() is not None and not deletion.hostnames_showing(zone, level, cert_id)
    if zone.setting(AOP, max_age=0) == "off":
        return True
    then, mine = presented_without(run, cert_id), zone.certificate("zone", cert_id)
    if then is None or mine is None:
        return mine is None
    if not wanted & _keys(then) and not is_newer(then, mine):
        run.warn(
            f"without zone certificate {short(cert_id)} of {zone}, which is not wanted any more,"
            f" Cloudflare would present {describe_certificate(then)}, which is not wanted either."
        )
        return False
    return bool(wanted)


def _keys(record: UploadedCertificate) -> set[str]:
    return {record.sha256, subject_key(record)}


def _all_keys(records: Iterable[UploadedCertificate]) -> set[str]:
    return {key for record in records for key in _keys(record)}


def _ledger(outputs: Props, level: Level) -> Ledger:
    return Ledger.from_state((outputs.get("entries") or {}).get(level))


def _outputs(ledgers: Mapping[Level, Ledger]) -> Props:
    return {"entries": {level: ledger.to_state() for level, ledger in ledgers.items()}}


def first_outputs(inputs: UploadLedgerInputs, now: datetime) -> Props:
    """The outputs, beside the inputs, of a ledger that begins now."""
    return _outputs({level: Ledger().want(inputs.of(level).values(), now) for level in LEVELS})


def _name(run: ZoneRun, level: Level, sha256: str) -> str:
    return f"{level} certificate {short(sha256)} of {run.zone}"


class UploadLedger(CloudflareResource, module="aop", name="UploadLedger"):
    """The certificates that a program uploads into a zone; they depend on this resource.

    One for each zone, with every `ZoneCertificate` and `HostnameCertificate` of the program in
    the zone, and each of those with `depends_on` it. A certificate that the program drops and
    that is to stay (`retain_on_delete`) counts as left over unless something shows it.

    :param name: Pulumi's name of the resource.
    :param zone_id: the Zone ID, 32 hexadecimal digits. Replaces.
    :param zone_certificates: by names of your choice, in PEM, what `ZoneCertificate` takes, and
        `CN=NAME` for the common name of an `IssuedZoneCertificate`.
    :param hostname_certificates: the same for the two of hostnames.
    :param wait_seconds: the longest wait for one deletion; default 300.
    :param token_env: name of the environment variable with the token for this zone.
    :param moved_from: the only Zone ID that `zone_id` may change from; None: any. Not in state.
    :param declared_in: where the zone is configured, for errors of check. Not in state.
    """

    zone_id: pulumi.Output[str]
    zone_certificates: pulumi.Output[dict[str, str]]
    hostname_certificates: pulumi.Output[dict[str, str]]
    entries: pulumi.Output[dict[str, dict[str, dict[str, str]]]]

    def __init__(
        self,
        name: str,
        *,
        zone_id: pulumi.Input[str],
        zone_certificates: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        hostname_certificates: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        wait_seconds: pulumi.Input[float] | None = None,
        token_env: str | None = None,
        moved_from: str | None = None,
        declared_in: str | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = resource_props(UploadLedgerInputs, locals(), "entries")
        super().__init__(UploadLedgerProvider(), name, props, opts)
