"""A client certificate for hostnames, asked of an issuer and renewed in time.

API path and identity as `hostname_certificate.py`. The key is made in create and exists at
Cloudflare alone. In place: what the next certificate is asked for. Replaces: the end of the
certificate's time, a signer that `ca` does not have any more, `common_name`, `key`, `zone_id`; the
new one is uploaded and bound before the old one is deleted. Delete: once no hostname shows it.
"""

from __future__ import annotations

from .lifecycle.issued import IssuedCertificateProvider, IssuedCertificateResource


class IssuedHostnameCertificateProvider(IssuedCertificateProvider):
    """The life of an issued hostname certificate."""

    level = "hostname"


class IssuedHostnameCertificate(
    IssuedCertificateResource, module="aop", name="IssuedHostnameCertificate"
):
    """A certificate that Cloudflare presents for the hostnames bound to it, and that renews itself.

    Its `id` is the `cert_id` of bindings. The arguments are those of `IssuedCertificateResource`.
    """

    provider_class = IssuedHostnameCertificateProvider
