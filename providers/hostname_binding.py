"""One hostname shows one certificate.

API path: PUT `/zones/{zone_id}/origin_tls_client_auth/hostnames` with one entry (many that are
changed at about the same time share a request). Identity: `ZONE/HOSTNAME`. In place: `cert_id`,
`enabled`. Replaces: `zone_id`, `hostname`. Delete: voids the binding while it shows the
certificate that state says.
"""

from __future__ import annotations

import pulumi
from pulumi.dynamic import (
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    UpdateResult,
)

from .api.answers import Binding
from .api.errors import about
from .lifecycle import binding
from .lifecycle.binding_inputs import BindingInputs, Shown, live
from .lifecycle.observed import live_rows
from .plugin import session
from .plugin.program import binding_key
from .plugin.provider import Props, Provider, checked, dump, inputs_of
from .values.inputs import UNKNOWN, Hostname
from .values.text import short


class HostnameBindingInputs(BindingInputs, Shown):
    """`zone_id` and `hostname` replace; the rest changes in place."""

    hostname: Hostname


def _rules(inputs: HostnameBindingInputs) -> tuple[Props, list[str]]:
    if UNKNOWN not in (inputs.zone_id, inputs.hostname):
        key = binding_key(inputs.zone_id, inputs.hostname)
        session.current().wanted.note([key])
        if UNKNOWN not in (inputs.cert_id, inputs.enabled):
            session.current().wanted.show(key, inputs.cert_id, inputs.enabled)
    return {}, []


class HostnameBindingProvider(Provider):
    """The verbs."""

    def check(self, _olds: Props, news: Props) -> CheckResult:
        return checked(HostnameBindingInputs, news, _rules)

    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        replaces = [name for name in ("zone_id", "hostname") if _olds.get(name) != _news.get(name)]
        return DiffResult(changes=None, replaces=replaces)

    def create(self, props: Props) -> CreateResult:
        inputs = inputs_of(HostnameBindingInputs, props)
        with about(_name(inputs)):
            binding.bind(inputs.zone(), [_entry(inputs)], [], {}, inputs.terms())
        return CreateResult(f"{inputs.zone_id}/{inputs.hostname}", dump(inputs))

    def read(self, id_: str, props: Props) -> ReadResult:
        inputs = inputs_of(HostnameBindingInputs, props)
        with about(_name(inputs)):
            zone = inputs.zone()
            row = live_rows(zone, [inputs.hostname]).get(inputs.hostname)
            if row is None:
                return ReadResult("", {})
            seen = live(zone, inputs, row)
        found = dump(inputs.model_copy(update=dict(seen)))
        return ReadResult(id_, dict(found), found)

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        inputs = inputs_of(HostnameBindingInputs, _news)
        before = {inputs.hostname: _entry(inputs_of(HostnameBindingInputs, _olds))}
        with about(_name(inputs)):
            binding.bind(inputs.zone(), [_entry(inputs)], [], before, inputs.terms())
        return UpdateResult(dump(inputs))

    def delete(self, _id: str, _props: Props) -> None:
        inputs = inputs_of(HostnameBindingInputs, _props)
        if session.current().wanted.wants(binding_key(inputs.zone_id, inputs.hostname)):
            session.current().say_once(f"{_name(inputs)}: kept, another resource holds it now.")
            return
        with about(_name(inputs)):
            binding.void(inputs.zone(), [_entry(inputs)], inputs.wait_seconds)


class HostnameBinding(Resource, module="aop", name="HostnameBinding"):
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
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "zone_id": zone_id,
            "hostname": hostname,
            "cert_id": cert_id,
            "enabled": enabled,
            "certificate_sha256": certificate_sha256,
            "overwrite": overwrite,
            "require_tls": require_tls,
            "max_hostnames_per_certificate": max_hostnames_per_certificate,
            "wait_seconds": wait_seconds,
            "token_env": token_env,
        }
        super().__init__(HostnameBindingProvider(), name, props, opts)


def _name(inputs: HostnameBindingInputs) -> str:
    return f"binding {inputs.hostname} of zone {short(inputs.zone_id)}"


def _entry(inputs: HostnameBindingInputs) -> Binding:
    return Binding(inputs.hostname, inputs.cert_id, inputs.enabled)
