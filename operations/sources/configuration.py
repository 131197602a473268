"""What a stack wants, from its file: `--stack NAME` or `--config FILE`."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource
from pydantic import ValidationError

from providers.values.inputs import explain
from stacks import yaml_file
from stacks.config import (
    ABSENT,
    ALERTS,
    ISSUERS,
    KEY,
    PROJECT,
    Environment,
    ZoneConfig,
    parse,
)
from stacks.issuer_config import read_issuers
from stacks.orphans_known import ORPHANS_KNOWN, parse_orphans_known
from stacks.section import NAMESPACE

from ..command import Stop
from ..plan.held import HeldState
from ..text import safe
from .state import pulumi as run_pulumi

if TYPE_CHECKING:
    from ..plan.import_issued import KnownIssuer

FILE_VARIABLE = "AOP_STACK_FILE"
Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class StackFile:
    """What the file of a stack wants; without --stack the stack has the name in the file's.

    `orphans_known` are the reasons by fingerprint or id.
    """

    stack: str
    file: Path
    environment: Environment
    orphans_known: Mapping[str, str] = field(default_factory=dict)

    @property
    def zones(self) -> dict[str, ZoneConfig]:
        """By name."""
        return self.environment.zones


def _unless_of_another_stack(
    context: click.Context, _: click.Parameter, value: Path | None
) -> Path | None:
    """A --stack that was typed goes before the file of another one that the environment names."""
    typed, environ = ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT
    sources = [context.get_parameter_source(name) for name in ("stack", "file")]
    if value is None or sources != [typed, environ]:
        return value
    return None if _is_of_another_stack(value, context.params["stack"]) else value


def _is_of_another_stack(file: Path, stack: str) -> bool:
    named = re.fullmatch(r"Pulumi\.(.+)\.yaml", file.name)
    return named is not None and named[1] != stack.rpartition("/")[2]


def options(function: Function) -> Function:
    """Adds --stack and --config to a verb."""
    function = click.option(
        "--config",
        "file",
        callback=_unless_of_another_stack,
        envvar=FILE_VARIABLE,
        type=click.Path(path_type=Path, dir_okay=False),
        help="The stack's file; default AOP_STACK_FILE, or stacks/Pulumi.NAME.yaml.",
    )(function)
    return click.option(
        "--stack",
        envvar="PULUMI_STACK",
        default="",
        help="The stack; default PULUMI_STACK, or what `pulumi stack select` has selected.",
    )(function)


def project_option(function: Function) -> Function:
    """Adds --project to a verb that works from the state alone."""
    return click.option(
        "--project",
        envvar="AOP_PROJECT",
        type=click.Path(path_type=Path, file_okay=False, exists=True, resolve_path=True),
        default=PROJECT,
        help="The folder of a Pulumi program of your own; default AOP_PROJECT, or this project."
        " Without aop:zones in the stack's file the zones are those of its state.",
    )(function)


def load(stack: str, file: Path | None) -> StackFile:
    """The configuration; every mistake in it is one line that names key and file."""
    return _parsed(*_read(stack, file))


def _parsed(name: str, path: Path, values: Mapping[str, Any]) -> StackFile:
    alerts, issuers = (values.get(f"{NAMESPACE}:{key}", ABSENT) for key in (ALERTS, ISSUERS))
    # `org/project/stack` is called as `pulumi.get_stack()` calls that stack.
    owner = f"{project_name(PROJECT)}.{name.rpartition('/')[2]}"
    environment = parse(values.get(f"{NAMESPACE}:{KEY}"), str(path), alerts, issuers, owner)
    return StackFile(name, path, environment, _orphans_known(path, values))


def _orphans_known(path: Path, values: Mapping[str, Any]) -> dict[str, str]:
    return parse_orphans_known(values.get(f"{NAMESPACE}:{ORPHANS_KNOWN}", {}), str(path))


def load_issuers(stack: str) -> list[KnownIssuer]:
    """The issuers of a stack's file, in its order; what else stands there does not matter.

    The file is AOP_STACK_FILE, unless that is another stack's.

    :raises Stop: where the file or its issuers are missing, or say something that cannot be.
    """
    # Only a file with issuers needs to import them.
    from ..plan.import_issued import KnownIssuer

    given = os.environ.get(FILE_VARIABLE)
    file = Path(given) if given and not _is_of_another_stack(Path(given), stack) else None
    _, path, values = _read(stack, file)
    key = f"{NAMESPACE}:{ISSUERS}"
    if key not in values:
        raise Stop(f"{path} has no {key}. Name a stack whose file has; docs/renewal.md shows how.")
    try:
        found = read_issuers(values[key])
    except ValidationError as error:
        raise Stop("\n".join(f"{path}: {line}" for line in explain(error))) from None
    return [
        KnownIssuer(issuer, issuer.authorities(str(path)), values[key][name])
        for name, issuer in found.items()
    ]


def load_without_zones(stack: str, file: Path | None, project: Path) -> StackFile:
    """The configuration, with no zones where the stack's file has no `aop:zones`."""
    name, path, values = _read(stack, file, project)
    if f"{NAMESPACE}:{KEY}" in values:
        return _parsed(name, path, values)
    return StackFile(name, path, Environment.model_construct(zones={}))


def load_with_state(
    stack: str, file: Path | None, project: Path, read: Callable[[str], HeldState]
) -> tuple[StackFile, HeldState]:
    """The configuration and the stack's state; without `aop:zones` the zones are the state's.

    That is so for programs of one's own, which use the resources alone.

    :param project: the folder of the Pulumi program.
    :param read: answers the state of a stack, by its name.
    """
    name, path, values = _read(stack, file, project)
    if f"{NAMESPACE}:{KEY}" in values:
        return _parsed(name, path, values), read(name)
    held = read(name)
    if not held.zones:
        return _parsed(name, path, values), held
    zones = {zone_id: _zone_of_state(zone_id, held) for zone_id in held.zones}
    # Names of zones are hostnames; the state knows ids alone.
    environment = Environment.model_construct(zones=zones)
    return StackFile(name, path, environment, _orphans_known(path, values)), held


def _zone_of_state(zone_id: str, held: HeldState) -> ZoneConfig:
    days = [c.warn_days for c in held.certificates_of(zone_id) if c.warn_days is not None]
    given = {"token_env": held.token_envs.get(zone_id), "warn_days": max(days, default=None)}
    known = {key: value for key, value in given.items() if value is not None}
    return ZoneConfig.model_validate({"zone_id": zone_id, **known})


def _read(
    stack: str, file: Path | None, project: Path = PROJECT
) -> tuple[str, Path, dict[str, Any]]:
    """The stack's name, its file, and the values of `config` in it."""
    if not stack and file is None:
        stack = _selected(project)
    # Pulumi names the file of `org/project/stack` after the last word too.
    path = file or _folder(project) / f"Pulumi.{stack.rpartition('/')[2]}.yaml"
    name = stack or path.name.removeprefix("Pulumi.").removesuffix(".yaml")
    try:
        data = yaml_file.read(path)
    except FileNotFoundError:
        if project != PROJECT and file is None:
            # Pulumi makes the file of a stack when it has something to write there.
            return name, path, {}
        there = sorted(one.name.split(".")[1] for one in path.parent.glob("Pulumi.*.yaml"))
        known = f"The stacks there are: {', '.join(there)}" if there else "Give --config FILE"
        raise Stop(f"{path} does not exist. {known}.") from None
    except yaml_file.NotYaml as error:
        raise Stop(str(error)) from None
    config = data.get("config") if isinstance(data, dict) else None
    return name, path, config if isinstance(config, dict) else {}


def _selected(project: Path) -> str:
    """The stack of `pulumi stack select`, as pulumi's own commands take that; it is told.

    :raises Stop: where none is selected, or pulumi cannot tell.
    """
    try:
        name = run_pulumi("stack", "--show-name", project=project).strip()
    except Stop as stop:
        ways = "Give --stack NAME or --config FILE, or `pulumi stack select` one"
        raise Stop(f"Which stack? {ways} ({stop.message}).", 2) from None
    click.echo(safe(f"stack {name}, which is the selected one"), err=True)
    return name


def _folder(project: Path) -> Path:
    """Where the files of a project's stacks are, as its Pulumi.yaml says."""
    return project / str(_pulumi_yaml(project).get("stackConfigDir") or "")


def project_name(project: Path) -> str:
    """The name of a Pulumi project, by which stacks are filed in a backend."""
    if isinstance(name := _pulumi_yaml(project).get("name"), str):
        return name
    raise Stop(f"{project / 'Pulumi.yaml'} has no name. Write `name: aop` there.")


def _pulumi_yaml(project: Path) -> dict[str, Any]:
    try:
        data = yaml_file.read(project / "Pulumi.yaml")
    except FileNotFoundError:
        raise Stop(f"{project} has no Pulumi.yaml. Give the folder of the program.") from None
    except yaml_file.NotYaml as error:
        raise Stop(str(error)) from None
    return data if isinstance(data, dict) else {}


class NotSet(Stop):
    """The stack's configuration has no value of this name."""


def pulumi_options(wanted: StackFile, file: Path | None) -> list[str]:
    """The options by which the pulumi CLI works on the same stack.

    :param file: the stack's file, where it is another than Pulumi takes by itself.
    """
    config = ["--config-file", str(file.resolve())] if file else []
    return ["--stack", wanted.stack, *config]


def secret(wanted: StackFile, key: str) -> str:
    """The value of `secret:KEY`, as `pulumi up` hands it to the resource.

    :raises NotSet: where there is none.
    :raises Stop: where the pulumi CLI cannot tell: it is not there, or has no passphrase.
    """
    name = f"{NAMESPACE}:{key}"
    try:
        where = pulumi_options(wanted, wanted.file)
        return run_pulumi("config", "get", name, *where).rstrip("\n")
    except Stop as stop:
        if "not found for stack" in stop.message:
            step = f"Set it: `pulumi config set --secret {name}`."
            raise NotSet(f"the configuration has no {name}. {step}") from None
        raise
