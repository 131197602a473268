"""Many hostnames of a zone, each with the certificate that it shows, in one resource.

API path: PUT `/zones/{zone_id}/origin_tls_client_auth/hostnames`, one request for each hundred
hostnames, removals first. Identity: `ZONE`; several of these resources may share a zone. In
place: `bindings` (added, moved and removed hostnames). Replaces: `zone_id`. Delete: voids those
of its own that still show the certificate that state says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import pulumi
from pydantic import BeforeValidator

from .api.answers import Binding
from .lifecycle.binding import BindingInputs, BoundCertificate, bind, void, want_binding
from .lifecycle.observed import as_observed
from .plugin.program import ZoneNotes
from .plugin.provider import Props, Recorded, ZoneProvider, resource_props
from .plugin.resource import CloudflareResource
from .plugin.run import ZoneRun
from .values.inputs import UNKNOWN, Hostname, normalise_hostname
from .values.text import names, short


def _spell_out(bindings: Any) -> Any:
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
    return {name: _as_object(bindings[written]) for name, written in spelt.items()}


def _as_object(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {"enabled": True, **value}
    return {"cert_id": value, "enabled": True}


class HostnameBindingsInputs(BindingInputs):
    """`zone_id` replaces; the rest changes in place."""

    bindings: Annotated[dict[Hostname, BoundCertificate], BeforeValidator(_spell_out)]
    guard: bool = False
    allow_removal: tuple[Hostname, ...] = ()

    def listed(self) -> list[Binding]:
        """The bindings, in the order of the map."""
        return [shown.binding(hostname) for hostname, shown in self.bindings.items()]


class HostnameBindingsProvider(ZoneProvider[HostnameBindingsInputs]):
    """The life of a map of bindings."""

    model = HostnameBindingsInputs

    def label(self, inputs: HostnameBindingsInputs, id_: str) -> str:
        return f"bindings of zone {short(inputs.zone_id)}"

    def want(self, run: ZoneRun, inputs: HostnameBindingsInputs) -> None:
        if inputs.bindings is not UNKNOWN:
            for hostname, shown in inputs.bindings.items():
                want_binding(run.notes, hostname, shown)

    def check_inputs(
        self, run: ZoneRun, inputs: HostnameBindingsInputs, olds: Props
    ) -> tuple[Props, Sequence[str]]:
        if inputs.bindings is UNKNOWN:
            return {}, []
        return {}, [*_unguarded_losses(olds, inputs), *_overfull(inputs)]

    def create_object(self, run: ZoneRun, inputs: HostnameBindingsInputs) -> tuple[str, Props]:
        bind(run, inputs, inputs.listed(), {})
        return inputs.zone_id, {}

    def read_object(
        self, run: ZoneRun, recorded: Recorded[HostnameBindingsInputs]
    ) -> tuple[HostnameBindingsInputs, Props] | None:
        shown = recorded.inputs.bindings
        rows = as_observed(run.zone, shown)
        if shown and not rows:
            return None
        live = {name: shown[name].as_observed(run.zone, row) for name, row in rows.items()}
        return recorded.inputs.model_copy(update={"bindings": live}), {}

    def update_object(
        self,
        run: ZoneRun,
        inputs: HostnameBindingsInputs,
        recorded: Recorded[HostnameBindingsInputs],
    ) -> Props:
        before = {binding.hostname: binding for binding in recorded.inputs.listed()}
        gone = [binding for name, binding in before.items() if name not in inputs.bindings]
        bind(run, inputs, inputs.listed(), before, _not_taken_over(run.notes, gone))
        return {}

    def delete_object(self, run: ZoneRun, recorded: Recorded[HostnameBindingsInputs]) -> None:
        if dropped := _not_taken_over(run.notes, recorded.inputs.listed()):
            void(run, recorded.inputs, dropped)


class HostnameBindings(CloudflareResource, module="aop", name="HostnameBindings"):
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
    :param moved_from: the only Zone ID that `zone_id` may change from; None: any. Not in state.
    :param declared_in: where the zone is configured, for errors of check. Not in state.
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
        moved_from: str | None = None,
        declared_in: str | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = resource_props(HostnameBindingsInputs, locals())
        super().__init__(HostnameBindingsProvider(), name, props, opts)


def _unguarded_losses(olds: Props, inputs: HostnameBindingsInputs) -> list[str]:
    before = olds.get("bindings")
    is_known = inputs.allow_removal is not UNKNOWN
    if inputs.guard is not True or not isinstance(before, Mapping) or not is_known:
        return []
    moved = olds.get("zone_id") not in (inputs.zone_id, inputs.moved_from)
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
    where = f" of {inputs.declared_in}" if inputs.declared_in else ""
    return [
        f"bindings: {names(sorted(lost))} would lose protection, and guard is on."
        f" List the hostname in allow_removal{where} to let it go."
    ]


def _overfull(inputs: HostnameBindingsInputs) -> list[str]:
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


def _not_taken_over(notes: ZoneNotes, bindings: list[Binding]) -> list[Binding]:
    """Those whose hostname no other resource of the program has taken over (law 8)."""
    return [binding for binding in bindings if not notes.wants("hostname", binding.hostname)]
