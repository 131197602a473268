"""What Cloudflare holds: the resources of Authenticated Origin Pulls.

The types beside them are what the resources accept; configuration is checked with the same ones.
"""

from .api.errors import CloudflareError
from .certificate_uploads import CertificateUploads
from .hostname_binding import HostnameBinding
from .hostname_bindings import HostnameBindings
from .hostname_certificate import HostnameCertificate
from .values.inputs import Hostname, Inputs, Switch, TokenEnv, WaitSeconds, ZoneId, explain
from .zone_certificate import ZoneCertificate
from .zone_setting import ZoneSetting

__all__ = [
    "CertificateUploads",
    "CloudflareError",
    "Hostname",
    "HostnameBinding",
    "HostnameBindings",
    "HostnameCertificate",
    "Inputs",
    "Switch",
    "TokenEnv",
    "WaitSeconds",
    "ZoneCertificate",
    "ZoneId",
    "ZoneSetting",
    "explain",
]
