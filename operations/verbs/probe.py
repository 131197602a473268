"""`python -m operations probe`: asks an origin as everybody would, and judges its answers.

The wrong certificates are made for each run, in a temporary folder of mode 0700, and go with it.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from issuers import authority
from issuers.authority import Identity
from origins import ClientCertificate, ProbeReport, Target, cloudflare_ca, probe

from .. import new_files
from ..command import Stop, Verb, examples, hostname_argument
from ..render.terminal import progress, say, show_json
from ..text import safe

EXIT_CODES = {"refuses_others": 0, "open": 1, "refuses_cloudflare": 1, "unreachable": 2}
FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
PORT = click.IntRange(1, 65535)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Given:
    """What is at hand, all files PEM: the right certificate, and the CA that signed it."""

    certificate: Path | None = None
    key: Path | None = None
    ca_certificate: Path | None = None
    ca_key: Path | None = None


@click.command(
    "probe",
    cls=Verb,
    failure=2,
    help="Whether an origin refuses everyone but Cloudflare. Asks it over TLS 1.2 and 1.3 with"
    " complete HTTP requests: without a certificate, with wrong ones that are made for this run,"
    " under other names, and over plain HTTP. Everything goes to the one --address.\n\n"
    "Exit codes: 0 when it refuses everyone else; 1 when it is open, or refuses the right"
    " certificate; 2 when it could not be asked everything.",
    epilog=examples(
        "python -m operations probe shop.example.com --address 203.0.113.10",
        "python -m operations probe shop.example.com --address origin.example.net:8443 --no-http",
        "python -m operations probe shop.example.com --address 203.0.113.10 \\",
        "    --certificate shop.pem --key shop.key --ca-certificate ca.pem --ca-key ca.key --json",
    ),
)
@click.argument("hostname")
@click.option(
    "--address",
    required=True,
    metavar="HOST[:PORT]",
    help="The origin itself, not a name that Cloudflare proxies. Port 443 by default.",
)
@click.option("--http-port", type=PORT, default=80, show_default=True, help="Plain HTTP.")
@click.option("--no-http", is_flag=True, help="Leave plain HTTP out.")
@click.option("--certificate", type=FILE, help="The right client certificate.")
@click.option("--key", type=FILE, help="Its key; without it only the certificate's names count.")
@click.option("--ca-certificate", type=FILE, help="The CA that signed it, then its intermediates.")
@click.option("--ca-key", type=FILE, help="Its key: makes more certificates of the same CA.")
@click.option("--pinned", is_flag=True, help="Others of the same CA must be refused too.")
@click.option("--server-ca", type=FILE, help="What signed the origin's own certificate.")
@click.option("--any-server", is_flag=True, help="Take any certificate of the origin.")
@click.option("--path", default="/", show_default=True, help="What the application answers.")
@click.option("--other-name", default="unknown-host.invalid", show_default=True)
@click.option("--timeout", type=click.FloatRange(0.1, 60), default=5.0, show_default=True)
@click.option("--json", "is_json", is_flag=True)
def command(hostname: str, address: str, is_json: bool, **options: Any) -> None:
    given = Given(*(options[n] for n in ("certificate", "key", "ca_certificate", "ca_key")))
    try:
        report = _report(_target(hostname_argument(hostname), address, options), given)
    except ValueError as error:
        raise Stop(str(error), 2) from None
    if is_json:
        show_json(report.as_json())
    else:
        # A server may answer anything; no answer moves the cursor.
        click.echo("\n".join(safe_line(line) for line in report.table().splitlines()))
    code = EXIT_CODES[report.verdict]
    if code:
        click.get_current_context().exit(code)


def safe_line(line: str) -> str:
    """The line with its columns, without control characters."""
    indent = len(line) - len(line.lstrip(" "))
    cells = re.split(r"( {2,})", line.strip(" "))
    return " " * indent + "".join(cell if cell.isspace() else safe(cell) for cell in cells)


def _target(hostname: str, address: str, options: Mapping[str, Any]) -> Target:
    host, port = split(address)
    return Target(
        hostname,
        host,
        port,
        http_port=None if options["no_http"] else options["http_port"],
        path=options["path"],
        server_ca=str(options["server_ca"]) if options["server_ca"] else None,
        verify_server=not options["any_server"],
        other_name=options["other_name"],
        pinned=options["pinned"],
        timeout=options["timeout"],
    )


def split(address: str) -> tuple[str, int]:
    """Host and port of HOST, HOST:PORT, [IPV6]:PORT or a bare IPv6 address; 443 by default."""
    with contextlib.suppress(ValueError):
        return str(ipaddress.ip_address(address)), 443
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?", address)
    if not found:
        raise ValueError(
            f"address: {address!r} is not HOST[:PORT], such as 203.0.113.10 or [2001:db8::1]:8443."
        )
    return found[1].strip("[]"), int(found[2] or 443)


def _report(target: Target, given: Given) -> ProbeReport:
    if (given.key and not given.certificate) or (given.ca_key and not given.ca_certificate):
        raise ValueError("A key needs its certificate: give --certificate, or --ca-certificate.")
    with _folder() as folder:
        clients = at_hand(given, folder, datetime.now(UTC))
        if "expired" not in clients:
            say(
                "Without --ca-certificate and --ca-key no certificate of the right CA can be made:"
                " an expired one, one for servers and another of the same CA are left out."
            )
        with progress(f"asking {target.address} port {target.port}"):
            return probe(target, clients)


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A temporary folder that is removed, also when the process is told to end."""
    # What is ignored stays so: nohup does it with SIGHUP.
    ends = [s for s in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(s) != signal.SIG_IGN]
    before = [signal.signal(end, lambda number, _: sys.exit(128 + number)) for end in ends]
    try:
        with tempfile.TemporaryDirectory(prefix="aop-probe-") as name:
            yield Path(name)
    finally:
        for end, handler in zip(ends, before, strict=True):
            signal.signal(end, handler)


def at_hand(given: Given, folder: Path, now: datetime) -> dict[str, ClientCertificate]:
    """The client certificates by case of `origins.probe`; what is made here goes into `folder`."""
    clients = {}
    if given.certificate and given.key:
        clients["right"] = ClientCertificate(str(given.certificate), str(given.key))
    subject, issuer = _names(given)
    other_ca = authority.make_ca(issuer, now)
    made = {"other_ca": authority.make_leaf(other_ca, subject, now + DAY)}
    chain = ""
    if given.ca_certificate and given.ca_key:
        ca = _ca(given.ca_certificate, given.ca_key, now)
        chain = given.ca_certificate.read_text(encoding="ascii", errors="replace")
        made |= {
            "same_ca": authority.make_leaf(ca, subject, now + DAY),
            "expired": authority.make_leaf(ca, subject, now - HOUR, starts=now - 2 * DAY),
            "server_auth": authority.make_leaf(ca, subject, now + DAY, usage=authority.SERVER_AUTH),
        }
    for name, identity in made.items():
        more = "" if name == "other_ca" else chain
        clients[name] = _kept(folder / name, identity, more)
    return clients


def _ca(certificate: Path, key: Path, now: datetime) -> Identity:
    try:
        return authority.read(certificate.read_bytes(), key.read_bytes(), now)
    except ValueError as error:
        raise ValueError(f"{certificate} and {key}: {error}") from None


def _names(given: Given) -> tuple[authority.Name, authority.Name]:
    """Subject and issuer for the forgeries: those of the right certificate, as far as known."""
    subject = authority.common_name("cloudflare")
    if given.certificate:
        right = _read(given.certificate)
        return right.subject, right.issuer
    if given.ca_certificate:
        return subject, _read(given.ca_certificate).subject
    return subject, authority.read_certificate(cloudflare_ca.read().encode()).subject


def _read(path: Path) -> authority.Certificate:
    try:
        return authority.read_certificate(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _kept(path: Path, identity: Identity, chain: str) -> ClientCertificate:
    certificate, key = Path(f"{path}.pem"), Path(f"{path}.key")
    new_files.write({certificate: identity.pem + chain, key: identity.key_pem}, new_files.PRIVATE)
    return ClientCertificate(str(certificate), str(key))
