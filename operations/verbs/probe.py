"""`python -m operations probe`: asks an origin as everybody would, and judges its answers.

The wrong certificates, and with the CA's key the right one, are made for each run and kept in
memory where the system can.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from origins import SUMMARY, ProbeReport, Target, addresses, probe, worst
from stacks.certificate_config import IssuedCertificateConfig
from stacks.origin import PresentedCertificate, presented

from ..command import Stop, Verb, examples, hostname_argument
from ..passing_files import passing_files
from ..render.terminal import progress, say, show_json
from ..sources import clients, configuration
from ..sources.clients import Clients, Given
from ..sources.configuration import StackFile
from ..text import safe

EXIT_CODES = {"refuses_others": 0, "open": 1, "refuses_cloudflare": 1, "unproven": 2}
FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
PORT = click.IntRange(1, 65535)
FILES = ("certificate", "key", "ca_certificate", "ca_key")


@click.command(
    "probe",
    cls=Verb,
    failure=3,
    help="Whether an origin refuses everyone but Cloudflare. Asks it over TLS 1.2 and 1.3 with"
    " complete HTTP requests: with the right certificate, without one, with wrong ones that are"
    " made for this run, under other names, in other ways (methods, spellings, visitors, protocols,"
    " paths), and over plain HTTP. Only the addresses of --address"
    " are asked, each of a name's.\n\n"
    "A proof needs the right certificate: --certificate with --key, --stack where its key can be"
    " read, or a CA that the origin trusts, which makes one for an hour (--issuer, or"
    " --ca-certificate with --ca-key). A CA's key makes an expired one and one for servers too.\n\n"
    "Exit codes: 0 when it is proven that it refuses everyone else; 1 when it is open, or refuses"
    " the right certificate; 2 when nothing is proven, with what is missing; 3 when nothing was"
    " asked, since an option, a file or a name is wrong.",
    epilog=examples(
        "python -m operations probe shop.example.com --address 203.0.113.10 --issuer certificates",
        "python -m operations probe shop.example.com --address origin.example.net:8443 --no-http",
        "python -m operations probe shop.example.com --address 203.0.113.10 --stack prod \\",
        "    --any-server --json",
        "python -m operations probe shop.example.com --address 203.0.113.10 --pinned \\",
        "    --certificate shop.pem --key shop.key --ca-certificate ca.pem --ca-key ca.key",
    ),
)
@click.argument("hostname")
@click.option(
    "--address",
    "where",
    required=True,
    multiple=True,
    metavar="HOST[:PORT]",
    help="The origin itself, not a name that Cloudflare proxies. Port 443 by default; repeatable.",
)
@click.option("--http-port", type=PORT, default=80, show_default=True, help="Plain HTTP.")
@click.option("--no-http", is_flag=True, help="Leave plain HTTP out.")
@click.option("--certificate", type=FILE, help="The right client certificate.")
@click.option("--key", type=FILE, help="Its key; without it only the certificate's names count.")
@click.option("--stack", help="The stack whose file names the right certificate and its key.")
@click.option("--config", type=FILE, help="That file; default stacks/Pulumi.NAME.yaml.")
@click.option("--ca-certificate", type=FILE, help="The CA that signed it, then its intermediates.")
@click.option("--ca-key", type=FILE, help="Its key: makes more certificates of the same CA.")
@click.option(
    "--issuer",
    metavar="DIR|NAME",
    help="A folder of `issue`, its ca.pem and ca.key; or with --stack an issuer of that file, which"
    " signs a right certificate for an hour. Its log shows it; nothing is uploaded.",
)
@click.option("--pinned", is_flag=True, help="Others of the same CA must be refused too.")
@click.option("--server-ca", type=FILE, help="What signed the origin's own certificate.")
@click.option("--any-server", is_flag=True, help="Take any certificate of the origin.")
@click.option("--path", default="/", show_default=True, help="What the application answers.")
@click.option("--other-name", default="unknown-host.invalid", show_default=True)
@click.option("--timeout", type=click.FloatRange(0.1, 60), default=5.0, show_default=True)
@click.option("--json", "is_json", is_flag=True)
def command(hostname: str, where: Sequence[str], is_json: bool, **options: Any) -> None:
    try:
        name = hostname_argument(hostname)
        reports = _reports(_targets(name, where, options), _given(name, options))
    except ValueError as error:
        raise Stop(str(error)) from None
    verdict = worst(report.verdict for report in reports)
    if is_json:
        found = [report.as_json() for report in reports]
        show_json({"hostname": name, "verdict": verdict, "addresses": found})
    else:
        # A server may answer anything; no answer moves the cursor.
        click.echo("\n".join(map(safe_line, _text(reports, verdict).splitlines())))
    if code := EXIT_CODES[verdict]:
        click.get_current_context().exit(code)


def _text(reports: Sequence[ProbeReport], verdict: str) -> str:
    tables = "\n".join(report.table() for report in reports)
    if len(reports) == 1:
        return tables
    lines = [f"{one.address} port {one.port}: {SUMMARY[one.verdict]}" for one in reports]
    return "\n".join([tables, *lines, SUMMARY[verdict]])


def safe_line(line: str) -> str:
    """The line with its columns, without control characters."""
    indent = len(line) - len(line.lstrip(" "))
    cells = re.split(r"( {2,})", line.strip(" "))
    return " " * indent + "".join(cell if cell.isspace() else safe(cell) for cell in cells)


def _targets(hostname: str, where: Sequence[str], options: Mapping[str, Any]) -> list[Target]:
    """One for each address of each name, IPv4 and IPv6."""
    found = {
        (address, port): None
        for host, port in map(split, where)
        for address in addresses(host, port)
    }
    return [
        Target(
            hostname,
            address,
            port,
            http_port=None if options["no_http"] else options["http_port"],
            path=options["path"],
            server_ca=str(options["server_ca"]) if options["server_ca"] else None,
            verify_server=not options["any_server"],
            other_name=options["other_name"],
            pinned=options["pinned"],
            timeout=options["timeout"],
        )
        for address, port in found
    ]


def split(address: str) -> tuple[str, int]:
    """Host and port of HOST, HOST:PORT, [IPV6]:PORT or a bare IPv6 address; 443 by default."""
    with contextlib.suppress(ValueError):
        return str(ipaddress.ip_address(address)), 443
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?", address)
    if not found:
        raise ValueError(
            f"address: {address!r} is not HOST[:PORT], such as 203.0.113.10 or [2001:db8::1]:8443."
        )
    port = int(found[2] or 443)
    if not 1 <= port <= 65535:
        raise ValueError(f"address: {port} is not a port; ports go from 1 to 65535.")
    return found[1].strip("[]"), port


def _given(hostname: str, options: Mapping[str, Any]) -> Given:
    given = Given(*(options[name] for name in FILES))
    wanted = None
    if options["stack"] or options["config"]:
        if given.certificate:
            raise ValueError("--stack names the right certificate: leave --certificate out.")
        wanted = configuration.load(options["stack"] or "", options["config"])
        client = presented(wanted.zones, hostname, str(wanted.file))
        given = replace(given, pair=client.pair, is_shared=client.is_shared)
        if client.issued and not options["issuer"]:
            say(f"{client.issued.issuer.name} signs its certificate: --issuer has it sign another.")
    if options["issuer"]:
        if given.ca_certificate or given.ca_key:
            raise ValueError("--issuer has the CA's certificate and key: leave --ca-* out.")
        if wanted and _is_name(options["issuer"], wanted):
            given = replace(given, issued=_issued_by(options["issuer"], hostname, client))
        else:
            given = given.with_issuer(_folder(options["issuer"]))
    if options["pinned"] and not (given.key or given.pair):
        raise ValueError("--pinned needs what is pinned: --certificate with --key, or --stack.")
    return given


def _is_name(issuer: str, wanted: StackFile) -> bool:
    """Whether --issuer names an issuer of the stack's file; with a slash it is a folder."""
    if issuer not in wanted.environment.issuers:
        return False
    if Path(issuer).is_dir():
        raise ValueError(
            f"--issuer {issuer} is an issuer of {wanted.file} and a folder. Write ./{issuer} for"
            " the folder, or ask from another folder."
        )
    return True


def _folder(issuer: str) -> Path:
    if not Path(issuer).is_dir():
        raise ValueError(
            f"--issuer {issuer} is no folder. Give a folder of `issue`, or with --stack the name of"
            " an issuer in that stack's file."
        )
    return Path(issuer)


def _issued_by(name: str, hostname: str, client: PresentedCertificate) -> IssuedCertificateConfig:
    if client.issued is None or client.issued.issuer.name != name:
        signs = f"issuer {client.issued.issuer.name}" if client.issued else "no issuer of this file"
        raise ValueError(
            f"--issuer {name} signs nothing that is presented for {hostname}: {signs} does. Name"
            " the issuer of its certificate, or leave --issuer out."
        )
    return client.issued


def _reports(targets: Sequence[Target], given: Given) -> list[ProbeReport]:
    with passing_files() as keep:
        found: Clients = clients.at_hand(given, keep, datetime.now(UTC))
        for note in found.notes:
            say(note)
        reports = []
        for target in targets:
            with progress(f"asking {target.address} port {target.port}"):
                reports.append(probe(target, found.by_case, found.is_right_made))
        return reports
