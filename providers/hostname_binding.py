"""One hostname shows one certificate.

API path: PUT `/zones/{zone_id}/origin_tls_client_auth/hostnames` with one entry (many that are
changed at about the same time share a request). Identity: `ZONE/HOSTNAME`. In place: `cert_id`,
`enabled`. Replaces: `zone_id`, `hostname`. Delete: voids the binding while it shows the
certificate that state says.
"""

from __future__ import annotations

import pulumi

from .lifecycle.binding import BindingInputs, BoundCertificate, bind, void, want_binding
from .lifecycle.observed import as_observed
from .plugin.provider import Props, Recorded, ZoneProvider, resource_props
from .plugin.resource import CloudflareResource
from .plugin.run import ZoneRun
from .values.inputs import Hostname
from .values.text import short


class HostnameBindingInputs(BindingInputs, BoundCertificate):
    """`zone_id` and `hostname` replace; the rest changes in place."""

    hostname: Hostname


class HostnameBindingProvider(ZoneProvider[HostnameBindingInputs]):
    """The life of one binding."""

    model = HostnameBindingInputs
    replaces = ("zone_id", "hostname")

    def label(self, inputs: HostnameBindingInputs, id_: str) -> str:
        return f"binding {inputs.hostname} of zone {short(inputs.zone_id)}"

    def want(self, run: ZoneRun, inputs: HostnameBindingInputs) -> None:
        want_binding(run.notes, inputs.hostname, inputs)

    def is_wanted(self, run: ZoneRun, recorded: Recorded[HostnameBindingInputs]) -> bool:
        return run.notes.wants("hostname", recorded.inputs.hostname)

    def create_object(self, run: ZoneRun, inputs: HostnameBindingInputs) -> tuple[str, Props]:
        bind(run, inputs, [inputs.binding(inputs.hostname)], {})
        return f"{inputs.zone_id}/{inputs.hostname}", {}

    def read_object(
        self, run: ZoneRun, recorded: Recorded[HostnameBindingInputs]
    ) -> tuple[HostnameBindingInputs, Props] | None:
        inputs = recorded.inputs
        row = as_observed(run.zone, [inputs.hostname]).get(inputs.hostname)
        if row is None:
            return None
        return inputs.model_copy(update=dict(inputs.as_observed(run.zone, row))), {}

    def update_object(
        self,
        run: ZoneRun,
        inputs: HostnameBindingInputs,
        recorded: Recorded[HostnameBindingInputs],
    ) -> Props:
        before = {inputs.hostname: recorded.inputs.binding(inputs.hostname)}
        bind(run, inputs, [inputs.binding(inputs.hostname)], before)
        return {}

    def delete_object(self, run: ZoneRun, recorded: Recorded[HostnameBindingInputs]) -> None:
        inputs = recorded.inputs
        void(run, inputs, [inputs.binding(inputs.hostname)])


class HostnameBinding(CloudflareResource, module="aop", name="HostnameBinding"):
    """A hostname and the certificate that Cloudflare presents for it.

    :param name: Pulumi's name of the resource.
    :param zone_id: the Zone ID, 32 hexadecimal digits. Replaces.
    :param hostname: in any spelling; kept as lower-case IDNA. Replaces: the old one is voided.
    :param cert_id: the id of a `HostnameCertificate`. In place.
    :param enabled: False presents no certificate for this hostname, not even the zone's. In
        place; default True.
    :param certificate_sha256: the certificate's fingerprint, which a preview can show when the
        id is not yet known; never sent.
    :param overwrite: take over a hostname that is bound to somebody else's certificate.
    :param require_tls: refuse, not only warn, while the zone's SSL mode is off or flexible.
    :param max_hostnames_per_certificate: Cloudflare's limit, where an account has another.
    :param wait_seconds: the longest wait for the certificate, and for the binding; default 300.
    :param token_env: name of the environment variable with the token for this zone.
    :param moved_from: the only Zone ID that `zone_id` may change from; None: any. Not in state.
    :param declared_in: where the zone is configured, for errors of check. Not in state.
    """

    zone_id: pulumi.Output[str]
    hostname: pulumi.Output[str]
    cert_id: pulumi.Output[str]
    enabled: pulumi.Output[bool]

    def __init__(
        self,
        name: str,
        *,
        zone_id: pulumi.Input[str],
        hostname: pulumi.Input[str],
        cert_id: pulumi.Input[str],
        enabled: pulumi.Input[bool] = True,
        certificate_sha256: pulumi.Input[str] | None = None,
        overwrite: pulumi.Input[bool] | None = None,
        require_tls: pulumi.Input[bool] | None = None,
        max_hostnames_per_certificate: pulumi.Input[int] | None = None,
        wait_seconds: pulumi.Input[float] | None = None,
        token_env: str | None = None,
        moved_from: str | None = None,
        declared_in: str | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = resource_props(HostnameBindingInputs, locals())
        super().__init__(HostnameBindingProvider(), name, props, opts)
