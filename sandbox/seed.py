"""What is there before anybody uses the sandbox: zones, and things in them that belong to somebody
else. Certificates and keys are made at run time."""

from __future__ import annotations

import datetime
import uuid

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sandbox import alerting
from sandbox.bindings import BulkPut
from sandbox.clock import EPOCH, Clock, Instant, microseconds
from sandbox.records import (
    HOSTNAME_LEVEL,
    SSL,
    TLS_CLIENT_AUTH,
    ZONE_LEVEL,
    ZONE_SWITCH,
    SettingState,
    Timeline,
    Zone,
)
from sandbox.store import Store

ZONES = {
    "023e105f4ecef8ad9ca31a8372d0c353": "example.com",
    "1b2f4c8d6e0a49537c1d8e5f90a3b647": "example.net",
    "2c3a5d9e7f1b4a648d2e9f60a1b4c758": "example.org",
}
DEFAULTS = {TLS_CLIENT_AUTH: "on", SSL: "full", ZONE_SWITCH: "off"}
WEBHOOK = "b115d5ec15c641ee8b7692c449b5227b"
PAGERDUTY = "f174e90afafe4643bbbc4a0ed4fc8415"
LIFETIME = datetime.timedelta(days=3650)
AGE = microseconds(86400)


def populate(store: Store) -> None:
    authority = issue("Sandbox Origin Pull CA", store.clock.now(), is_ca=True)
    shared = issue("origin-pull.sandbox", store.clock.now(), authority)
    store.shared = {
        "ca": authority[0],
        "certificate": shared[0],
        "private_key": shared[1],
        "sha256": _sha256(shared[0]),
    }
    store.unsaved.add(("shared", "shared"))
    for zone_id, name in ZONES.items():
        add_zone(store, name, zone_id)
    _populate_account(store)


def _populate_account(store: Store) -> None:
    """Destinations, and a policy that belongs to somebody else."""
    store.account.destinations = {
        "webhooks": {WEBHOOK: "team chat"},
        "pagerduty": {PAGERDUTY: "on call"},
    }
    present, store.clock = store.clock, _past(store.clock)
    policy = {
        "name": "Universal SSL",
        "alert_type": "universal_ssl_event_type",
        "enabled": True,
        "mechanisms": {"email": [{"id": "somebody@example.com"}]},
    }
    alerting.create(store, policy)
    store.clock = present


def add_zone(
    store: Store,
    name: str,
    zone_id: str | None = None,
    *,
    empty: bool = False,
    settings: dict[str, str] | None = None,
) -> Zone:
    """A zone; unless `empty`, with a zone certificate, a hostname certificate and the binding
    `legacy.<name>`, all active."""
    present, store.clock = store.clock, _past(store.clock)
    try:
        return _add_zone(
            store, name, zone_id or uuid.uuid4().hex, empty, {**DEFAULTS, **(settings or {})}
        )
    finally:
        store.clock = present


def _past(clock: Clock) -> Clock:
    """A day ago: what is found was there before, also where lists lag."""
    return Clock(frozen=True, wall=lambda: clock.now() - AGE)


def _add_zone(store: Store, name: str, zone_id: str, empty: bool, values: dict[str, str]) -> Zone:
    now = store.clock.tick()
    zone = Zone(
        zone_id,
        name,
        now,
        settings={
            key: Timeline([(now, SettingState(value, None))]) for key, value in values.items()
        },
    )
    store.add_zone(zone)
    if not empty:
        _upload(store, zone, ZONE_LEVEL, f"zone.legacy.{name}")
        cert_id = _upload(store, zone, HOSTNAME_LEVEL, f"legacy.{name}")
        BulkPut(store, zone, at_once=True).apply(
            [{"hostname": f"legacy.{name}", "cert_id": cert_id, "enabled": True}]
        )
    return zone


def _upload(store: Store, zone: Zone, level: str, common_name: str) -> str:
    certificate, key = issue(common_name, store.clock.now())
    return store.upload(
        zone, level, {"certificate": certificate, "private_key": key}, at_once=True
    )[0].id


def issue(
    common_name: str, now: Instant, issuer: tuple[str, str] | None = None, *, is_ca: bool = False
) -> tuple[str, str]:
    """(certificate, private key) as PEM: P-256, client authentication, self-signed without
    `issuer` (such a pair)."""
    key = ec.generate_private_key(ec.SECP256R1())
    signer, issuer_name = key, _name(common_name)
    if issuer is not None:
        signer, issuer_name = _signer(issuer)
    start = EPOCH + datetime.timedelta(microseconds=now) - datetime.timedelta(days=1)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(common_name))
        .issuer_name(issuer_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
    )
    if not is_ca:
        builder = builder.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
    certificate = builder.sign(signer, hashes.SHA256())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return certificate.public_bytes(Encoding.PEM).decode(), private.decode()


def _signer(issuer: tuple[str, str]) -> tuple[ec.EllipticCurvePrivateKey, x509.Name]:
    key = load_pem_private_key(issuer[1].encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key, x509.load_pem_x509_certificate(issuer[0].encode()).subject


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _sha256(certificate: str) -> str:
    return x509.load_pem_x509_certificate(certificate.encode()).fingerprint(hashes.SHA256()).hex()
