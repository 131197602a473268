"""A zone's own client certificate, asked of an issuer and renewed in time.

API path and identity as `zone_certificate.py`. The key is made in create and exists at Cloudflare
alone. In place: what the next certificate is asked for. Replaces: the end of the certificate's
time, a signer that `ca` does not have any more, `common_name`, `key`, `zone_id`; the new one is
uploaded before the old one is deleted. Delete: as a zone certificate.
"""

from __future__ import annotations

from typing import Any

import pulumi

from .lifecycle.issued import IssuedCertificateProvider, IssuedCertificateResource
from .lifecycle.issued_inputs import IssuedCertificateInputs
from .lifecycle.presented import refuse_to_displace
from .plugin.resource import arguments
from .plugin.run import ZoneRun


class IssuedZoneCertificateInputs(IssuedCertificateInputs):
    """`overwrite` changes in place: an upload alone reads it."""

    overwrite: bool = False


class IssuedZoneCertificateProvider(IssuedCertificateProvider):
    """The life of an issued zone certificate."""

    level = "zone"
    model = IssuedZoneCertificateInputs

    def before_upload(self, run: ZoneRun, inputs: IssuedCertificateInputs) -> None:
        may_displace = isinstance(inputs, IssuedZoneCertificateInputs) and inputs.overwrite
        if not may_displace:
            refuse_to_displace(run)


class IssuedZoneCertificate(IssuedCertificateResource, module="aop", name="IssuedZoneCertificate"):
    """A certificate that Cloudflare presents for every hostname of a zone, and that renews itself.

    As `ZoneCertificate`, it is presented once the zone's switch says so.

    :param overwrite: displace a certificate that the zone presents now and that is not of this
        stack; without it such an upload is refused. In place; default False.

    The other arguments are those of `IssuedCertificateResource`.
    """

    provider_class = IssuedZoneCertificateProvider

    def __init__(
        self,
        name: str,
        *,
        zone_id: pulumi.Input[str],
        issuer_name: pulumi.Input[str],
        issuer_settings: pulumi.Input[Any],
        ca: pulumi.Input[str],
        common_name: pulumi.Input[str],
        key: pulumi.Input[str] | None = None,
        days: pulumi.Input[float] | None = None,
        renew_days: pulumi.Input[float] | None = None,
        overwrite: pulumi.Input[bool] | None = None,
        try_origins: pulumi.Input[Any] | None = None,
        wait_seconds: pulumi.Input[float] | None = None,
        token_env: str | None = None,
        moved_from: str | None = None,
        declared_in: str | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(**arguments(locals()))
