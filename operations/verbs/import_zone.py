"""`python -m operations import`: a zone that has Authenticated Origin Pulls already."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

import click
import yaml

from providers.api.errors import CloudflareError
from providers.plugin.session import Session
from stacks.config import ISSUERS, KEY, PROJECT, ZoneConfig
from stacks.section import NAMESPACE

from .. import new_files
from ..command import Stop, Verb, examples
from ..plan import takeover
from ..plan.import_file import PROGRAM, Imported, Writer
from ..plan.import_issued import IssuedMatches, KnownIssuer
from ..render import takeover_files
from ..render.terminal import progress, say, show_json
from ..sources import cloudflare, configuration, other_tools
from ..text import plain, safe

STACK = re.compile(r"[a-z][a-z0-9_-]*")
MOST_PAGES = 100


@click.command(
    "import",
    cls=Verb,
    help="Takes over what a zone has already: writes an import file for `pulumi import`, the"
    " stack's configuration and program, and the (public) certificates. Cloudflare never gives"
    " private keys back: the configuration names an environment variable for each, which is"
    " needed only when the certificate is to be uploaded again. Nothing is changed at Cloudflare."
    " After `pulumi import` the preview is empty.\n\nZONE is a name or a Zone ID. In its place"
    " the state of another tool may be given: its certificates, keys, bindings and switches become"
    " the files, with what makes that tool forget them; `pulumi up` then adopts all of it."
    " Exit code 0.",
    epilog=examples(
        "python -m operations import example.com --stack live",
        "python -m operations import example.com --stack live --out ../taken-over",
        "python -m operations import 023e105f4ecef8ad9ca31a8372d0c353 --stack live --json",
        "python -m operations import example.com --stack live --issuers-of prod",
        "python -m operations import --terraform-state terraform.tfstate --stack live",
        "python -m operations import --pulumi-state export.json --stack live --keys secret",
    ),
)
@click.argument("zone", metavar="[ZONE]", default="")
@click.option("--stack", default="imported", show_default=True, help="The stack to be made.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder for the files; default: imported/STACK in the project.",
)
@click.option(
    "--issuers-of",
    metavar="STACK",
    help="The stack whose file has the issuers (aop:issuers): what their CAs have signed becomes"
    " certificates that renew themselves.",
)
@click.option(
    "--terraform-state",
    "terraform",
    multiple=True,
    type=click.File("r", encoding="utf-8"),
    help="A state of Terraform, or `terraform show -json`; versions 4 and 5 of the provider."
    " Repeatable.",
)
@click.option(
    "--pulumi-state",
    "exported",
    multiple=True,
    type=click.File("r", encoding="utf-8"),
    help="`pulumi stack export --show-secrets` of a stack with pulumi-cloudflare. Repeatable.",
)
@click.option(
    "--keys",
    type=click.Choice(["file", "secret"]),
    default="file",
    show_default=True,
    help="Private keys of that state: files for the owner alone, or the new stack's secrets; then"
    " no key is written to a file.",
)
@click.option(
    "--key",
    "key_name",
    default="",
    metavar="NAME",
    help="Hand over this one key of that state, such as example.com-app, to a pipe; nothing else.",
)
@click.option("--token-env", default=None, help="The variable with the token of this zone.")
@click.option("--force", is_flag=True, help="Write over files that are there.")
@click.option("--json", "is_json", is_flag=True)
def command(
    zone: str,
    stack: str,
    out: Path | None,
    issuers_of: str | None,
    terraform: tuple[TextIO, ...],
    exported: tuple[TextIO, ...],
    keys: str,
    key_name: str,
    token_env: str | None,
    force: bool,
    is_json: bool,
) -> None:
    require_one_source(stack, zone, bool(terraform or exported), issuers_of)
    folder = (out or PROJECT / "imported" / stack).resolve()
    if not zone:
        made = takeover.read(_other_resources(terraform, exported))
        names = names_of(made, token_env)
        if key_name:
            hand_over(takeover_files.private_keys(made, names), key_name)
            return
        states = state_options(terraform, exported) if keys == "secret" else ""
        files = takeover_files.write(made, stack, folder, keys, force, names.__getitem__, states)
        show(files[0], made.notes, files[1], is_json)
        return
    issuers = [] if issuers_of is None else configuration.load_issuers(issuers_of)
    found = read_zone(zone, token_env, folder, issuers)
    written = save(folder, texts(found, stack), force)
    notes = [plain(note) for note in found.notes]
    resources = [str(item["name"]) for item in found.resources]
    show(written, notes, next_steps(stack, folder, found), is_json, resources)


def require_one_source(stack: str, zone: str, has_states: bool, issuers_of: str | None) -> None:
    """Refuses arguments that contradict each other, or say nothing."""
    if not STACK.fullmatch(stack):
        raise Stop("--stack: use lower-case letters, digits, - and _.", 2)
    if bool(zone) == has_states:
        raise Stop(
            "give a ZONE, or the state of another tool: --terraform-state, --pulumi-state", 2
        )
    if issuers_of is not None and has_states:
        raise Stop(
            "--issuers-of is for a ZONE: give its name in place of the other tool's state.", 2
        )
    if issuers_of == "":
        raise Stop("--issuers-of: name the stack whose file has the issuers.", 2)


def read_zone(
    zone: str, token_env: str | None, folder: Path, issuers: Sequence[KnownIssuer]
) -> Imported:
    """What the zone has, as files for `folder`; asks Cloudflare."""
    with cloudflare.cloudflare(say) as run:
        name, zone_id = identify(zone, token_env, run)
        given = {"zone_id": zone_id} | ({"token_env": token_env} if token_env else {})
        config = ZoneConfig.model_validate(given)
        with progress(f"reading {name}"):
            live, now = cloudflare.read(name, config, run), run.clock.now()
    place = new_files.in_project(folder / "certificates")
    return Writer(live, place, IssuedMatches(live, issuers, now), now).write()


def _other_resources(
    terraform: Sequence[TextIO], exported: Sequence[TextIO]
) -> Iterator[takeover.OtherResource]:
    for file in terraform:
        yield from other_tools.terraform(file.read(), file.name)
    for file in exported:
        yield from other_tools.pulumi(file.read(), file.name)


def names_of(made: takeover.Takeover, token_env: str | None) -> dict[str, str]:
    """The names of the zones, by id."""
    if not made.zones:
        raise Stop("nothing of Authenticated Origin Pulls is in that state.")
    with cloudflare.cloudflare(say) as run:
        return {zone_id: identify(zone_id, token_env, run)[0] for zone_id in made.zones}


def state_options(terraform: Sequence[TextIO], exported: Sequence[TextIO]) -> str:
    """The options that name these states, to be given once more."""
    named = [("--terraform-state", file) for file in terraform]
    named += [("--pulumi-state", file) for file in exported]
    if any(file is sys.stdin or file.name in ("-", "<stdin>") for _, file in named):
        raise Stop("--keys secret reads the state once more for each key. Give it as a file.", 2)
    return " ".join(f"{option} {shlex.quote(file.name)}" for option, file in named)


def hand_over(keys: Mapping[str, str], name: str) -> None:
    """Writes one private key to standard output, which must not be a terminal."""
    if name not in keys:
        known = ", ".join(sorted(keys)) or "none"
        raise Stop(f"--key: the state holds no key {safe(name)}. It holds: {safe(known)}.", 2)
    if sys.stdout.isatty():
        raise Stop(
            "--key: a private key is not shown. Hand it over:"
            f" ... --key {name} | pulumi config set --secret aop:{takeover.secret_name(name)}",
            2,
        )
    sys.stdout.write(keys[name])


def show(
    written: list[str],
    notes: list[str],
    steps: list[str],
    is_json: bool,
    resources: Sequence[str] = (),
) -> None:
    if is_json:
        show_json({"files": written, "resources": [*resources], "notes": notes, "next": steps})
        return
    for note in notes:
        say(f"note: {safe(note)}")
    click.echo("\n".join([*(f"wrote {path}" for path in written), "", "Next:", *steps]))


def identify(zone: str, token_env: str | None, run: Session) -> tuple[str, str]:
    """Name and id of the zone, whichever was given."""
    client = run.client(token_env)
    is_id = re.fullmatch(r"[0-9a-fA-F]{32}", zone)
    wanted: dict[str, str | int] = {} if is_id else {"name": zone.lower().rstrip(".")}
    for page in range(1, MOST_PAGES + 1):
        reply = client.get("zones", **wanted, per_page=50, page=page)
        items = [i for i in reply.result if isinstance(i, dict)] if reply.result else []
        for item in items:
            if not is_id or item.get("id") == zone.lower():
                return str(item.get("name")), str(item.get("id"))
        if len(items) < 50:
            break
    raise CloudflareError(
        f"this token sees no zone {safe(zone)}", "Correct it, or the zones of the token."
    )


def texts(made: Imported, stack: str) -> dict[str, str]:
    """The files by their name in the folder."""
    issuers = {f"{NAMESPACE}:{ISSUERS}": made.issuers} if made.issuers else {}
    config = {"config": {**issuers, f"{NAMESPACE}:{KEY}": {made.name: made.zone}}}
    head = f"# {stack}: {made.name}, as it was found at Cloudflare.\n"
    return {
        "import.json": json.dumps({"resources": made.resources}, indent=2) + "\n",
        f"Pulumi.{stack}.yaml": head + yaml.safe_dump(config, sort_keys=False),
        f"{stack.replace('-', '_')}.py": PROGRAM.format(stack=stack, zone=made.name),
        **{f"certificates/{label}.pem": text for label, text in made.certificates.items()},
    }


def save(folder: Path, files: dict[str, str], force: bool) -> list[str]:
    """Writes them; refuses, before the first, when one is there already."""
    there = [name for name in files if (folder / name).exists()]
    if there and not force:
        raise Stop(f"{folder / there[0]} is there already. Give --force, or another --out.")
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [new_files.in_project(folder / name) for name in files]


def next_steps(stack: str, folder: Path, made: Imported) -> list[str]:
    """The commands that follow, to be copied; in the project's folder."""
    where = shlex.quote(new_files.in_project(folder))
    keys = [
        i["inputs"]["private_key"] for i in made.resources if "private_key" in i.get("inputs", {})
    ]
    return [
        f"cp {where}/Pulumi.{stack}.yaml {where}/{stack.replace('-', '_')}.py stacks/",
        f"pulumi stack init {stack}",
        f"pulumi import --file {where}/import.json --generate-code=false --protect=false --yes",
        "pulumi preview --expect-no-changes",
        *(f"# for a new upload: export {key.removeprefix('env:')}=..." for key in keys),
    ]
