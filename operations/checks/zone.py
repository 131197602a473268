"""What `preflight` looks at in a zone that it has read: SSL mode, limits, foreign bindings, DNS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pulumi

from providers.api.answers import Binding
from providers.api.errors import Refused
from providers.lifecycle.tls_mode import WITHOUT_TLS, is_lowered
from providers.plugin.session import Session
from providers.values import pem
from providers.values.text import short
from stacks.certificate_config import IssuedCertificateConfig, KeyPair

from ..plan import outside
from ..plan.held import HeldState
from ..plan.live import LiveZone
from ..plan.presented import CertificateFacts, Presented, present
from ..sources.cloudflare import AUTOMATIC, has_automatic_ssl
from ..text import Text, Untrusted, count, fingerprint, join, text
from .results import CheckResult, ok, problem, warning

MOST_HOSTNAMES = 100
OVERFULL = (
    "Delete some first: `python -m operations orphans` names those that nothing shows. Or set"
    " max_hostname_certificates, where Cloudflare has raised the zone's limit."
)
RECORDS_PER_PAGE = 1000
MOST_PAGES = 20
TUNNELS = ".cfargotunnel.com"


def ssl_mode(zone: LiveZone, run: Session) -> Iterator[CheckResult]:
    """Cloudflare must speak TLS to the origin, or it presents nothing."""
    if zone.config.ssl and has_automatic_ssl(zone.config, run):
        yield warning("ssl", text(AUTOMATIC, zone=Untrusted(zone.name)))
    live, wanted, name = zone.facts.ssl, zone.config.ssl, Untrusted(zone.name)
    if live is None:
        template = "{zone}: not readable with this token, so it is not known whether TLS is spoken"
        yield warning("ssl", text(template, zone=name))
    elif live in WITHOUT_TLS and wanted is None:
        template = (
            "{zone}: the SSL mode is {mode}, so Cloudflare presents nothing. Set ssl: full or"
            " strict in the configuration."
        )
        grade = problem if zone.config.require_tls else warning
        yield grade("ssl", text(template, zone=name, mode=Untrusted(live)))
    elif wanted is not None and wanted != live:
        becomes = "is LOWERED to" if is_lowered(live, wanted) else "becomes"
        yield warning(
            "ssl",
            text(
                "{zone}: the SSL mode is {mode} and {becomes} {wanted}",
                zone=name,
                mode=Untrusted(live),
                becomes=becomes,
                wanted=wanted,
            ),
        )
    else:
        yield ok("ssl", text("{zone}: the SSL mode is {mode}", zone=name, mode=Untrusted(live)))


def limits(zone: LiveZone, fingerprints: Mapping[str, str]) -> Iterator[CheckResult]:
    """Cloudflare's limits; `fingerprints` are those wanted for hostnames, by label."""
    name, most = Untrusted(zone.name), zone.config.max_hostname_certificates
    there = {record.sha256 for record in zone.certificates["hostname"]}
    held, new = len(zone.certificates["hostname"]), set(fingerprints.values()) - there
    words = text(
        "{zone}: {held} of {most} hostname certificates are there, {new} to come",
        zone=name,
        held=held,
        most=most,
        new=len(new),
    )
    if new and held + len(new) > most:
        yield problem("limits", (*words, f". {OVERFULL}"))
    elif zone.config.hostname_certificates and held + len(new) >= most:
        yield warning("limits", (*words, ": no slot is left for a rotation"))
    else:
        yield ok("limits", words)
    most = zone.config.max_hostnames_per_certificate or MOST_HOSTNAMES
    for label, pair in zone.config.hostname_certificates.items():
        if len(pair.hostnames) > most:
            yield problem(
                "limits",
                text(
                    "{zone}: {number} under {label}, Cloudflare allows {most}",
                    zone=name,
                    number=count(len(pair.hostnames), "hostname"),
                    label=Untrusted(label),
                    most=most,
                ),
            )


def foreign(
    zone: LiveZone, fingerprints: Mapping[str, str], ours: HeldState | None
) -> Iterator[CheckResult]:
    """Hostnames that show a certificate which is neither wanted nor in the stack's state.

    `ours` is None when the state was not read.
    """
    sha256 = {record.id: record.sha256 for record in zone.certificates["hostname"]}
    strange: dict[str, str] = {}
    for label, pair in zone.config.hostname_certificates.items():
        for hostname in pair.hostnames:
            row = zone.bindings.get(hostname)
            if row is None or row.is_deleted_or_deleting or _is_ours(zone, row, ours):
                continue
            if sha256.get(row.cert_id, "") != fingerprints.get(label):
                strange[hostname] = row.cert_id
    if not strange:
        template = "{zone}: nobody else's are in the way"
        yield ok("bindings", text(template, zone=Untrusted(zone.name)))
    for hostname, cert_id in strange.items():
        it = Untrusted(short(cert_id))
        shows = text("{who} shows certificate {it}", who=Untrusted(hostname), it=it)
        if ours is None:
            yield warning(
                "bindings", (*shows, ", and it is not known whether that is this stack's")
            )
        elif zone.config.overwrite:
            yield warning("bindings", (*shows, " of somebody else, and will be taken over"))
        else:
            end = " of somebody else. Set overwrite: true to take it over, or leave it out."
            yield problem("bindings", (*shows, end))


def _is_ours(zone: LiveZone, row: Binding, ours: HeldState | None) -> bool:
    """Whether the stack holds the hostname, or the certificate that the hostname shows."""
    if ours is None:
        return False
    return row.cert_id in ours.ids or (zone.config.zone_id, row.hostname) in ours.hostnames


def changed_outside(
    zone: LiveZone, wanted: Mapping[str, str], ours: HeldState | None
) -> Iterator[CheckResult]:
    """What is this stack's and was changed by somebody else: plain `pulumi up` leaves that so.

    :param wanted: SHA-256 of the configured certificates, by label.
    """
    for change in outside.changes(zone, ours, wanted) if ours else ():
        yield warning("drift", change.words)


def zone_level(zone: LiveZone, ours: HeldState | None) -> Iterator[CheckResult]:
    """What origins get to see now and would not any more: somebody else's zone certificate, and
    certificates of another CA on a lower level."""
    wanted = _configured_certificate(zone.config.zone_certificate)
    now = present(zone.facts)
    held = now.certificate
    becomes = Presented("zone", wanted, "") if wanted else now
    if held is not None and wanted is not None and held.sha256 != wanted.sha256:
        is_ours = ours is not None and held.cert_id in ours.ids
        if not is_ours:
            yield _takeover_of_certificate(zone, held, wanted, ours)
        elif not becomes.has_issuer_of(now):
            yield warning("certificate", _other_ca((_others(zone),), now, wanted))
    elif wanted is not None and not becomes.has_issuer_of(now):
        yield warning("certificate", _other_ca((_others(zone),), now, wanted))
    for pair in zone.config.hostname_certificates.values():
        own = _configured_certificate(pair)
        if own is None:
            continue
        rising = [
            Untrusted(hostname)
            for hostname, switch in pair.hostnames.items()
            if switch == "on" and hostname not in zone.facts.hostnames
        ]
        if rising and not Presented("hostname", own, "").has_issuer_of(now):
            yield warning("certificate", _other_ca(join(rising), now, own))


def _takeover_of_certificate(
    zone: LiveZone, held: CertificateFacts, wanted: CertificateFacts, ours: HeldState | None
) -> CheckResult:
    issuer = "of the same issuer" if wanted.has_issuer_of(held) else "of ANOTHER issuer"
    words = text(
        "{zone} presents zone certificate {old} ({issuer}), not of this stack; `pulumi up` would"
        " present {new}, {how}, to every hostname without one of its own",
        zone=Untrusted(zone.name),
        old=fingerprint(held.sha256),
        issuer=Untrusted(held.issuer),
        new=fingerprint(wanted.sha256),
        how=issuer,
    )
    if ours is None:
        return warning("certificate", (*words, ". The state was not read: it may be this stack's."))
    if zone.config.overwrite:
        return warning("certificate", (*words, ". overwrite: true accepts that."))
    end = ". Let the origins trust both CAs first (docs/rotation.md); overwrite: true accepts that."
    return problem("certificate", (*words, end))


def _other_ca(who: Text, now: Presented, wanted: CertificateFacts) -> Text:
    shared: Text = ("Cloudflare's shared certificate",)
    held = now.certificate
    return text(
        "{who}: Cloudflare presents {old} now and would present {new} of ANOTHER issuer: the"
        " origins must trust both CAs first (docs/rotation.md).",
        who=who,
        old=text("zone certificate {it}", it=fingerprint(held.sha256)) if held else shared,
        new=fingerprint(wanted.sha256),
    )


def _others(zone: LiveZone) -> Untrusted:
    return Untrusted(f"every other hostname of {zone.name}")


def _configured_certificate(
    wanted: KeyPair | IssuedCertificateConfig | None,
) -> CertificateFacts | None:
    """The facts of a given certificate; None where there is none that can be read."""
    if not isinstance(wanted, KeyPair):
        return None
    try:
        parsed = pem.read_certificate(wanted.pem())
    except (pem.PemError, pulumi.RunError):
        return None
    key = parsed.authority_key.hex()
    return CertificateFacts(parsed.sha256, parsed.expires_on, parsed.issuer, issuer_key=key)


def check_proxied(zone: LiveZone, run: Session) -> Iterator[CheckResult]:
    """Names that Cloudflare does not proxy never reach the origin through it."""
    wanted = {h for pair in zone.config.hostname_certificates.values() for h in pair.hostnames}
    inside = sorted(h for h in wanted if h == zone.name or h.endswith(f".{zone.name}"))
    if not inside:
        return
    try:
        records = _records(zone, run)
    except Refused:
        template = (
            "{zone}: this token may not read DNS, so it is not known whether names are proxied"
        )
        yield warning("dns", text(template, zone=Untrusted(zone.name)))
        return
    yield from dns(zone.name, inside, records)


def dns(zone: str, hostnames: list[str], records: list[Any]) -> Iterator[CheckResult]:
    """What the records say of each name; a wildcard counts for names without a record."""
    by_name: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        if isinstance(record, dict) and record.get("type") in ("A", "AAAA", "CNAME"):
            name = str(record.get("name", "")).lower().rstrip(".")
            by_name.setdefault(name, []).append(record)
    bare, lost, tunnelled = [], [], []
    for hostname in hostnames:
        wildcard = "*." + hostname.partition(".")[2]
        found = by_name.get(hostname) or by_name.get(wildcard)
        if found is None:
            lost.append(Untrusted(hostname))
        elif not all(record.get("proxied") is True for record in found):
            bare.append(Untrusted(hostname))
        elif any(map(_leads_into_a_tunnel, found)):
            tunnelled.append(Untrusted(hostname))
    if bare:
        template = "{who}: not proxied, so visitors reach the origin without Cloudflare"
        yield problem("dns", text(template, who=join(bare)))
    if lost:
        yield warning("dns", text("{who}: without a DNS record", who=join(lost)))
    if tunnelled:
        template = (
            "{who}: leads into a Cloudflare Tunnel, through which no client certificate is"
            " presented (docs/incident.md, what is not covered)"
        )
        yield warning("dns", text(template, who=join(tunnelled)))
    if not bare and not lost and not tunnelled:
        words: Text = text("{zone}: all names are proxied", zone=Untrusted(zone))
        yield ok("dns", words)


def _leads_into_a_tunnel(record: Mapping[str, Any]) -> bool:
    """Whether the target is a tunnel's name, UUID.cfargotunnel.com."""
    target = str(record.get("content", "")).lower().rstrip(".")
    return record.get("type") == "CNAME" and target.endswith(TUNNELS)


def _records(zone: LiveZone, run: Session) -> list[Any]:
    client = run.client(zone.config.token_env)
    found: list[Any] = []
    for page in range(1, MOST_PAGES + 1):
        path = f"zones/{zone.config.zone_id}/dns_records"
        reply = client.get(path, per_page=RECORDS_PER_PAGE, page=page)
        items = reply.result if isinstance(reply.result, list) else []
        found += items
        if len(items) < RECORDS_PER_PAGE:
            break
    return found
