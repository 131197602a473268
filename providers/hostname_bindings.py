"""Many hostnames of a zone, each with the certificate that it shows, in one resource.

API path: PUT `/zones/{zone_id}/origin_tls_client_auth/hostnames`, one request for each hundred
hostnames, removals first. Identity: `ZONE`; several of these resources may share a zone. In
place: `bindings` (added, moved and removed hostnames). Replaces: `zone_id`. Delete: voids those
of its own that still show the certificate that state says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
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
from pydantic import BeforeValidator

from .api.answers import Binding
from .api.errors import about
from .lifecycle import binding
from .lifecycle.binding_inputs import BindingInputs, Shown, live
from .lifecycle.observed import live_rows
from .plugin import session
from .plugin.program import binding_key
from .plugin.provider import Props, Provider, checked, dump, inputs_of
from .values.inputs import UNKNOWN, Hostname, normalise_hostname
from .values.text import names, short


def _whole(bindings: Any) -> Any:
    """Each entry as an object, and no hostname twice, in whatever spelling."""
    if not isinstance(bindings, Mapping):
        return bindings
    spelt: dict[str, str] = {}
    for written in bindings:
        try:
            name = normalise_hostname(str(written))
        except ValueError:
            # The type of the key says what is wrong, and names the key.
            name = str(written)
        if name in spelt:
            raise ValueError(f"{name} stands twice, as {spelt[name]} and as {written}. Keep one.")
        spelt[name] = str(written)
    return {name: _shown(bindings[written]) for name, written in spelt.items()}


def _shown(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {"enabled": True, **value}
    return {"cert_id": value, "enabled": True}


class HostnameBindingsInputs(BindingInputs):
    """`zone_id` replaces; the rest changes in place."""

    bindings: Annotated[dict[Hostname, Shown], BeforeValidator(_whole)]
    guard: bool = False
    allow_removal: tuple[Hostname, ...] = ()


class HostnameBindingsProvider(Provider):
    """The verbs."""

    def check(self, _olds: Props, news: Props) -> CheckResult:
        def rules(inputs: HostnameBindingsInputs) -> tuple[Props, list[str]]:
            if inputs.bindings is UNKNOWN:
                return {}, []
            if inputs.zone_id is not UNKNOWN:
                _note(inputs)
            return {}, [*_guarded(_olds, inputs), *_too_many(inputs)]

        return checked(HostnameBindingsInputs, news, rules)

    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        replaces = ["zone_id"] if _olds.get("zone_id") != _news.get("zone_id") else []
        return DiffResult(changes=None, replaces=replaces)

    def create(self, props: Props) -> CreateResult:
        inputs = inputs_of(HostnameBindingsInputs, props)
        with about(_name(inputs)):
            binding.bind(inputs.zone(), _entries(inputs), [], {}, inputs.terms())
        return CreateResult(inputs.zone_id, dump(inputs))

    def read(self, id_: str, props: Props) -> ReadResult:
        inputs = inputs_of(HostnameBindingsInputs, props)
        with about(_name(inputs)):
            zone = inputs.zone()
            rows = live_rows(zone, inputs.bindings)
            if inputs.bindings and not rows:
                return ReadResult("", {})
            seen = {name: live(zone, inputs.bindings[name], row) for name, row in rows.items()}
        found = dump(inputs.model_copy(update={"bindings": seen}))
        return ReadResult(id_, dict(found), found)

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        inputs = inputs_of(HostnameBindingsInputs, _news)
        old = inputs_of(HostnameBindingsInputs, _olds)
        before = {entry.hostname: entry for entry in _entries(old)}
        gone = [entry for entry in _entries(old) if entry.hostname not in inputs.bindings]
        with about(_name(inputs)):
            dropped = _not_handed_over(inputs.zone_id, gone)
            binding.bind(inputs.zone(), _entries(inputs), dropped, before, inputs.terms())
        return UpdateResult(dump(inputs))

    def delete(self, _id: str, _props: Props) -> None:
        inputs = inputs_of(HostnameBindingsInputs, _props)
        with about(_name(inputs)):
            dropped = _not_handed_over(inputs.zone_id, _entries(inputs))
            if dropped:
                binding.void(inputs.zone(), dropped, inputs.wait_seconds)


class HostnameBindings(Resource, module="aop", name="HostnameBindings"):
    """Hostnames of one zone and the certificates that Cloudflare presents for them.

    :param name: Pulumi's name of the resource.
    :param zone_id: the Zone ID, 32 hexadecimal digits. Replaces.
    :param bindings: from hostname to the id of a `HostnameCertificate`, or to an object
        `{cert_id, enabled, certificate_sha256}`. In place; hostnames that are not in the map are
        never touched.
    :param guard: refuse, in the preview, to remove or disable a hostname. Pulumi's `protect`
        protects the resource, not what is inside the map.
    :param allow_removal: the hostnames for which `guard` makes an exception.
    :param overwrite: take over hostnames that are bound to somebody else's certificate.
    :param require_tls: refuse, not only warn, while the zone's SSL mode is off or flexible.
    :param max_hostnames_per_certificate: Cloudflare's limit, where an account has another.
    :param wait_seconds: the longest wait for a certificate, and for the bindings; default 300.
    :param token_env: name of the environment variable with the token for this zone.
    """

    zone_id: pulumi.Output[str]
    bindings: pulumi.Output[dict[str, dict[str, Any]]]

    def __init__(
        self,
        name: str,
        *,
        zone_id: pulumi.Input[str],
        bindings: pulumi.Input[Mapping[str, Any]],
        guard: pulumi.Input[bool] | None = None,
        allow_removal: pulumi.Input[list[str]] | None = None,
        overwrite: pulumi.Input[bool] | None = None,
        require_tls: pulumi.Input[bool] | None = None,
        max_hostnames_per_certificate: pulumi.Input[int] | None = None,
        wait_seconds: pulumi.Input[float] | None = None,
        token_env: str | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "zone_id": zone_id,
            "bindings": bindings,
            "guard": guard,
            "allow_removal": allow_removal,
            "overwrite": overwrite,
            "require_tls": require_tls,
            "max_hostnames_per_certificate": max_hostnames_per_certificate,
            "wait_seconds": wait_seconds,
            "token_env": token_env,
        }
        super().__init__(HostnameBindingsProvider(), name, props, opts)


def _note(inputs: HostnameBindingsInputs) -> None:
    notes = session.current().wanted
    for name, shown in inputs.bindings.items():
        key = binding_key(inputs.zone_id, name)
        notes.note([key])
        if shown is not UNKNOWN and UNKNOWN not in (shown.cert_id, shown.enabled):
            notes.show(key, shown.cert_id, shown.enabled)


def _guarded(olds: Props, inputs: HostnameBindingsInputs) -> list[str]:
    before = olds.get("bindings")
    is_known = inputs.allow_removal is not UNKNOWN
    if inputs.guard is not True or not isinstance(before, Mapping) or not is_known:
        return []
    moved = olds.get("zone_id") != inputs.zone_id
    lost = []
    for name, shown in before.items():
        now = inputs.bindings.get(name)
        was_on = not isinstance(shown, Mapping) or shown.get("enabled") is not False
        if (now is None or moved or (was_on and now is not UNKNOWN and now.enabled is False)) and (
            name not in inputs.allow_removal
        ):
            lost.append(name)
    if not lost:
        return []
    return [
        f"bindings: {names(sorted(lost))} would lose protection, and guard is on."
        " List the hostname in allow_removal to let it go."
    ]


def _too_many(inputs: HostnameBindingsInputs) -> list[str]:
    most = inputs.max_hostnames_per_certificate
    if most is UNKNOWN:
        return []
    counts: Counter[str] = Counter()
    for shown in inputs.bindings.values():
        known = [v for v in (shown.certificate_sha256, shown.cert_id) if isinstance(v, str)]
        counts.update(known[:1])
    return [
        f"bindings: {count} hostnames show certificate {short(name)}, Cloudflare allows {most}."
        " Give some of them another HostnameCertificate."
        for name, count in counts.items()
        if count > most
    ]


def _name(inputs: HostnameBindingsInputs) -> str:
    return f"bindings of zone {short(inputs.zone_id)}"


def _entries(inputs: HostnameBindingsInputs) -> list[Binding]:
    shown = inputs.bindings.items()
    return [Binding(name, what.cert_id, what.enabled) for name, what in shown]


def _not_handed_over(zone_id: str, entries: list[Binding]) -> list[Binding]:
    notes = session.current().wanted
    return [entry for entry in entries if not notes.wants(binding_key(zone_id, entry.hostname))]
