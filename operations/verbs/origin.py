"""`python -m operations origin`: the configuration of an origin server, from a stack's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from origins import (
    SERVERS,
    Fragment,
    Origin,
    Pin,
    anchors,
    bundle,
    cloudflare_ca,
    configuration,
    fragment,
)
from providers.api.errors import CloudflareError, NoCredentials, line_of
from providers.values import pem
from providers.values.algorithms import origin_needs
from stacks.config import OriginConfig
from stacks.fields import CLOUDFLARE
from stacks.origin import (
    KEYS,
    PresentedCertificate,
    authorities_for_change,
    describe,
    fields_of,
    pinned_also,
    pins,
    presented,
)

from .. import new_files
from ..command import Stop, Verb, examples, hostname_argument
from ..plan import accepted_now
from ..render.terminal import progress, say, show_json
from ..sources import cloudflare
from ..sources import configuration as stack_file
from ..sources.configuration import StackFile
from ..text import TRY_AGAIN, safe

FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
# What another server than that of the stack's file has in other places, or writes otherwise.
OF_ONE_SERVER = ("private_key", "log")


@dataclass(frozen=True)
class Directives:
    """The texts and what to know of them; `default_host` is "" unless it was asked for.

    `fragment` is the source of `text` where only the lines for an existing block were asked for.
    """

    client: PresentedCertificate
    server: str
    origin: Origin
    text: str
    fragment: Fragment | None
    bundle: str
    default_host: str
    notes: tuple[str, ...]


@click.command(
    "origin",
    cls=Verb,
    help="The configuration of an origin server for HOSTNAME, as the stack's configuration says"
    " which client certificate Cloudflare presents. The CA of an own certificate is the `ca` beside"
    " it, or --ca; Cloudflare's CA comes along. What is not given is as the `origin` of the zone"
    " says in the stack's file, and else as below.\n\n"
    "--fragment writes only the lines that verify the client and refuse, to be included into a"
    " server block, virtual host, frontend or site that you have (docs/origins.md).\n\n"
    "Stage optional, the default, lets everybody in and tells application and log who came"
    " with a certificate. Stage on refuses everybody else. While certificates of one CA are"
    " replaced by another's, trust --also-trust.\n\n"
    "The text is what the file wants; where a token is at hand, the last line says whether that"
    " accepts what Cloudflare presents now.",
    epilog=examples(
        "python -m operations origin shop.example.com --stack prod --stage on",
        "python -m operations origin shop.example.com --server nginx --stack prod --ca ca.pem",
        "python -m operations origin www.example.net --server caddy --stack staging --write out",
        "python -m operations origin shop.example.com --server apache --stack prod --ca ca.pem \\",
        "    --also-trust old-ca.pem --pin --json",
    ),
)
@click.argument("hostname")
@click.option("--server", type=click.Choice(tuple(SERVERS)), help="What the origin runs.")
@stack_file.options
@click.option("--fragment", "is_fragment", is_flag=True, help="Only lines for a block you have.")
@click.option("--stage", type=click.Choice(("optional", "on")), help="Default: optional.")
@click.option("--ca", type=FILE, help="The CA of the own certificate, in place of `ca`.")
@click.option(
    "--also-trust",
    multiple=True,
    metavar="FILE",
    help=f"Another CA to trust, before or after a change; `{CLOUDFLARE}` is Cloudflare's.",
)
@click.option(
    "--pin/--no-pin", "is_pinned", default=None, help="Only the configured certificate passes."
)
@click.option("--pin-also", type=FILE, multiple=True, help="This one passes too, with --pin.")
@click.option("--depth", type=click.IntRange(1, 10), help="CAs above a certificate; else counted.")
@click.option("--crl", help="Path on the origin: revocation lists of every CA.")
@click.option(
    "--handshake/--page", default=None, help="Refuse in TLS, or with a page that says why."
)
@click.option("--default-host", is_flag=True, help="Also a default host, which refuses.")
@click.option("--server-certificate", metavar="PATH", help="The origin's own, on the origin.")
@click.option("--server-key", metavar="PATH", help="Its key, on the origin.")
@click.option("--client-ca", metavar="PATH", help="Where the bundle of CAs is, on the origin.")
@click.option("--upstream", help=f"The application. Default: {Origin.upstream}.")
@click.option("--address", help="Where to listen. Default: everywhere.")
@click.option("--port", type=click.IntRange(1, 65535), help=f"Default: {Origin.port}.")
@click.option("--header", help=f"For the application. Default: {Origin.header}.")
@click.option("--log", metavar="PATH", help="An access log with the outcome; optional has one.")
@click.option("--max-body", metavar="SIZE", help="The largest request body, such as 20m.")
@click.option("--acme", metavar="DIR or HOST:PORT", help="Who answers ACME challenges, openly.")
@click.option("--acme-port", type=click.IntRange(1, 65535), help="Where, without TLS. Default: 80.")
@click.option("--bundle", "is_bundle", is_flag=True, help="Print the CAs to trust instead.")
@click.option(
    "--write",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write configuration and CAs there, mode 0644.",
)
@click.option("--force", is_flag=True, help="Overwrite files there.")
@click.option("--json", "is_json", is_flag=True)
def command(
    hostname: str,
    stack: str,
    file: Path | None,
    folder: Path | None,
    is_bundle: bool,
    force: bool,
    is_json: bool,
    **options: Any,
) -> None:
    try:
        wanted = stack_file.load(stack, file)
        made = make(hostname_argument(hostname), wanted, options, folder)
    except ValueError as error:
        raise Stop(str(error)) from None
    for note in made.notes:
        say(note)
    files = _files(made, folder) if folder else {}
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        new_files.write(files, new_files.PUBLIC, force=force)
    if is_json:
        show_json({**as_json(made, list(files)), "now": _now(made, wanted)})
        return
    if folder:
        for path in files:
            say(f"wrote {path}")
    else:
        click.echo(made.bundle if is_bundle else made.default_host + made.text, nl=False)
    # Last: what is wanted at night is there, also where Cloudflare does not answer.
    if line := _now(made, wanted):
        say(line)


def _now(made: Directives, wanted: StackFile) -> str:
    """Whether what Cloudflare presents now is accepted; "" without a token to ask that with."""
    zone, config = made.client.zone, wanted.zones[made.client.zone]
    with cloudflare.cloudflare(say) as run:
        try:
            with progress(f"asking Cloudflare what {zone} presents"):
                live = cloudflare.read(zone, config, run)
        except NoCredentials:
            return ""
        except CloudflareError as error:
            return f"What Cloudflare presents now was not looked at: {line_of(error, TRY_AGAIN)}"
        return accepted_now.describe(made.origin, live, run.clock.now())


def make(hostname: str, wanted: StackFile, options: Any, folder: Path | None) -> Directives:
    """`ValueError` or `Stop` on one line for whatever cannot be made."""
    file = str(wanted.file)
    client = presented(wanted.zones, hostname, file)
    configured = wanted.zones[client.zone].origin
    server = _server(options["server"], configured, client.zone)
    also_trust = read_authorities(options["also_trust"])
    if configured and not also_trust:
        also_trust = authorities_for_change(configured, file)
    authorities = bundle_for(client, options["ca"], also_trust)
    stage, says = _stage(options["stage"], configured, hostname)
    origin = describe(
        hostname,
        server,
        client,
        authorities,
        also_trust,
        stage=stage,
        pins=_pins(client, configured, options, also_trust, file),
        **_fields(configured, options, hostname, server, folder),
    )
    lines = fragment(server, origin) if options["is_fragment"] else None
    default_host = _default_host(server, origin, lines) if options["default_host"] else ""
    text = lines.text if lines else configuration(server, origin)
    now = datetime.now(UTC)
    notes = _notes(client, origin, says, now)
    if not folder:
        belong = f"The CAs belong in {origin.client_ca}"
        notes = (*notes, f"{belong}: --bundle prints them, --write writes both.")
    return Directives(client, server, origin, text, lines, authorities, default_host, notes)


def _server(given: str | None, configured: OriginConfig | None, zone: str) -> str:
    if given:
        return given
    if configured and configured.server:
        return configured.server
    raise Stop(
        f"Which server? Give --server ({', '.join(SERVERS)}), or an origin with its server under"
        f" {zone} in the stack's file."
    )


def _stage(given: str | None, configured: OriginConfig | None, hostname: str) -> tuple[str, str]:
    """The stage, and in words who says so."""
    if given:
        return given, "as --stage says"
    if configured and configured.stage:
        return configured.stage_of(hostname), "as the stack's file says"
    return "optional", "the default"


def _fields(
    configured: OriginConfig | None,
    options: Mapping[str, Any],
    hostname: str,
    server: str,
    folder: Path | None,
) -> dict[str, Any]:
    """The fields of the origin: as given, else as configured."""
    fields = fields_of(configured, hostname) if configured else {}
    if configured and configured.server != server:
        fields = {name: value for name, value in fields.items() if name not in OF_ONE_SERVER}
    if folder:
        fields.setdefault("client_ca", _bundle_file(folder, hostname))
    # The options have the names of the keys.
    given = {field: options[key] for field, key in KEYS.items()}
    if options["handshake"] is not None:
        given["readable"] = not options["handshake"]
    return {**fields, **{name: value for name, value in given.items() if value is not None}}


def _pins(
    client: PresentedCertificate,
    configured: OriginConfig | None,
    options: Mapping[str, Any],
    also_trust: Sequence[str],
    file: str,
) -> tuple[Pin, ...]:
    also = [_read_pem(path) for path in options["pin_also"]]
    is_pinned = options["is_pinned"]
    if is_pinned is None and configured:
        is_pinned = configured.pin
    if also and not is_pinned:
        raise Stop("--pin-also names one certificate more than --pin does. Give --pin too.")
    if not is_pinned:
        return ()
    return pins(client, also_trust, also or (pinned_also(configured, file) if configured else ()))


def _default_host(server: str, origin: Origin, lines: Fragment | None) -> str:
    record = SERVERS[server]
    if lines:
        raise Stop("--fragment is for a block that is there: write --default-host without it.")
    if not record.has_default_host:
        raise Stop(
            f"What is written for {record.title} needs no default host: leave --default-host out."
        )
    default = Origin(
        None,
        certificate=origin.certificate,
        private_key=origin.private_key,
        address=origin.address,
        port=origin.port,
    )
    return configuration(server, default) + "\n"


def _notes(
    client: PresentedCertificate, origin: Origin, says: str, now: datetime
) -> tuple[str, ...]:
    stage = f"stage {origin.stage} ({says})"
    notes = [f"{origin.hostname}: {_shown(client)}; {stage}, depth {origin.depth}."]
    if origin.stage == "on":
        notes.append(
            "Stage on refuses everybody until Cloudflare presents a certificate; begin with"
            " --stage optional."
        )
    notes += [
        f"{safe(name)} signed itself and is trusted as it is: no other certificate passes in its"
        " place, so trust its successor with --also-trust before Cloudflare presents that."
        for name in anchors(origin.authorities)
    ]
    if not client.is_shared:
        need = origin_needs(_key_kind(client))
        notes += [need] if need else []
    if bundle(cloudflare_ca.read()) in origin.authorities:
        ends = f"Cloudflare's CA ends on {cloudflare_ca.ENDS:%Y-%m-%d}."
        notes.append(cloudflare_ca.warning(now) or ends)
        notes.append("Who trusts Cloudflare's CA lets in every customer of Cloudflare.")
    return tuple(notes)


def _key_kind(client: PresentedCertificate) -> str:
    if client.issued:
        return client.issued.key.upper()
    return pem.read_certificate(client.certificate).key_kind


def _shown(client: PresentedCertificate) -> str:
    if client.is_shared:
        return f"Cloudflare's shared certificate (zone {client.zone})"
    if client.issued:
        return f"the {client.level} certificate, which issuer {client.issued.issuer.name} renews"
    ends = pem.read_certificate(client.certificate).expires_on
    return f"the {client.level} certificate, until {ends[:10]}"


def _bundle_file(folder: Path, hostname: str) -> str:
    return str(folder.absolute() / f"{hostname}-ca.pem")


def _files(made: Directives, folder: Path) -> dict[Path, str]:
    name, suffix = str(made.origin.hostname), SERVERS[made.server].suffix
    # Apache's default host is its first one, and folders are included by name.
    default = {folder / f"000-default-{made.origin.port}.{suffix}": made.default_host}
    stem = f"{name}-fragment" if made.fragment else name
    parts = made.fragment.parts if made.fragment else ()
    return {
        **(default if made.default_host else {}),
        folder / f"{stem}.{suffix}": made.text,
        **{folder / f"{stem}-{part.name}.{suffix}": part.text for part in parts},
        folder / f"{name}-ca.pem": made.bundle,
    }


def as_json(made: Directives, files: Sequence[Path]) -> dict[str, Any]:
    """Stable keys; `pins` are digests by the server that knows them."""
    origin = made.origin
    return {
        "hostname": origin.hostname,
        "server": made.server,
        "level": made.client.level,
        "zone": made.client.zone,
        "stage": origin.stage,
        "depth": origin.depth,
        "pins": [asdict(one) for one in origin.pins],
        "client_ca": origin.client_ca,
        "bundle": made.bundle,
        "configuration": made.text,
        "parts": {one.name: one.text for one in made.fragment.parts} if made.fragment else {},
        "default_host": made.default_host,
        "notes": list(made.notes),
        "files": [str(path) for path in files],
    }


def bundle_for(client: PresentedCertificate, ca: Path | None, also_trust: Sequence[str]) -> str:
    """The bundle of CAs, each once; `also_trust` has the PEM texts of those for a change of CA."""
    if client.is_shared:
        if ca:
            raise Stop(
                f"Cloudflare's shared certificate is presented ({client.zone}), so its CA is"
                " trusted. Leave --ca out, or trust another one as well with --also-trust."
            )
        return bundle(cloudflare_ca.read(), *also_trust)
    authority = _read_pem(ca) if ca else client.ca
    if not authority:
        issuer = safe(pem.read_certificate(client.certificate).issuer)
        raise Stop(
            f"The {client.level} certificate is signed by {issuer}. Give the file of this CA:"
            " --ca FILE, or ca: file:PATH beside the certificate."
        )
    return bundle(authority, *also_trust)


def read_authorities(also_trust: Sequence[str]) -> list[str]:
    """The PEM texts of files, and of Cloudflare's CA by its name."""
    return [cloudflare_ca.read() if it == CLOUDFLARE else _read_pem(Path(it)) for it in also_trust]


def _read_pem(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
