"""What the origin of a hostname must trust, and its directives, from what a stack presents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from origins import (
    Origin,
    Pin,
    bundle,
    chain_depth,
    cloudflare_ca,
    configuration,
    pin,
    server_named,
)

from .certificate_config import IssuedCertificateConfig, KeyPair
from .config import OriginConfig, ZoneConfig
from .fields import CLOUDFLARE
from .section import read_authorities, read_leaf

BEGIN = "-----BEGIN CERTIFICATE-----"
DEEPEST = 10
# Keys of `origin` that are fields of `Origin`, by the field.
KEYS = {
    "certificate": "server_certificate",
    "private_key": "server_key",
    **{name: name for name in ("client_ca", "upstream", "address", "port", "header")},
    **{name: name for name in ("log", "crl", "depth", "max_body", "acme", "acme_port")},
}


@dataclass(frozen=True)
class PresentedCertificate:
    """What is presented for a hostname; the texts are "" on the global level.

    `certificate` is PEM, "" too where an issuer signs whatever is presented then; `ca` is the PEM
    of the CA that the configuration names, if any; `pair` or `issued` is where both stand there.
    """

    level: str
    zone: str
    certificate: str = ""
    ca: str = ""
    pair: KeyPair | None = None
    issued: IssuedCertificateConfig | None = None

    @property
    def is_shared(self) -> bool:
        """Whether Cloudflare's own certificate is presented."""
        return self.level == "global"


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


def _own(
    level: str, zone: str, pair: KeyPair | IssuedCertificateConfig, file: str
) -> PresentedCertificate:
    if isinstance(pair, IssuedCertificateConfig):
        return PresentedCertificate(level, zone, ca=pair.ca_pem(file), issued=pair)
    ca = read_authorities(pair.ca, file) if pair.ca else ""
    return PresentedCertificate(level, zone, pair.pem(file), ca, pair)


def depth(client: PresentedCertificate, authorities: str, also_trust: Sequence[str]) -> int:
    """The depth of the real chain; for CAs of what nobody knows yet, how many a text holds."""
    own = client.ca.count(BEGIN)
    if client.certificate:
        own = chain_depth(client.certificate, authorities)
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

    The stage optional always logs: its log is what tells when the origin may be turned on.

    :param authorities: the bundle of CAs to trust, PEM.
    :param also_trust: the PEM texts in it that are there for a change of CA.
    :param more: fields of `Origin`; None stands for the default.
    :raises ValueError: on one line, for what cannot be written or would refuse Cloudflare.
    """
    given = {name: value for name, value in more.items() if value is not None}
    certificate = given.pop("certificate", f"/etc/ssl/certs/{hostname}.pem")
    record = server_named(server)
    defaults: dict[str, Any] = {
        "private_key": record.key_of(certificate, hostname),
        "client_ca": f"/etc/ssl/aop/{hostname}-ca.pem",
    }
    if given.get("stage") == "optional" and record.log:
        defaults["log"] = record.log_of(hostname)
    if "depth" not in given:
        defaults["depth"] = depth(client, authorities, also_trust)
    return Origin(hostname, certificate, authorities=authorities, **{**defaults, **given})


def pins(
    client: PresentedCertificate, also_trust: Sequence[str], also: Sequence[str]
) -> tuple[Pin, ...]:
    """The configured certificate and `also`; `ValueError` where a pin would refuse Cloudflare.

    :param also_trust: the PEM texts of the CAs for a change, as in `describe`.
    :param also: the PEM texts of other certificates that are to pass.
    """
    if client.issued:
        raise ValueError(
            f"pin: issuer {client.issued.issuer.name} signs another certificate at each renewal,"
            " and none of them is known before. Leave pin out, or give a certificate with its key."
        )
    if client.is_shared:
        raise ValueError(
            "pin: Cloudflare's shared certificate cannot be pinned: Cloudflare replaces it"
            " unannounced. Use a certificate of your own."
        )
    if cloudflare_ca.read() in also_trust or (also_trust and not also):
        raise ValueError(
            "pin: it would refuse the certificates of the other CA that is trusted for a change."
            " Name one of them as well (pin_also, --pin-also), or pin after the change;"
            " Cloudflare's own cannot be pinned."
        )
    return tuple(dict.fromkeys(pin(one) for one in (client.certificate, *also)))


def fields_of(wanted: OriginConfig, hostname: str) -> dict[str, Any]:
    """The fields of `Origin` that the `origin` of a zone states for one of its hostnames."""
    given = {field: getattr(wanted, key) for field, key in KEYS.items()}
    return {
        "readable": not wanted.handshake,
        **{
            field: value.replace("{hostname}", hostname) if isinstance(value, str) else value
            for field, value in given.items()
            if value is not None
        },
    }


def authorities_for_change(wanted: OriginConfig, file: str) -> list[str]:
    """The PEM texts of `also_trust`; `pulumi.RunError`, beginning with `file`, without them."""
    return [
        cloudflare_ca.read() if it == CLOUDFLARE else read_authorities(it, file)
        for it in wanted.also_trust
    ]


def pinned_also(wanted: OriginConfig, file: str) -> list[str]:
    """The PEM texts of `pin_also`; `pulumi.RunError`, beginning with `file`, without them."""
    if wanted.pin_also and not wanted.pin:
        raise ValueError("pin_also: it adds to pin, which is not set. Write pin: true too.")
    return [read_leaf(it, file) for it in wanted.pin_also]


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
    if origin is None or origin.server is None:
        return {}
    hostnames = dict.fromkeys(_hostnames(name, zones[name], origin))
    for hostname in origin.stages:
        if hostname not in hostnames:
            raise pulumi.RunError(
                f'{file}: zones["{name}"].origin.stages: {hostname} is no hostname of this origin.'
                f" Correct it, or list it under origin.hostnames."
            )
    found = {
        hostname: _directives_of(zones, origin, origin.server, hostname, file)
        for hostname in hostnames
    }
    _refuse_shared_paths(name, found, file)
    return found


def _refuse_shared_paths(name: str, found: Mapping[str, Mapping[str, Any]], file: str) -> None:
    """`pulumi.RunError` where two hostnames have different CAs in one file."""
    first: dict[str, tuple[str, str]] = {}
    for hostname, one in found.items():
        other, authorities = first.setdefault(one["client_ca"], (hostname, one["bundle"]))
        if authorities != one["bundle"]:
            raise pulumi.RunError(
                f'{file}: zones["{name}"].origin.client_ca: {other} and {hostname} trust different'
                " CAs, and cannot have them in one file. Write {hostname} into the path."
            )


def _hostnames(name: str, zone: ZoneConfig, origin: OriginConfig) -> Iterator[str]:
    for pair in zone.hostname_certificates.values():
        yield from (hostname for hostname, switch in pair.hostnames.items() if switch == "on")
    of_itself = any(name in pair.hostnames for pair in zone.hostname_certificates.values())
    if not of_itself and (zone.zone_certificate or zone.shared_certificate == "on"):
        yield name
    yield from origin.hostnames


def to_try(
    name: str, zone: ZoneConfig, certificate: KeyPair | IssuedCertificateConfig
) -> dict[str, Any] | None:
    """Whom a certificate of the zone asks before it is uploaded; None where nobody is to be asked.

    Asked for the first hostname that presents it; for the zone's, its name or `origin.hostnames`.
    """
    origin = zone.origin
    if origin is None or not origin.try_:
        return None
    bound = {h for pair in zone.hostname_certificates.values() for h in pair.hostnames}
    if certificate is zone.zone_certificate:
        rest = [hostname for hostname in (name, *origin.hostnames) if hostname not in bound]
        hostname = next(iter(rest), name)
    else:
        on = [h for h, s in getattr(certificate, "hostnames", {}).items() if s == "on"]
        if not on:
            return None
        hostname = on[0]
    return {
        "addresses": list(origin.try_),
        "hostname": hostname,
        "unreachable": origin.try_unreachable,
    }


def _directives_of(
    zones: Mapping[str, ZoneConfig], wanted: OriginConfig, server: str, hostname: str, file: str
) -> dict[str, Any]:
    client = presented(zones, hostname, file)
    where = f"{file}: the origin of {hostname}: "
    if not client.is_shared and not client.ca:
        raise pulumi.RunError(
            f"{where}which CA signed its {client.level} certificate? Give ca: file:PATH beside the"
            " certificate."
        )
    also_trust = authorities_for_change(wanted, file)
    stage = wanted.stage_of(hostname)
    try:
        authorities = bundle(client.ca or cloudflare_ca.read(), *also_trust)
        also = pinned_also(wanted, file)
        origin = describe(
            hostname,
            server,
            client,
            authorities,
            also_trust,
            stage=stage,
            pins=pins(client, also_trust, also) if wanted.pin else (),
            **fields_of(wanted, hostname),
        )
        text = configuration(server, origin)
    except ValueError as error:
        raise pulumi.RunError(f"{where}{error}") from None
    return {
        "level": client.level,
        "server": server,
        "stage": stage,
        "client_ca": origin.client_ca,
        "bundle": authorities,
        "directives": text,
    }
