"""A zone's own client certificate.

API path: `/zones/{zone_id}/origin_tls_client_auth` (POST, GET) and `/{certificate_id}` below it
(GET, DELETE). Identity: Cloudflare's id; equality: the DER bytes. In place: another reference to
the same key, the patience. Replaces: a different certificate, `zone_id`; the new one is uploaded
before the old one is deleted. Delete: waits for the successor to be active; refuses to take the
last active certificate while the zone's switch is on.
"""

from __future__ import annotations

from .lifecycle.certificate import CertificateProvider, CertificateResource


class ZoneCertificateProvider(CertificateProvider):
    """The life of a zone certificate."""

    level = "zone"


class ZoneCertificate(CertificateResource, module="aop", name="ZoneCertificate"):
    """A client certificate that Cloudflare presents for every hostname of a zone.

    It is presented once `ZoneSetting(setting="origin_tls_client_auth", value="on")` says so, for
    every hostname without a binding of its own. The arguments are those of `CertificateResource`.
    """

    provider_class = ZoneCertificateProvider
