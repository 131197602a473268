"""The origins that are asked with a new certificate before it is uploaded.

A certificate that an origin refuses is an outage as soon as Cloudflare presents it; here it is a
run that ends with nothing changed. `origins` is imported where it is used: a program without
`try_origins` needs no such folder (docs/reuse.md).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, WrapValidator

from ..api.answers import Level
from ..api.errors import CloudflareError
from ..plugin.program import IssuedNote, OriginsToTry
from ..plugin.run import ZoneRun
from ..values.inputs import UNKNOWN, Hostname, Inputs
from ..values.pem import Certificate

if TYPE_CHECKING:
    from origins import Trial

MOST_ADDRESSES = 50
NOTHING_CHANGED = "Nothing was changed."


def _origin_address(value: Any, _: object) -> Any:
    if value is UNKNOWN:
        return UNKNOWN
    found = re.fullmatch(r"\[?([^\[\]]+?)\]?:(\d{1,5})", value) if isinstance(value, str) else None
    try:
        if found is None or not 1 <= int(found[2]) <= 65535:
            raise ValueError
        address = ipaddress.ip_address(found[1])
    except ValueError:
        raise ValueError(
            "is not an IP address and a port. Write 10.0.0.5:443, or [2001:db8::5]:443."
        ) from None
    return f"[{address}]:{found[2]}" if address.version == 6 else f"{address}:{found[2]}"


OriginAddress = Annotated[str, WrapValidator(_origin_address)]
Unreachable = Literal["error", "warn"]


class TryOrigins(Inputs):
    """Whom to ask: `addresses` (`ADDRESS:PORT`) over TLS, with SNI and Host of `hostname`.

    `unreachable` says what an origin that gives no clear answer means.
    """

    addresses: Annotated[tuple[OriginAddress, ...], Field(max_length=MOST_ADDRESSES)]
    hostname: Hostname
    unreachable: Unreachable = "error"


def note_origins(run: ZoneRun, level: Level, name: str, asked: TryOrigins | None) -> None:
    """Notes in check for create whom to ask, as far as that is known."""
    if asked is None or asked is UNKNOWN:
        return
    if UNKNOWN in (asked.addresses, asked.hostname, *asked.addresses):
        return
    origins = OriginsToTry(asked.addresses, asked.hostname, asked.unreachable)
    run.notes.try_before_upload(level, name, origins)


def require_acceptance(
    run: ZoneRun,
    asked: OriginsToTry | None,
    certificate: Certificate,
    key_pem: str,
    held: IssuedNote | None = None,
) -> None:
    """Asks the origins with a certificate that is about to be uploaded.

    :raises CloudflareError: when one refuses it, or gives no clear answer and has to.
    """
    if asked is None or not asked.addresses:
        return
    from origins import Endpoint, try_certificate

    endpoints = [Endpoint(*_parts(address)) for address in asked.addresses]
    trials = try_certificate(endpoints, asked.hostname, certificate.pem, key_pem)
    by_address = dict(zip(asked.addresses, trials, strict=True))
    stays = f"; the certificate in force stays, it {held.ends}" if held and held.ends else ""
    if refusals := _lines(by_address, ("refused",), "refuses", asked.hostname):
        raise CloudflareError(
            f"{'; '.join(refusals)}{stays}",
            f"{NOTHING_CHANGED} Let it trust {certificate.issuer}, see docs/rotation.md.",
        )
    doubts = [
        *_lines(by_address, ("unreachable",), "cannot be asked about", asked.hostname),
        *_lines(by_address, ("unclear",), "does not show whether it takes", asked.hostname),
    ]
    if doubts and asked.unreachable == "error":
        raise CloudflareError(
            f"{'; '.join(doubts)}{stays}",
            f"{NOTHING_CHANGED} Let it answer this machine, or write try_unreachable: warn.",
        )
    for doubt in doubts:
        run.warn(f"{doubt}.")


def _lines(
    trials: dict[str, Trial], verdicts: Sequence[str], verb: str, hostname: str
) -> list[str]:
    return [
        f"origin {address} {verb} the new certificate for {hostname} ({trial.reason})"
        for address, trial in trials.items()
        if trial.verdict in verdicts
    ]


def _parts(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)
