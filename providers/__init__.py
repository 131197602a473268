"""What Cloudflare holds: the resources of Authenticated Origin Pulls.

The types beside them are what the resources accept; configuration is checked with the same ones.
"""

import gc

# What is imported stays: to look for garbage among it takes a fifth of the time of importing.
gc.disable()

from .api.errors import CloudflareError
from .expiry_alert import ExpiryAlert
from .hostname_binding import HostnameBinding
from .hostname_bindings import HostnameBindings
from .hostname_certificate import HostnameCertificate
from .issued_hostname_certificate import IssuedHostnameCertificate
from .issued_zone_certificate import IssuedZoneCertificate
from .lifecycle.issued_inputs import (
    CommonName,
    KeyKind,
    LifeDays,
    is_common_name,
    renewal_fault,
)
from .lifecycle.try_origins import OriginAddress, Unreachable
from .upload_ledger import UploadLedger
from .values.certificate_file import authorities_in_file, leaf_in_file
from .values.inputs import (
    AccountId,
    DestinationIds,
    Emails,
    Hostname,
    Inputs,
    Reference,
    Switch,
    TokenEnv,
    WaitSeconds,
    WarnDays,
    ZoneId,
    explain,
    named_by_place,
)
from .values.pair import require_matching_key
from .values.reference import PROJECT, UnreadableReference
from .zone_certificate import ZoneCertificate
from .zone_setting import ZoneSetting

gc.freeze()
gc.enable()

__all__ = [
    "PROJECT",
    "AccountId",
    "CloudflareError",
    "CommonName",
    "DestinationIds",
    "Emails",
    "ExpiryAlert",
    "Hostname",
    "HostnameBinding",
    "HostnameBindings",
    "HostnameCertificate",
    "Inputs",
    "IssuedHostnameCertificate",
    "IssuedZoneCertificate",
    "KeyKind",
    "LifeDays",
    "OriginAddress",
    "Reference",
    "Switch",
    "TokenEnv",
    "Unreachable",
    "UnreadableReference",
    "UploadLedger",
    "WaitSeconds",
    "WarnDays",
    "ZoneCertificate",
    "ZoneId",
    "ZoneSetting",
    "authorities_in_file",
    "explain",
    "is_common_name",
    "leaf_in_file",
    "named_by_place",
    "renewal_fault",
    "require_matching_key",
]
