"""The kinds of resources as a table: what each one adds to a zone, and how people read it."""

from __future__ import annotations

from collections.abc import Mapping

from ..preview import COMPONENT, Resource
from .binding import HostnameBindingKind, HostnameBindingsKind, binding_words
from .certificate import HostnameCertificateKind, ZoneCertificateKind
from .expiry_alert import ExpiryAlertKind
from .issued import IssuedHostnameCertificateKind, IssuedZoneCertificateKind
from .kind import (
    ABSENT,
    BoundHostname,
    Deletion,
    Difference,
    Kind,
    Refreshed,
    Successors,
    as_map,
    known,
)
from .other import ComponentKind, OtherKind
from .upload_ledger import UploadLedgerKind
from .zone_setting import ZoneSettingKind

__all__ = [
    "ABSENT",
    "HOSTNAME_BINDINGS",
    "HOSTNAME_CERTIFICATE",
    "ISSUED_HOSTNAME_CERTIFICATE",
    "ISSUED_ZONE_CERTIFICATE",
    "KINDS",
    "UPLOAD_LEDGER",
    "ZONE_CERTIFICATE",
    "ZONE_SETTING",
    "BoundHostname",
    "Deletion",
    "Difference",
    "Kind",
    "Refreshed",
    "Successors",
    "as_map",
    "binding_words",
    "is_unlisted",
    "kind_named",
    "kind_of",
    "known",
]

ZONE_SETTING = ZoneSettingKind()
ZONE_CERTIFICATE = ZoneCertificateKind()
HOSTNAME_CERTIFICATE = HostnameCertificateKind()
ISSUED_ZONE_CERTIFICATE = IssuedZoneCertificateKind()
ISSUED_HOSTNAME_CERTIFICATE = IssuedHostnameCertificateKind()
HOSTNAME_BINDINGS = HostnameBindingsKind()
UPLOAD_LEDGER = UploadLedgerKind()
KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        ZONE_SETTING,
        ZONE_CERTIFICATE,
        HOSTNAME_CERTIFICATE,
        ISSUED_ZONE_CERTIFICATE,
        ISSUED_HOSTNAME_CERTIFICATE,
        HostnameBindingKind(),
        HOSTNAME_BINDINGS,
        UPLOAD_LEDGER,
        ExpiryAlertKind(),
    )
}
COMPONENTS: Mapping[str, Kind] = {COMPONENT: ComponentKind()}
OTHER = OtherKind()


def kind_named(name: str) -> Kind:
    """The kind in the table; one that only names the resource for what is not there."""
    return KINDS.get(name, OTHER)


def kind_of(resource: Resource) -> Kind:
    """The kind of a resource in a plan, as `kind_named`; a component has one by its whole type."""
    return COMPONENTS.get(resource.type) or kind_named(resource.kind)


def is_unlisted(resource: Resource) -> bool:
    """Whether a resource is this project's, and of a kind that the table does not have."""
    return bool(resource.kind) and kind_of(resource) is OTHER
