"""What a stack wants, from its file: `--stack NAME` or `--config FILE`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
import pulumi
import yaml

from providers.values import pem
from stacks.config import ABSENT, ALERTS, KEY, NAMESPACE, PROJECT, Environment, ZoneConfig, parse

from ..command import Stop
from ..text import safe
from .state import pulumi as run_pulumi

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class StackFile:
    """What the file of a stack wants; without --stack the stack has the name in the file's."""

    stack: str
    file: Path
    environment: Environment

    @property
    def zones(self) -> dict[str, ZoneConfig]:
        """By name."""
        return self.environment.zones


def options(function: Function) -> Function:
    """Adds --stack and --config to a verb."""
    function = click.option(
        "--config",
        "file",
        envvar="AOP_STACK_FILE",
        type=click.Path(path_type=Path, dir_okay=False),
        help="The stack's file; default AOP_STACK_FILE, or stacks/Pulumi.NAME.yaml.",
    )(function)
    return click.option(
        "--stack", envvar="PULUMI_STACK", default="", help="The stack; default PULUMI_STACK."
    )(function)


def load(stack: str, file: Path | None) -> StackFile:
    """The configuration; every mistake in it is one line that names key and file."""
    if not stack and file is None:
        raise Stop("Which stack? Give --stack NAME, or --config FILE.", 2)
    path = file or PROJECT / "stacks" / f"Pulumi.{stack}.yaml"
    name = stack or path.name.removeprefix("Pulumi.").removesuffix(".yaml")
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Stop(f"{path} does not exist. Give the name of a stack, or --config FILE.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Stop(f"{path}: this is not YAML ({safe(str(error))})") from None
    config = data.get("config") if isinstance(data, dict) else None
    values = config if isinstance(config, dict) else {}
    alerts = values.get(f"{NAMESPACE}:{ALERTS}", ABSENT)
    environment = parse(values.get(f"{NAMESPACE}:{KEY}"), str(path), alerts)
    return StackFile(name, path, environment)


class NotSet(Stop):
    """The stack's configuration has no value of this name."""


def secret(wanted: StackFile, key: str) -> str:
    """The value of `secret:KEY`, as `pulumi up` hands it to the resource.

    :raises NotSet: where there is none.
    :raises Stop: where the pulumi CLI cannot tell: it is not there, or has no passphrase.
    """
    file = str(wanted.file.resolve())
    name = f"{NAMESPACE}:{key}"
    try:
        return run_pulumi(
            "config", "get", name, "--stack", wanted.stack, "--config-file", file
        ).rstrip("\n")
    except Stop as stop:
        if "not found for stack" in stop.message:
            step = f"Set it: `pulumi config set --secret {name}`."
            raise NotSet(f"the configuration has no {name}. {step}") from None
        raise


def fingerprints(config: ZoneConfig) -> dict[str, str]:
    """SHA-256 of the certificates of a zone by label, of those whose files can be read."""
    found: dict[str, str] = {}
    for label, pair in config.pairs().items():
        with suppress(pem.PemError, pulumi.RunError):
            found[label] = pem.read_certificate(pair.pem()).sha256
    return found
