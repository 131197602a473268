"""`python -m operations issue`: a private CA and client certificates, for those without a PKI."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import yaml

from issuers import authority
from issuers.authority import Identity
from providers.values.algorithms import origin_needs
from stacks.certificate_config import is_issued
from stacks.config import ZoneConfig

from .. import new_files
from ..command import Stop, Verb, examples
from ..render.terminal import say, show_json
from ..sources import configuration as stack_file
from ..sources.configuration import StackFile

CA = "ca"
CA_NAME = "Origin pull CA"
ZONE = "zone"
# A name is a file's name, a label of the configuration and a common name, which ends at 64.
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?\Z")
HOSTNAME = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+\Z")


@dataclass(frozen=True)
class Entry:
    """What a stack's file says of a certificate besides its files.

    `label` is None for the zone's own certificate; `others` are the keys that a renewal leaves.
    """

    zone: str
    label: str | None
    others: Mapping[str, Any]


NEW_ZONE = "ZONE"


@click.command(
    "issue",
    cls=Verb,
    help="A private CA and client certificates of the right kind (no CA, digitalSignature,"
    " clientAuth), for those who have no PKI. Prints the configuration to paste: with --stack,"
    " the entry that takes the place of what the stack's file has already.\n\n"
    "Each NAME becomes DIR/NAME.pem and DIR/NAME.key: `zone` is the zone's certificate, a hostname"
    " that hostname's, and any other name a label of yours. All files have mode 0600, the folder"
    " 0700; nothing is overwritten. Whoever has ca.key passes every origin that trusts the CA:"
    " keep it away from servers and pipelines.",
    epilog=examples(
        "python -m operations issue zone shop.example.com --out certificates",
        "python -m operations issue shop --stack prod --out certificates/2027 --ca certificates",
        "python -m operations issue zone --out certificates --days 90 --key rsa --json",
        "python -m operations issue zone --out certificates/new --key ml-dsa-44",
    ),
)
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Where the files go; made when it is missing.",
)
@click.option("--days", default=365, show_default=True, type=click.IntRange(1, 3650))
@click.option(
    "--key",
    "kind",
    type=click.Choice(tuple(authority.KEYS)),
    default="ec",
    show_default=True,
    help="ECDSA on P-256, RSA with 2048 bits, or ML-DSA-44 (OpenSSL 3.5 at the origin).",
)
@click.option(
    "--ca",
    "ca_folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where ca.pem and ca.key are; by default in the folder of --out, made when missing.",
)
@click.option("--new-ca", is_flag=True, help="Make the CA of --ca, where there is none.")
@stack_file.options
@click.option("--json", "is_json", is_flag=True)
def command(
    names: Sequence[str],
    stack: str,
    file: Path | None,
    out: Path,
    days: int,
    kind: str,
    ca_folder: Path | None,
    new_ca: bool,
    is_json: bool,
) -> None:
    names = [_check(name) for name in dict.fromkeys(names)]
    wanted = stack_file.load(stack, file) if stack or file else None
    places = _entries(names, wanted.zones if wanted else {})
    folder = ca_folder or out
    now = datetime.now(UTC)
    ends = now + timedelta(days=days)
    may_make = ca_folder is None or new_ca
    ca, is_new = _authority(folder, kind, now, may_make=may_make)
    if new_ca and not is_new:
        raise Stop(f"{folder / CA}.pem is there already. Leave --new-ca out, or give another --ca.")
    if ends > ca.ends:
        raise Stop(
            f"{folder / CA}.pem ends on {ca.ends:%Y-%m-%d}, before the certificates would. Give"
            " fewer --days, or make another CA with --ca and --new-ca, and let origins trust both."
        )
    leaves = {n: authority.make_leaf(ca, authority.common_name(n), ends, kind=kind) for n in names}
    _keep(folder, {CA: ca} if is_new else {}, out, leaves)
    pasted = configuration(out, places, folder / f"{CA}.pem")
    if is_json:
        show_json(_as_json(folder, ca, is_new, out, leaves) | {"configuration": pasted})
        return
    _tell(folder, ca, is_new, out, leaves)
    say(f"Paste {_where(wanted)}:")
    if need := origin_needs(kind.upper()):
        say(need)
    click.echo(pasted, nl=False)


def _check(name: str) -> str:
    if not NAME.match(name) or name.lower() == CA:
        raise Stop(
            f"{name} is no name for a certificate: use at most 64 letters, digits, dots, hyphens"
            f" and underscores, and not {CA}."
        )
    return name


def _authority(folder: Path, kind: str, now: datetime, *, may_make: bool) -> tuple[Identity, bool]:
    """The CA of the folder, or a new one, and whether it is new."""
    certificate, key = folder / f"{CA}.pem", folder / f"{CA}.key"
    if not certificate.exists() and not key.exists():
        if not may_make:
            raise Stop(
                f"there is no {certificate}. Correct --ca, or make a CA there with --new-ca: every"
                " origin must trust a new one first."
            )
        # Logs and reports name issuers: two CAs of one day must not read as one.
        name = f"{CA_NAME} {now:%Y-%m-%d} {secrets.token_hex(4)}"
        return authority.make_ca(authority.common_name(name), now, kind), True
    if not certificate.exists() or not key.exists():
        missing = key if certificate.exists() else certificate
        raise Stop(f"{missing} is missing beside the other. Put it there, or give another --ca.")
    try:
        return authority.read(certificate.read_bytes(), key.read_bytes(), now), False
    except ValueError as error:
        raise Stop(f"{certificate}: {error}") from None


def _keep(
    folder: Path, authorities: dict[str, Identity], out: Path, leaves: dict[str, Identity]
) -> None:
    """Keys first: a certificate on disk always has its key."""
    for path in {out, folder} if authorities else {out}:
        new_files.private_folder(path)
    for path, identities in ((out, leaves), (folder, authorities)):
        taken = [path / f"{name}.{end}" for name in identities for end in ("key", "pem")]
        if found := next((file for file in taken if file.exists() or file.is_symlink()), None):
            raise Stop(f"{found} is there already. Give another NAME or another --out.")
    for path, identities in ((folder, authorities), (out, leaves)):
        keys = {path / f"{name}.key": one.key_pem for name, one in identities.items()}
        certificates = {path / f"{name}.pem": one.pem for name, one in identities.items()}
        new_files.write(keys | certificates, new_files.PRIVATE)


def _entries(names: Sequence[str], zones: Mapping[str, ZoneConfig]) -> dict[str, Entry]:
    found = {name: entry(name, zones) for name in names}
    for name, place in found.items():
        twin = next((n for n in found if n != name and found[n] == place), None)
        if twin and place.zone != NEW_ZONE:
            raise Stop(f"{name} and {twin} are one certificate in the stack's file. Give one.")
    return found


def entry(name: str, zones: Mapping[str, ZoneConfig]) -> Entry:
    """The entry of a stack's zones that NAME means: `zone`, a label, or a hostname of one.

    A new one where the zones have none. `zone` needs a single zone with a certificate of its own;
    of several, NAME is the name of one.
    """
    own = [zone for zone, config in zones.items() if config.zone_certificate]
    if name == ZONE and len(own) > 1:
        raise Stop(f"which zone's certificate is it? Give the name instead: {' '.join(own)}.")
    for zone, config in zones.items():
        for label, pair in config.hostname_certificates.items():
            if name == label or name in pair.hostnames:
                _require_given(name, zone, pair)
                return Entry(zone, label, _others(pair.hostnames, pair.external))
    if own and (name in own or name == ZONE):
        zone = name if name in own else own[0]
        _require_given(name, zone, zones[zone].zone_certificate)
        return Entry(zone, None, {})
    zone = next(iter(zones)) if len(zones) == 1 else NEW_ZONE
    if name == ZONE:
        return Entry(zone, None, {})
    return Entry(zone, name, {"hostnames": [name if HOSTNAME.match(name) else "HOSTNAME"]})


def _require_given(name: str, zone: str, certificate: object) -> None:
    if is_issued(certificate):
        raise Stop(
            f"{name} of {zone} has an issuer in the stack's file and renews itself"
            " (docs/renewal.md). To make one all the same, leave --stack out."
        )


def _others(hostnames: Mapping[str, str], is_external: bool) -> dict[str, Any]:
    shown = dict(hostnames) if "off" in hostnames.values() else list(hostnames)
    return {"hostnames": shown} | ({"external": True} if is_external else {})


def configuration(out: Path, places: Mapping[str, Entry], ca: Path) -> str:
    """The lines for zones in `stacks/Pulumi.NAME.yaml`, indented as they are there.

    :param places: what each name of a file in `out` is in the stack's file.
    """
    zones: dict[str, dict[str, Any]] = {}
    where = Path(new_files.in_project(out.absolute()))
    signer = new_files.in_project(ca.absolute())
    for name, place in places.items():
        files = {
            "certificate": f"file:{where / name}.pem",
            "private_key": f"file:{where / name}.key",
            "ca": f"file:{signer}",
        }
        zone = zones.setdefault(place.zone, {})
        if place.label is None:
            zone["zone_certificate"] = files
        else:
            labels = zone.setdefault("hostname_certificates", {})
            labels[place.label] = {**files, **place.others}
    nested = {"config": {"aop:zones": zones}}
    text: str = yaml.safe_dump(nested, sort_keys=False, width=1000, indent=2)
    return "".join(text.splitlines(keepends=True)[3 if list(zones) == [NEW_ZONE] else 2 :])


def _as_json(
    folder: Path, ca: Identity, is_new: bool, out: Path, leaves: dict[str, Identity]
) -> dict[str, Any]:
    def facts(path: Path, name: str, one: Identity) -> dict[str, Any]:
        return {
            "name": name,
            "certificate": str(path / f"{name}.pem"),
            "private_key": str(path / f"{name}.key"),
            "sha256": one.sha256,
            "expires_on": f"{one.ends:%Y-%m-%dT%H:%M:%SZ}",
        }

    made = [facts(out, name, leaf) for name, leaf in leaves.items()]
    return {"ca": facts(folder, CA, ca) | {"is_new": is_new}, "certificates": made}


def _tell(folder: Path, ca: Identity, is_new: bool, out: Path, leaves: dict[str, Identity]) -> None:
    say(f"{'made' if is_new else 'used'} {folder / CA}.pem, until {ca.ends:%Y-%m-%d}")
    for name, leaf in leaves.items():
        say(f"made {out / name}.pem and .key, until {leaf.ends:%Y-%m-%d}")
    say(f"The origin must trust {folder / CA}.pem.")


def _where(wanted: StackFile | None) -> str:
    if wanted is None:
        return "under the zone in the stack's file"
    file = new_files.in_project(wanted.file.absolute())
    return f"into {file}, in the place of the entry that is there"
