"""What Cloudflare holds in the zones of a stack, read through the providers' session."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress

from providers.api.answers import LEVELS, Binding, Level, UploadedCertificate
from providers.api.errors import CloudflareError, Refused, about
from providers.api.zone import Zone
from providers.api.zone_requests import AOP
from providers.plugin.session import Session
from providers.values import pem
from providers.values.text import short
from stacks.config import ZoneConfig

from ..plan.held import HeldState
from ..plan.live import LiveZone
from ..plan.presented import BindingFacts, CertificateFacts, ZoneFacts
from .configuration import StackFile

AUTOMATIC = (
    "{zone}: Cloudflare's Automatic SSL/TLS is on and may raise the SSL mode; this stack would set"
    " it back. Leave ssl out, or choose Custom SSL/TLS."
)
# Shows a line while something is done.
Progress = Callable[[str], AbstractContextManager[None]]


@contextmanager
def cloudflare(say: Callable[[str], None]) -> Iterator[Session]:
    """The session of this command; its lines about waiting go to `say`."""
    session = Session(os.environ, say=say)
    try:
        yield session
    finally:
        session.close()


def zones(
    wanted: StackFile, run: Session, progress: Progress, held: HeldState | None = None
) -> list[LiveZone]:
    """Reads all zones of a stack in turn, as `read`; `progress` shows which one."""
    found = []
    total = len(wanted.zones)
    for number, (name, config) in enumerate(wanted.zones.items(), 1):
        with progress(f"reading {name} ({number} of {total})"), about(name):
            known = _name_of(config, run) if name == config.zone_id else name
            found.append(read(known, config, run, held))
    return found


def _name_of(config: ZoneConfig, run: Session) -> str:
    """The name of a zone of which the state has the id alone, where the token may read it."""
    result = None
    with suppress(Refused):
        result = run.client(config.token_env).get(f"zones/{config.zone_id}").result
    name = result.get("name") if isinstance(result, dict) else None
    return str(name or f"zone {short(config.zone_id)}")


def read(name: str, config: ZoneConfig, run: Session, held: HeldState | None = None) -> LiveZone:
    """Reads a zone's settings, certificates and bindings, with few requests however many exist.

    :param held: the stack's state; where a list says otherwise the object itself is asked for,
        since lists lag.
    """
    zone = run.zone(config.zone_id, config.token_env)
    certificates: dict[Level, list[UploadedCertificate]] = {
        level: _certificates(zone, level, held) for level in LEVELS
    }
    bindings = _bindings(zone, config)
    if held is not None:
        bindings = _reread(zone, bindings, held.zone(config.zone_id))
    facts = ZoneFacts(
        config.zone_id,
        name,
        ssl=_readable(zone, "ssl"),
        shared=_readable(zone, "tls_client_auth"),
        own=zone.setting(AOP),
        certificates=[certificate_facts(c) for c in _order_of_presentation(certificates["zone"])],
        is_live=True,
    )
    by_id = {c.id: c for c in certificates["hostname"]}
    for hostname, row in bindings.items():
        if row.is_deleted_or_deleting:
            continue
        record = by_id.get(row.cert_id)
        certificate = certificate_facts(record) if record else CertificateFacts(cert_id=row.cert_id)
        is_active = row.is_active and (record is None or record.is_active)
        facts.hostnames[hostname] = BindingFacts(
            certificate, bool(row.enabled), is_active=is_active
        )
    return LiveZone(name, config, facts, certificates, bindings)


def _certificates(zone: Zone, level: Level, held: HeldState | None) -> list[UploadedCertificate]:
    listed = zone.certificates(level)
    ours = held.certificates_of(zone.zone_id) if held else ()
    missing = {c.cert_id for c in ours if c.level == level} - listed.keys()
    asked = (zone.certificate(level, cert_id) for cert_id in sorted(missing))
    found = [*listed.values(), *(c for c in asked if c is not None)]
    there = [c for c in found if not c.is_deleted_or_deleting]
    return sorted(there, key=lambda c: c.uploaded_on.rstrip("Z"))


def _reread(zone: Zone, listed: Mapping[str, Binding], held: ZoneFacts) -> dict[str, Binding]:
    """The rows, those by name of which the list says something else than the state."""
    found = dict(listed)
    for hostname, facts in held.hostnames.items():
        row = listed.get(hostname)
        is_same = row is not None and row.cert_id == facts.certificate.cert_id.lower()
        if row is None or not is_same or row.enabled is not facts.enabled:
            asked = zone.binding(hostname)
            found.pop(hostname, None)
            if asked is not None and asked.holds_certificate:
                found[hostname] = asked
    return found


def _bindings(zone: Zone, config: ZoneConfig) -> dict[str, Binding]:
    listed = zone.bindings()
    if listed is not None:
        return {name: row for name, row in listed.items() if row.holds_certificate}
    hostnames = [h for pair in config.hostname_certificates.values() for h in pair.hostnames]
    rows = ((name, zone.binding(name)) for name in hostnames)
    return {name: row for name, row in rows if row is not None and row.holds_certificate}


def _readable(zone: Zone, setting: str) -> str | None:
    """Answers what is read, or None where the token may not read."""
    try:
        return zone.setting(setting)
    except Refused as refused:
        if refused.status in (401, 403):
            return None
        raise


def has_automatic_ssl(config: ZoneConfig, run: Session) -> bool:
    """Whether Cloudflare raises the zone's SSL mode by itself; False where it cannot be told.

    Source: GET /zones/{zone_id}/settings/ssl_automatic_mode, `auto` or `custom`.
    """
    path = f"zones/{config.zone_id}/settings/ssl_automatic_mode"
    try:
        result = run.client(config.token_env).get(path).result
    except CloudflareError:
        return False
    return isinstance(result, dict) and result.get("value") == "auto"


def _order_of_presentation(records: list[UploadedCertificate]) -> list[UploadedCertificate]:
    """Sorts certificates oldest first, the one in force last: the newest that is active."""
    active = [record for record in records if record.is_active]
    return [r for r in records if not active or r is not active[-1]] + active[-1:]


def certificate_facts(record: UploadedCertificate) -> CertificateFacts:
    """The public facts of an uploaded certificate."""
    try:
        parsed = pem.read_certificate(record.certificate)
    except pem.PemError:
        return CertificateFacts(record.sha256, record.expires_on, "", record.id)
    return CertificateFacts(
        parsed.sha256,
        parsed.expires_on,
        parsed.issuer,
        record.id,
        key_kind=parsed.key_kind,
        issuer_key=parsed.authority_key.hex(),
        life=parsed.not_after - parsed.not_before,
    )
