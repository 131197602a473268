"""What the origin of a hostname must trust, and its directives, from what a stack presents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from origins import Origin, bundle, chain_depth, cloudflare_ca, configuration, server_named

from .config import CLOUDFLARE, KeyPair, OriginConfig, ZoneConfig, read_authorities

BEGIN = "-----BEGIN CERTIFICATE-----"
DEEPEST = 10


@dataclass(frozen=True)
class PresentedCertificate:
    """What is presented for a hostname; the texts are "" on the global level.

    `certificate` is PEM, and `ca` the PEM of the CA that the configuration names for it, if any;
    `pair` is where both stand in the configuration.
    """

    level: str
    zone: str
    certificate: str = ""
    ca: str = ""
    pair: KeyPair | None = None


def presented(zones: Mapping[str, ZoneConfig], hostname: str, file: str) -> PresentedCertificate:
    """The client certificate that `zones` have for a hostname; `pulumi.RunError` without one."""
    for name, zone in zones.items():
        for pair in zone.hostname_certificates.values():
            if pair.hostnames.get(hostname) == "off":
                raise pulumi.RunError(
                    f"{file}: {hostname} is off, so Cloudflare presents no certificate for it."
                    " An origin that insists on one would refuse everybody."
                )
            if hostname in pair.hostnames:
                return _own("hostname", name, pair, file)
    above = [n for n in zones if hostname == n or hostname.endswith(f".{n}")]
    if not above:
        raise pulumi.RunError(f"{file}: {hostname} is in none of its zones. Correct the hostname.")
    name = max(above, key=len)
    pair_of_zone = zones[name].zone_certificate
    if pair_of_zone is not None:
        return _own("zone", name, pair_of_zone, file)
    if zones[name].shared_certificate == "on":
        return PresentedCertificate("global", name)
    raise pulumi.RunError(
        f"{file}: {name} presents no certificate. Give it a zone_certificate, or"
        " shared_certificate: on, before its origin insists on one."
    )


def _own(level: str, zone: str, pair: KeyPair, file: str) -> PresentedCertificate:
    ca = read_authorities(pair.ca, file) if pair.ca else ""
    return PresentedCertificate(level, zone, pair.pem(file), ca, pair)


def depth(client: PresentedCertificate, authorities: str, also_trust: Sequence[str]) -> int:
    """The depth of the real chain; for a CA before or after that, how many its PEM text holds."""
    own = chain_depth(client.certificate, authorities) if client.certificate else 1
    return min(DEEPEST, max(own, *(text.count(BEGIN) for text in also_trust), 1))


def describe(
    hostname: str,
    server: str,
    client: PresentedCertificate,
    authorities: str,
    also_trust: Sequence[str],
    **more: Any,
) -> Origin:
    """The origin of a hostname, its files where this project expects them unless `more` says so.

    :param authorities: the bundle of CAs to trust, PEM.
    :param also_trust: the PEM texts in it that are there for a change of CA.
    :param more: fields of `Origin`; None stands for the default.
    :raises ValueError: on one line, for what cannot be written or would refuse Cloudflare.
    """
    given = {name: value for name, value in more.items() if value is not None}
    certificate = given.pop("certificate", f"/etc/ssl/certs/{hostname}.pem")
    defaults: dict[str, Any] = {
        "private_key": server_named(server).key_of(certificate, hostname),
        "client_ca": f"/etc/ssl/aop/{hostname}-ca.pem",
    }
    if "depth" not in given:
        defaults["depth"] = depth(client, authorities, also_trust)
    return Origin(hostname, certificate, authorities=authorities, **{**defaults, **given})


def export(zones: Mapping[str, ZoneConfig]) -> None:
    """The output `origins`: for each hostname of a zone with `origin`, what its server needs.

    Without `origin` in any zone there is no such output: the texts would make the state large.
    Call it before the first resource, so that a mistake ends the program while nothing is made.
    """
    found = directives(zones, f"stacks/Pulumi.{pulumi.get_stack()}.yaml")
    if found:
        pulumi.export("origins", found)


def directives(zones: Mapping[str, ZoneConfig], file: str) -> dict[str, dict[str, Any]]:
    """By hostname: level, server, stage, `client_ca` (a path), `bundle` (PEM), `directives`."""
    found: dict[str, dict[str, Any]] = {}
    for name in zones:
        found |= zone_directives(zones, name, file)
    return found


def zone_directives(
    zones: Mapping[str, ZoneConfig], name: str, file: str
) -> dict[str, dict[str, Any]]:
    """The `directives` of one zone; `pulumi.RunError` when they cannot be written."""
    origin = zones[name].origin
    if origin is None:
        return {}
    hostnames = dict.fromkeys(_hostnames(name, zones[name], origin))
    return {hostname: _directives_of(zones, origin, hostname, file) for hostname in hostnames}


def _hostnames(name: str, zone: ZoneConfig, origin: OriginConfig) -> Iterator[str]:
    for pair in zone.hostname_certificates.values():
        yield from (hostname for hostname, switch in pair.hostnames.items() if switch == "on")
    of_itself = any(name in pair.hostnames for pair in zone.hostname_certificates.values())
    if not of_itself and (zone.zone_certificate or zone.shared_certificate == "on"):
        yield name
    yield from origin.hostnames


def _directives_of(
    zones: Mapping[str, ZoneConfig], wanted: OriginConfig, hostname: str, file: str
) -> dict[str, Any]:
    client = presented(zones, hostname, file)
    where = f"{file}: the origin of {hostname}: "
    if client.certificate and not client.ca:
        raise pulumi.RunError(
            f"{where}which CA signed its {client.level} certificate? Give ca: file:PATH beside the"
            " certificate."
        )
    also_trust = [
        cloudflare_ca.read() if it == CLOUDFLARE else read_authorities(it, file)
        for it in wanted.also_trust
    ]
    try:
        authorities = bundle(client.ca or cloudflare_ca.read(), *also_trust)
        origin = describe(
            hostname,
            wanted.server,
            client,
            authorities,
            also_trust,
            stage=wanted.stage,
            upstream=wanted.upstream,
            certificate=wanted.server_certificate,
            private_key=wanted.server_key,
        )
        text = configuration(wanted.server, origin)
    except ValueError as error:
        raise pulumi.RunError(f"{where}{error}") from None
    return {
        "level": client.level,
        "server": wanted.server,
        "stage": wanted.stage,
        "client_ca": origin.client_ca,
        "bundle": authorities,
        "directives": text,
    }
