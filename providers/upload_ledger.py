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
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import pulumi
from pulumi.dynamic import (
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    UpdateResult,
)
from pydantic import Field, WrapValidator

from .api.answers import LEVELS, Level, UploadedCertificate
from .api.codes import Code
from .api.errors import REFRESH_NEXT, StillWaiting, about
from .api.zone import AOP, Zone
from .lifecycle import deletion
from .lifecycle.ledger import Ledger
from .plugin import session
from .plugin.provider import Props, Provider, checked, dump, inputs_of
from .values import pem
from .values.inputs import UNKNOWN, Inputs, TokenEnv, WaitSeconds, ZoneId
from .values.text import short


def _fingerprint(value: Any, _: object) -> Any:
    if value is UNKNOWN:
        return UNKNOWN
    if not isinstance(value, str):
        raise ValueError("is not text. Give the certificate in PEM.")
    if re.fullmatch(r"[0-9a-f]{64}", value):
        return value
    try:
        return pem.read_certificate(value).sha256
    except pem.PemError as error:
        raise ValueError(str(error)) from None


Fingerprints = dict[str, Annotated[str, WrapValidator(_fingerprint)]]


class UploadLedgerInputs(Inputs):
    """`zone_id` replaces; certificates in PEM become their fingerprints (SHA-256 of the DER)."""

    zone_id: ZoneId
    zone_certificates: Fingerprints = Field(default={})
    hostname_certificates: Fingerprints = Field(default={})
    wait_seconds: WaitSeconds = 300
    token_env: TokenEnv | None = None

    def of(self, level: Level) -> dict[str, str]:
        """The fingerprints of one level, under the names that the program gave them."""
        return self.zone_certificates if level == "zone" else self.hostname_certificates


class UploadLedgerProvider(Provider):
    """The verbs. The output `entries` holds, by level and fingerprint, when it was wanted."""

    def check(self, _olds: Props, news: Props) -> CheckResult:
        return checked(UploadLedgerInputs, news, lambda _: ({}, []))

    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        """Another zone replaces; what else differs changes in place."""
        is_moved = _olds.get("zone_id") != _news.get("zone_id")
        return DiffResult(changes=None, replaces=["zone_id"] if is_moved else [])

    def create(self, props: Props) -> CreateResult:
        """Enters the certificates; Cloudflare is not asked."""
        inputs = inputs_of(UploadLedgerInputs, props)
        return CreateResult(inputs.zone_id, first_outputs(inputs, _now()))

    def read(self, id_: str, props: Props) -> ReadResult:
        """Shows as drift what was left over and is still there; asks only then."""
        inputs = inputs_of(UploadLedgerInputs, props)
        live: Props = {}
        ledgers = {}
        for level in LEVELS:
            ledger = _ledger(props, level)
            left = _left_over(inputs, level, ledger)
            known = {k: v for k, v in inputs.of(level).items() if v not in ledger.unwanted}
            over = {f"left-over-{short(sha256)}": sha256 for sha256 in left}
            live[f"{level}_certificates"] = {**known, **over}
            ledgers[level] = ledger.without_settled(left, _now())
        found = inputs.model_copy(update=live)
        return ReadResult(id_, outputs(found, ledgers), dump(found))

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        """Deletes what a program that was changed back no longer wants; enters the rest."""
        inputs = inputs_of(UploadLedgerInputs, _news)
        ledgers = {level: _update_level(inputs, level, _ledger(_olds, level)) for level in LEVELS}
        return UpdateResult(outputs(inputs, ledgers))

    def delete(self, _id: str, _props: Props) -> None:
        """Deletes what was entered and is still there, unless another resource wants it."""
        inputs = inputs_of(UploadLedgerInputs, _props)
        inputs = inputs.model_copy(update={"zone_certificates": {}, "hostname_certificates": {}})
        for level in LEVELS:
            elsewhere = session.current().wanted.certificates(inputs.zone_id, level)
            ledger = _ledger(_props, level).want([], _now()).without(elsewhere)
            for sha256, record in _left_over(inputs, level, ledger).items():
                if not _remove(inputs, level, record):
                    session.current().warn(
                        f"{_name(inputs, level, sha256)} stays: it is in use, and this stack will"
                        " not know it any more."
                    )


def _update_level(inputs: UploadLedgerInputs, level: Level, before: Ledger) -> Ledger:
    wanted = inputs.of(level).values()
    ledger = before.want(wanted, _now())
    left = _left_over(inputs, level, ledger)
    # Only after a revert: in a forward rotation the old certificate's own resource deletes it.
    removable = left if before.has_all(wanted) else {}
    removed = {sha256 for sha256, record in removable.items() if _remove(inputs, level, record)}
    return ledger.without(removed).without_settled(left, _now())


def _left_over(
    inputs: UploadLedgerInputs, level: Level, ledger: Ledger
) -> dict[str, UploadedCertificate]:
    """By fingerprint; without a request where every entry is wanted."""
    if not ledger.unwanted:
        return {}
    with about(f"what is left of uploads into zone {short(inputs.zone_id)}"):
        return ledger.left_over(_zone(inputs).certificates(level).values())


def _remove(inputs: UploadLedgerInputs, level: Level, record: UploadedCertificate) -> bool:
    """Deletes what is left over; False where something shows it, or nothing would protect then."""
    zone, name = _zone(inputs), _name(inputs, level, record.sha256)

    def step(_: float) -> bool | None:
        with zone.changes:
            if not _is_free(zone, level, record.id, set(inputs.of(level).values())):
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
        session.current().warn(f"{waiting.fact}; it is not wanted any more, and stays for now.")
        return False
    if is_removed:
        session.current().say_once(f"{name}: deleted, not wanted any more and shown by nothing.")
    return is_removed


def _is_free(zone: Zone, level: Level, cert_id: str, wanted: set[str]) -> bool:
    now = session.current().clock.now()
    listed = [r for r in zone.certificates(level).values() if r.sha256 in wanted]
    # Lists lag: what has to protect in its place is asked for by id.
    live = [r for r in (zone.certificate(level, r.id) for r in listed) if r is not None]
    if {r.sha256 for r in live if r.is_active and not r.is_expired(now)} != wanted:
        return False
    if level == "hostname":
        # Where there is no list of bindings, nobody can tell.
        return zone.bindings() is not None and not deletion.shown_by(zone, level, cert_id)
    return bool(wanted) or zone.setting(AOP, max_age=0) == "off"


def _ledger(outputs_before: Props, level: Level) -> Ledger:
    return Ledger.from_state((outputs_before.get("entries") or {}).get(level))


def outputs(inputs: UploadLedgerInputs, ledgers: Mapping[Level, Ledger]) -> Props:
    """All outputs: the inputs, and the ledger of each level."""
    return {**dump(inputs), "entries": {lv: ledger.to_state() for lv, ledger in ledgers.items()}}


def first_outputs(inputs: UploadLedgerInputs, now: datetime) -> Props:
    """The outputs of a ledger that begins now."""
    return outputs(inputs, {lv: Ledger().want(inputs.of(lv).values(), now) for lv in LEVELS})


def _now() -> datetime:
    return session.current().clock.now()


def _zone(inputs: UploadLedgerInputs) -> Zone:
    return session.current().zone(inputs.zone_id, inputs.token_env)


def _name(inputs: UploadLedgerInputs, level: Level, sha256: str) -> str:
    return f"{level} certificate {short(sha256)} of zone {short(inputs.zone_id)}"


class UploadLedger(Resource, module="aop", name="UploadLedger"):
    """The certificates that a program uploads into a zone; they depend on this resource.

    One for each zone, with every `ZoneCertificate` and `HostnameCertificate` of the program in
    the zone, and each of those with `depends_on` it. A certificate that the program drops and
    that is to stay (`retain_on_delete`) counts as left over unless something shows it.

    :param name: Pulumi's name of the resource.
    :param zone_id: the Zone ID, 32 hexadecimal digits. Replaces.
    :param zone_certificates: by names of your choice, in PEM, what `ZoneCertificate` takes.
    :param hostname_certificates: the same for `HostnameCertificate`.
    :param wait_seconds: the longest wait for one deletion; default 300.
    :param token_env: name of the environment variable with the token for this zone.
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
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "zone_id": zone_id,
            "zone_certificates": zone_certificates,
            "hostname_certificates": hostname_certificates,
            "wait_seconds": wait_seconds,
            "token_env": token_env,
            "entries": None,
        }
        super().__init__(UploadLedgerProvider(), name, props, opts)
