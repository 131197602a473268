"""A client certificate for hostnames; which hostnames show it is said by bindings.

API path: `/zones/{zone_id}/origin_tls_client_auth/hostnames/certificates` (POST, GET) and
`/{certificate_id}` below it (GET, DELETE). Identity: Cloudflare's id; equality: the DER bytes. In
place: another reference to the same key, the patience. Replaces: a different certificate,
`zone_id`; the new one is uploaded and bound before the old one is deleted. Delete: once no
hostname shows it. A zone takes 10 of them, each is shown by at most 100 hostnames.
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

from .lifecycle import certificate as shared
from .plugin.provider import Props, Provider


class HostnameCertificateProvider(Provider):
    """The verbs, for level "hostname"."""

    def check(self, _olds: Props, news: Props) -> CheckResult:
        return shared.check("hostname", _olds, news)

    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        return shared.diff("hostname", _id, _olds, _news)

    def create(self, props: Props) -> CreateResult:
        return shared.create("hostname", props)

    def read(self, id_: str, props: Props) -> ReadResult:
        return shared.read("hostname", id_, props)

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        return shared.update(_olds, _news)

    def delete(self, _id: str, _props: Props) -> None:
        shared.delete("hostname", _id, _props)


class HostnameCertificate(Resource, module="aop", name="HostnameCertificate"):
    """A client certificate that Cloudflare presents for the hostnames that are bound to it.

    The resource's `id` is the `cert_id` of `HostnameBinding` and `HostnameBindings`.

    :param name: Pulumi's name of the resource.
    :param zone_id: the Zone ID, 32 hexadecimal digits. Replaces.
    :param certificate: one leaf certificate in PEM; the CAs of its chain are dropped. A
        different certificate replaces; a different spelling of the same one is no change.
    :param private_key: its key: PEM (kept encrypted in state), or `env:NAME` or `file:PATH`,
        relative to the project's folder (never in state). In place.
    :param passphrase: of an encrypted key, `env:NAME` or `file:PATH`; never in state. In place.
    :param warn_days: days before the end from which previews warn; by default 30, or a third of
        the certificate's life where that is shorter. In place.
    :param wait_seconds: the longest wait for Cloudflare in one step; default 300.
    :param token_env: name of the environment variable with the token for this zone.
    """

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
        wait_seconds: pulumi.Input[float] | None = None,
        token_env: str | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = shared.resource_props(
            zone_id, certificate, private_key, passphrase, warn_days, wait_seconds, token_env
        )
        super().__init__(HostnameCertificateProvider(), name, props, opts)
        shared.warn_of_expiry(self, certificate, warn_days)
