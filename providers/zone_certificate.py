"""A zone's own client certificate.

API path: `/zones/{zone_id}/origin_tls_client_auth` (POST, GET) and `/{certificate_id}` below it
(GET, DELETE). Identity: Cloudflare's id; equality: the DER bytes. In place: another reference to
the same key, the patience. Replaces: a different certificate, `zone_id`; the new one is uploaded
before the old one is deleted. Delete: waits for the successor to be active; refuses to take the
last active certificate while the zone's switch is on.
"""

from __future__ import annotations

from typing import Any

import pulumi

from .lifecycle.certificate import CertificateProvider, CertificateResource
from .lifecycle.certificate_inputs import CertificateInputs
from .lifecycle.presented import refuse_to_displace
from .plugin.resource import arguments
from .plugin.run import ZoneRun


class ZoneCertificateInputs(CertificateInputs):
    """`overwrite` changes in place, and matters only to an upload."""

    overwrite: bool = False


class ZoneCertificateProvider(CertificateProvider):
    """The life of a zone certificate."""

    level = "zone"
    model = ZoneCertificateInputs

    def before_upload(self, run: ZoneRun, inputs: CertificateInputs) -> None:
        if not (isinstance(inputs, ZoneCertificateInputs) and inputs.overwrite):
            refuse_to_displace(run)


class ZoneCertificate(CertificateResource, module="aop", name="ZoneCertificate"):
    """A client certificate that Cloudflare presents for every hostname of a zone.

    It is presented once `ZoneSetting(setting="origin_tls_client_auth", value="on")` says so, for
    every hostname without a binding of its own.

    :param overwrite: displace a certificate that the zone presents now and that is not of this
        stack; without it such an upload is refused. In place; default False.

    The other arguments are those of `CertificateResource`.
    """

    provider_class = ZoneCertificateProvider

    def __init__(
        self,
        name: str,
        *,
        zone_id: pulumi.Input[str],
        certificate: pulumi.Input[str],
        private_key: pulumi.Input[str],
        passphrase: pulumi.Input[str] | None = None,
        overwrite: pulumi.Input[bool] | None = None,
        warn_days: pulumi.Input[float] | None = None,
        try_origins: pulumi.Input[Any] | None = None,
        wait_seconds: pulumi.Input[float] | None = None,
        token_env: str | None = None,
        moved_from: str | None = None,
        declared_in: str | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(**arguments(locals()))
