"""What an origin must trust for a hostname, from the options of `origin` and the configuration."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from origins import Pin, bundle, cloudflare_ca, pin
from providers.values import pem
from stacks.config import CLOUDFLARE
from stacks.origin import PresentedCertificate

from .command import Stop
from .text import safe


def trusted(client: PresentedCertificate, ca: Path | None, also_trust: Sequence[str]) -> str:
    """The bundle of CAs, each once; `also_trust` has the PEM texts of those for a change of CA."""
    if not client.certificate:
        if ca:
            raise Stop(
                f"Cloudflare's shared certificate is presented ({client.zone}), so its CA is"
                " trusted. Leave --ca out, or trust another one as well with --also-trust."
            )
        return bundle(cloudflare_ca.read(), *also_trust)
    authority = _text(ca) if ca else client.ca
    if not authority:
        issuer = safe(pem.read_certificate(client.certificate).issuer)
        raise Stop(
            f"The {client.level} certificate is signed by {issuer}. Give the file of this CA:"
            " --ca FILE, or ca: file:PATH beside the certificate."
        )
    return bundle(authority, *also_trust)


def texts(also_trust: Sequence[str]) -> list[str]:
    """The PEM texts of files, and of Cloudflare's CA by its name."""
    return [cloudflare_ca.read() if it == CLOUDFLARE else _text(Path(it)) for it in also_trust]


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def pins(
    client: PresentedCertificate, is_pinned: bool, also_trust: Sequence[str], also: Sequence[Path]
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
    if CLOUDFLARE in also_trust or (also_trust and not also):
        raise Stop(
            "--pin would refuse the certificates of the CA in --also-trust. Name one of them with"
            " --pin-also, or pin after the change; Cloudflare's own cannot be pinned."
        )
    return tuple(dict.fromkeys(pin(text) for text in (client.certificate, *map(_text, also))))
