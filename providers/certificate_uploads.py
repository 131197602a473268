"""The certificates that a program uploads into a zone, in state before they are uploaded.

No API path of its own. A run can upload a certificate and die before Pulumi hears of it; when
the program is changed back afterwards, the certificate's resource looks unchanged, Pulumi calls no
provider for it, and a zone certificate that nobody wants would go on being presented. So state
knows each fingerprint first (a write-ahead log), and the next update here deletes what a run left.
Identity: `ZONE`, one for each zone. In place: the lists. Replaces: `zone_id`. Delete: whatever
was noted and is still there. Without anything left over it makes no request.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
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

from .api.answers import LEVELS, Level, UploadedCertificate, read_time
from .api.codes import Code
from .api.errors import REFRESH_NEXT, StillWaiting, about
from .api.polling import CLOCK_SKEW, LONGEST_LIST_LAG
from .api.zone import AOP, Zone
from .lifecycle import deletion
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
# By fingerprint: since when it is noted, `START`, or from when to when it was, `START/END`.
Notes = dict[str, str]


class CertificateUploadsInputs(Inputs):
    """`zone_id` replaces; certificates in PEM become their fingerprints (SHA-256 of the DER)."""

    zone_id: ZoneId
    zone_certificates: Fingerprints = Field(default={})
    hostname_certificates: Fingerprints = Field(default={})
    wait_seconds: WaitSeconds = 300
    token_env: TokenEnv | None = None

    def of(self, level: Level) -> dict[str, str]:
        """The fingerprints of one level, under the names that the program gave them."""
        return self.zone_certificates if level == "zone" else self.hostname_certificates


class CertificateUploadsProvider(Provider):
    """The verbs; `noted` among the outputs holds, by level and fingerprint, when it was wanted.

    `START`, or `START/END` for what is not wanted any more (ISO 8601, UTC).
    """

    def check(self, _olds: Props, news: Props) -> CheckResult:
        return checked(CertificateUploadsInputs, news, lambda _: ({}, []))

    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        """Another zone replaces; what else differs changes in place."""
        is_moved = _olds.get("zone_id") != _news.get("zone_id")
        return DiffResult(changes=None, replaces=["zone_id"] if is_moved else [])

    def create(self, props: Props) -> CreateResult:
        """Takes note; Cloudflare is not asked."""
        inputs = inputs_of(CertificateUploadsInputs, props)
        return CreateResult(inputs.zone_id, outputs(inputs, {}, {}))

    def read(self, id_: str, props: Props) -> ReadResult:
        """Shows as drift what was left over and is still there; asks only then."""
        inputs = inputs_of(CertificateUploadsInputs, props)
        live: Props = {}
        kept = {}
        for level in LEVELS:
            left = _left(inputs, level, props)
            there = _still_there(inputs, level, left)
            over = {f"left-over-{short(sha256)}": sha256 for sha256 in there}
            live[f"{level}_certificates"] = {**inputs.of(level), **over}
            kept[level] = _unseen(left, there) | {sha256: left[sha256] for sha256 in there}
        found = inputs.model_copy(update=live)
        return ReadResult(id_, outputs(found, props, kept), dump(found))

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        """Deletes what a program that was changed back no longer wants; notes the rest."""
        inputs = inputs_of(CertificateUploadsInputs, _news)
        kept = {level: _kept(inputs, level, _olds) for level in LEVELS}
        return UpdateResult(outputs(inputs, _olds, kept))

    def delete(self, _id: str, _props: Props) -> None:
        """Deletes whatever was noted and is still there, unless the program wants it elsewhere."""
        inputs = inputs_of(CertificateUploadsInputs, _props)
        inputs = inputs.model_copy(update={"zone_certificates": {}, "hostname_certificates": {}})
        for level in LEVELS:
            wanted = session.current().wanted.certificates(inputs.zone_id, level)
            left = {k: v for k, v in _left(inputs, level, _props).items() if k not in wanted}
            for sha256, record in _still_there(inputs, level, left).items():
                if not _is_removed(inputs, level, record):
                    session.current().warn(
                        f"{_name(inputs, level, sha256)} stays: it is in use, and this stack will"
                        " not know it any more."
                    )


def _kept(inputs: CertificateUploadsInputs, level: Level, olds: Props) -> Notes:
    left = _left(inputs, level, olds)
    there = _still_there(inputs, level, left)
    # Else a rotation goes forward, and what is left has a resource of its own, which deletes it.
    is_back = set(inputs.of(level).values()) <= set(_noted(olds, level))
    staying = [k for k, r in there.items() if not (is_back and _is_removed(inputs, level, r))]
    return _unseen(left, there) | {sha256: left[sha256] for sha256 in staying}


def _still_there(
    inputs: CertificateUploadsInputs, level: Level, left: Notes
) -> dict[str, UploadedCertificate]:
    """By fingerprint; without a request where nothing is left."""
    if not left:
        return {}
    with about(f"what is left of uploads into zone {short(inputs.zone_id)}"):
        listed = _zone(inputs).certificates(level).values()
    ours = [r for r in listed if r.sha256 in left and _is_ours(r, left[r.sha256])]
    return {r.sha256: r for r in ours if not r.is_deleted_or_deleting}


def _is_ours(record: UploadedCertificate, noted: str) -> bool:
    uploaded, span = read_time(record.uploaded_on), _span(noted)
    if uploaded is None or span is None:
        return False
    return span[0] - CLOCK_SKEW < uploaded < span[1] + CLOCK_SKEW


def _unseen(left: Notes, there: Collection[str]) -> Notes:
    now = session.current().clock.now()
    spans = {sha256: _span(noted) for sha256, noted in left.items() if sha256 not in there}
    return {k: left[k] for k, span in spans.items() if span and now < span[1] + LONGEST_LIST_LAG}


def _span(noted: str) -> tuple[datetime, datetime] | None:
    start, _, end = map(read_time, noted.partition("/"))
    return (start, end) if start and end else None


def _is_removed(
    inputs: CertificateUploadsInputs, level: Level, record: UploadedCertificate
) -> bool:
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


def _is_free(zone: Zone, level: Level, cert_id: str, wanted: Collection[str]) -> bool:
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


def _left(inputs: CertificateUploadsInputs, level: Level, olds: Props) -> Notes:
    wanted, now = inputs.of(level).values(), _now()
    noted = {k: v for k, v in _noted(olds, level).items() if k not in wanted}
    return {k: v if "/" in v else f"{v}/{now}" for k, v in noted.items()}


def _noted(props: Props, level: Level) -> Notes:
    return dict((props.get("noted") or {}).get(level) or {})


def outputs(inputs: CertificateUploadsInputs, olds: Props, kept: Mapping[Level, Notes]) -> Props:
    """All outputs: what is noted now, with the time of the first note, and what was kept."""
    noted = {}
    for level in LEVELS:
        before, wanted = _noted(olds, level), inputs.of(level).values()
        starts = {k: before.get(k, _now()).partition("/")[0] for k in wanted}
        noted[level] = {**starts, **kept.get(level, {})}
    return {**dump(inputs), "noted": noted}


def _now() -> str:
    return session.current().clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")


def _zone(inputs: CertificateUploadsInputs) -> Zone:
    return session.current().zone(inputs.zone_id, inputs.token_env)


def _name(inputs: CertificateUploadsInputs, level: Level, sha256: str) -> str:
    return f"{level} certificate {short(sha256)} of zone {short(inputs.zone_id)}"


class CertificateUploads(Resource, module="aop", name="CertificateUploads"):
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
    noted: pulumi.Output[dict[str, dict[str, str]]]

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
            "noted": None,
        }
        super().__init__(CertificateUploadsProvider(), name, props, opts)
