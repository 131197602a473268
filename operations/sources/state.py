"""What stacks hold: `pulumi stack export`, from the CLI or from a file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, TextIO, TypeVar

import click

from providers.api.answers import fingerprint
from providers.values.pem import PemError, read_certificate
from stacks.config import PROJECT

from ..command import Stop
from ..plan.held import HeldCertificate, HeldState
from ..plan.kinds import kind_named
from ..plan.presented import BindingFacts, CertificateFacts, ZoneFacts
from ..plan.preview import TYPES, Unreadable
from ..plan.preview import read as read_preview
from ..plan.renewal import renews_on
from ..text import safe

SECONDS = 120
Function = TypeVar("Function", bound=Callable[..., Any])


def options(function: Function) -> Function:
    """Adds --state and --no-state to a verb."""
    function = click.option(
        "--no-state",
        is_flag=True,
        help="Do without pulumi: what is this stack's, and `secret:` keys, are then not known.",
    )(function)
    return click.option(
        "--state",
        "export",
        type=click.File("r", encoding="utf-8"),
        help="The output of `pulumi stack export`; by default pulumi is asked.",
    )(function)


def read(text: str, stack: str) -> HeldState:
    """Reads a stack's export.

    :raises Stop: when the text is no export.
    """
    resources = _resources(text)
    held = tuple(_certificates(resources, stack))
    sha256 = {item.cert_id: item.sha256 for item in held}
    zones: dict[str, ZoneFacts] = {}
    token_envs: dict[str, str] = {}
    subjects: set[str] = set()
    for item in resources:
        props = _props(item)
        zone_id = str(props.get("zone_id", ""))
        kind = kind_named(_kind_name(item))
        is_ours = str(item.get("type", "")).startswith(TYPES) and kind.is_of_zone
        if not is_ours or not zone_id or item.get("delete") is True:
            continue
        zone = zones.setdefault(zone_id, ZoneFacts(zone_id))
        subjects |= kind.subjects(props)
        kind.add(zone, props, None)
        for row in kind.bindings(props):
            cert_id = str(row.cert_id)
            known = str(row.sha256) if row.sha256 else sha256.get(cert_id, "")
            facts = CertificateFacts(known, cert_id=cert_id)
            zone.hostnames[row.hostname] = BindingFacts(facts, row.is_enabled)
        if isinstance(token_env := props.get("token_env"), str):
            token_envs[zone_id] = token_env
    return HeldState(held, zones, token_envs, frozenset(subjects))


def _resources(text: str) -> list[dict[str, Any]]:
    try:
        data = json.loads(text)
        resources: list[dict[str, Any]] = data["deployment"].get("resources") or []
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Stop("this is no stack. Give the output of `pulumi stack export`.") from None
    return resources


def _kind_name(item: dict[str, Any]) -> str:
    return str(item.get("type", "")).removeprefix(TYPES)


def _props(item: dict[str, Any]) -> dict[str, Any]:
    return item.get("outputs") or item.get("inputs") or {}


def _certificates(resources: list[dict[str, Any]], stack: str) -> Iterator[HeldCertificate]:
    """The certificates of a stack, with those that wait for their deletion."""
    for item in resources:
        kind = kind_named(_kind_name(item))
        level = kind.level
        if level is None:
            continue
        outputs = _props(item)
        pem = str(outputs.get("certificate", ""))
        yield HeldCertificate(
            stack=stack,
            name=str(item.get("urn", "")).split("::")[-1],
            level=level,
            zone_id=str(outputs.get("zone_id", "")),
            cert_id=str(item.get("id", "")),
            sha256=str(outputs.get("certificate_sha256", "")) or fingerprint(pem),
            expires_on=str(outputs.get("expires_on", "")),
            life=_life(pem),
            warn_days=days if isinstance(days := outputs.get("warn_days"), (int, float)) else None,
            is_going=item.get("delete") is True,
            renews_on=renews_on(pem, outputs.get("renew_days")) if kind.renews_itself else "",
        )


def _life(text: str) -> timedelta | None:
    try:
        certificate = read_certificate(text)
    except PemError:
        return None
    return certificate.not_after - certificate.not_before


def pulumi(*arguments: str, project: Path = PROJECT) -> str:
    """The output of `pulumi ARGUMENTS` in a project's folder; its last line when it fails."""
    program = shutil.which("pulumi")
    if program is None:
        raise Stop("there is no pulumi on PATH. Install it, or give --state FILE.")
    verb = " ".join(arguments[:2])
    try:
        done = subprocess.run(
            [program, *arguments, "--non-interactive"],
            cwd=project,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        late = f"`pulumi {verb}` did not end within {SECONDS} seconds"
        raise Stop(f"{late}. Run it by hand, to see what it waits for.") from None
    if done.returncode != 0:
        told = safe(failure(done.stdout, done.stderr), 400)
        raise Stop(f"pulumi {verb} ended with {done.returncode}: {told}")
    return done.stdout


def failure(output: str, errors: str) -> str:
    """Why the CLI failed: the engine's first error where it answered in JSON, else a line of it."""
    with suppress(Unreadable):
        told = [diagnostic.text for diagnostic in read_preview(output).errors]
        if told:
            return told[0]
    lines = [line for line in (errors or output).splitlines() if line.strip()]
    return next((line for line in lines if "error" in line), lines[-1] if lines else "")


def of_stack(stack: str, file: TextIO | None, project: Path = PROJECT) -> HeldState:
    """What one stack holds, from a file or from the backend of the pulumi CLI."""
    if file is not None:
        return read(file.read(), stack)
    return read(pulumi("stack", "export", "--stack", stack, project=project), stack)


def of_all_stacks(project: Path = PROJECT) -> dict[str, HeldState]:
    """What every stack of a project in the backend holds, by name."""
    listed: list[dict[str, Any]] = json.loads(pulumi("stack", "ls", "--json", project=project))
    names = [str(item.get("name", "")) for item in listed]
    return {name: of_stack(name, None, project) for name in names}
