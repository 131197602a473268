"""What an origin must trust for a hostname, from the configuration and the files of its CAs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from origins import Pin, bundle, chain_depth, cloudflare_ca, pin
from providers import pem
from stacks.config import ZoneConfig

from .command import Stop
from .configuration import Wanted
from .words import safe

CLOUDFLARE = "cloudflare"
BEGIN = "-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True)
class Client:
    """What the configuration presents for a hostname: `certificate` is "" for the global level."""

    level: str
    zone: str
    certificate: str = ""


def presented(wanted: Wanted, hostname: str) -> Client:
    """Which client certificate the configuration has for a hostname; `Stop` when there is none."""
    for name, zone in wanted.zones.items():
        for pair in zone.hostname_certificates.values():
            if pair.hostnames.get(hostname) == "off":
                raise Stop(
                    f"{wanted.file}: {hostname} is off, so Cloudflare presents no certificate for"
                    " it. An origin that insists on one would refuse everybody."
                )
            if hostname in pair.hostnames:
                return Client("hostname", name, pair.pem())
    above = [n for n in wanted.zones if hostname == n or hostname.endswith(f".{n}")]
    if not above:
        raise Stop(f"{wanted.file}: {hostname} is in none of its zones. Correct the hostname.")
    name = max(above, key=len)
    return _of_zone(name, wanted.zones[name], wanted.file)


def _of_zone(name: str, zone: ZoneConfig, file: Path) -> Client:
    if zone.zone_certificate is not None:
        return Client("zone", name, zone.zone_certificate.pem())
    if zone.shared_certificate == "on":
        return Client("global", name)
    raise Stop(
        f"{file}: {name} presents no certificate. Give it a zone_certificate, or"
        " shared_certificate: on, before its origin insists on one."
    )


def trusted(client: Client, ca: Path | None, both: Sequence[str]) -> str:
    """The bundle of CAs, each once."""
    more = [_authority(source) for source in both]
    if not client.certificate:
        if ca:
            raise Stop(
                f"Cloudflare's shared certificate is presented ({client.zone}), so its CA is"
                " trusted. Leave --ca out, or trust another one as well with --both."
            )
        return bundle(cloudflare_ca.read(), *more)
    if ca is None:
        issuer = safe(pem.read_certificate(client.certificate).issuer)
        raise Stop(
            f"The {client.level} certificate is signed by {issuer}. Give the file of this CA:"
            " --ca FILE."
        )
    return bundle(_text(ca), *more)


def _authority(source: str) -> str:
    return cloudflare_ca.read() if source == CLOUDFLARE else _text(Path(source))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def depth(client: Client, authorities: str, both: Sequence[str]) -> int:
    """Of the real chain; for a CA before or after it at most as many as its file holds."""
    own = chain_depth(client.certificate, authorities) if client.certificate else 1
    return min(10, max(own, *(_authority(source).count(BEGIN) for source in both), 1))


def pins(
    client: Client, is_pinned: bool, both: Sequence[str], also: Sequence[Path]
) -> tuple[Pin, ...]:
    """The configured certificate and `also`; `Stop` where a pin would refuse Cloudflare."""
    if also and not is_pinned:
        raise Stop("--pin-also names one certificate more than --pin does. Give --pin too.")
    if not is_pinned:
        return ()
    if not client.certificate:
        raise Stop(
            "Cloudflare's shared certificate cannot be pinned: Cloudflare replaces it unannounced."
            " Use a certificate of your own."
        )
    if CLOUDFLARE in both or (both and not also):
        raise Stop(
            "--pin would refuse the certificates of the CA in --both. Name one of them with"
            " --pin-also, or pin after the change; Cloudflare's own cannot be pinned."
        )
    return tuple(dict.fromkeys(pin(text) for text in (client.certificate, *map(_text, also))))
