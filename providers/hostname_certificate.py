"""A client certificate for hostnames; which hostnames show it is said by bindings.

API path: `/zones/{zone_id}/origin_tls_client_auth/hostnames/certificates` (POST, GET) and
`/{certificate_id}` below it (GET, DELETE). Identity: Cloudflare's id; equality: the DER bytes. In
place: another reference to the same key, the patience. Replaces: a different certificate,
`zone_id`; the new one is uploaded and bound before the old one is deleted. Delete: once no
hostname shows it. A zone takes 10 of them, each is shown by at most 100 hostnames.
"""

from __future__ import annotations

from .lifecycle.certificate import CertificateProvider, CertificateResource


class HostnameCertificateProvider(CertificateProvider):
    """The life of a hostname certificate."""

    level = "hostname"


class HostnameCertificate(CertificateResource, module="aop", name="HostnameCertificate"):
    """A client certificate that Cloudflare presents for the hostnames that are bound to it.

    The resource's `id` is the `cert_id` of `HostnameBinding` and `HostnameBindings`. The arguments
    are those of `CertificateResource`.
    """

    provider_class = HostnameCertificateProvider
