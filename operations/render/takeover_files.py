"""The files of `operations import --terraform-state` and `--pulumi-state`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from stacks.config import KEY
from stacks.section import NAMESPACE

from .. import new_files
from ..plan.takeover import Takeover, configuration, forget_lines, removed_blocks, secret_name

PROGRAM = '''"""{stack}: what another tool managed until now; guarded, because it is live.

As stacks/prod.py does: switches and bindings cannot be deleted, and no hostname can leave a map
unless `allow_removal` names it.
"""

from .prod import program as program
'''


def write(
    made: Takeover,
    stack: str,
    folder: Path,
    keys: str,
    force: bool,
    name_of: Callable[[str], str],
    states: str = "",
) -> tuple[list[str], list[str]]:
    """Writes everything; what was written, and the commands that follow.

    :param keys: `file`; or `secret`, where no key is written: the commands hand each one over.
    :param name_of: the name of a zone by its id.
    :param states: the options that name the states, for those commands.
    """
    names = {zone_id: name_of(zone_id) for zone_id in made.zones}
    place = new_files.in_project(folder)
    public = {folder / name: text for name, text in _texts(made, names, stack, place, keys).items()}
    stems = private_keys(made, names)
    private = {folder / "keys" / f"{stem}.key": key for stem, key in stems.items()}
    if keys == "secret":
        private = {}
    for path in {path.parent for path in public}:
        path.mkdir(parents=True, exist_ok=True)
    if private:
        new_files.private_folder(folder / "keys")
    # Keys first: what names them is of no use without them.
    new_files.write(private, new_files.PRIVATE, force=force)
    new_files.write(public, new_files.PUBLIC, force=force)
    written = [new_files.in_project(path) for path in (*public, *private)]
    return written, _steps(
        made, stack, place, _hand_over(stack, states, stems) if keys == "secret" else []
    )


def _texts(
    made: Takeover, names: Mapping[str, str], stack: str, place: str, keys: str
) -> dict[str, str]:
    zones = {
        names[key]: configuration(zone, names[key], place, keys) for key, zone in made.zones.items()
    }
    config: dict[str, Any] = {"config": {f"{NAMESPACE}:{KEY}": zones}}
    head = f"# {stack}: what another tool managed until now.\n"
    texts = {
        f"Pulumi.{stack}.yaml": head + yaml.safe_dump(config, sort_keys=False),
        f"{stack.replace('-', '_')}.py": PROGRAM.format(stack=stack),
        "forget.sh": "".join(f"{line}\n" for line in forget_lines(made.taken)),
    }
    if blocks := removed_blocks(made.taken):
        texts["forget.tf"] = blocks
    for zone_id, zone in made.zones.items():
        for certificate in (*zone.zone_certificates.values(), *zone.hostname_certificates.values()):
            stem = f"{names[zone_id]}-{certificate.label}"
            texts[f"certificates/{stem}.pem"] = certificate.certificate
    return texts


def private_keys(made: Takeover, names: Mapping[str, str]) -> dict[str, str]:
    """The private keys that the other tool's state holds; as files git ignores them (`*.key`).

    By the zone's name and the label of the certificate: `example.com-app`.
    """
    return {
        f"{names[zone_id]}-{certificate.label}": certificate.key
        for zone_id, zone in made.zones.items()
        for certificate in (*zone.zone_certificates.values(), *zone.hostname_certificates.values())
        if certificate.key
    }


def _hand_over(stack: str, states: str, stems: Iterable[str]) -> list[str]:
    """A key goes from one state into the other, and is nowhere in between."""
    return [
        f"python -m operations import {states} --key {stem}"
        f" | pulumi config set --stack {stack} --secret aop:{secret_name(stem)}"
        for stem in stems
    ]


def _steps(made: Takeover, stack: str, place: str, secrets: list[str]) -> list[str]:
    is_terraform = any(resource.tool == "terraform" for resource in made.taken)
    tf = (
        f", or put {place}/forget.tf in place of the resources (1.7 and newer)"
        if is_terraform
        else ""
    )
    return [
        f"# in the other project: run the lines of {place}/forget.sh{tf}",
        f"cp {place}/Pulumi.{stack}.yaml {place}/{stack.replace('-', '_')}.py stacks/",
        f"pulumi stack init {stack}",
        *secrets,
        f"python -m operations preflight --stack {stack}",
        f"pulumi up --stack {stack}",
        f"pulumi preview --stack {stack} --refresh --expect-no-changes",
    ]
