"""`python -m operations preflight`: what would stop `pulumi up` half way, before it begins."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TextIO

import click

from providers.api.answers import Level
from providers.api.errors import CloudflareError
from providers.plugin.session import Session
from stacks.config import ZoneConfig

from ..checks import account, certificates
from ..checks import locks as lock_checks
from ..checks import zone as zone_checks
from ..checks.certificates import configured_sha256
from ..checks.issuers import issuers
from ..checks.results import CheckResult, problem, reason, warning, worst_first
from ..command import Stop, Verb, examples
from ..plan.held import HeldState
from ..plan.live import LiveZone
from ..render.terminal import progress, say, show_json, show_table
from ..sources import cloudflare, configuration, locks, state
from ..sources.configuration import StackFile
from ..sources.wanted_certificates import issued_fingerprints
from ..text import Untrusted, text

HEADS = ("", "Check", "Finding")
TONES = {"problem": "bad", "warning": "soon", "ok": "good"}


@click.command(
    "preflight",
    cls=Verb,
    help="Looks, before `pulumi up`, at what would stop it half way: the token and its"
    " permissions, whether each zone is there and its id and name belong together, SSL modes,"
    " Cloudflare's limits, bindings of others, private keys, whether each issuer is there and signs"
    " with `ca`, whether the origins' directives can be exported, whether somebody"
    " holds the stack's lock (in a backend on files; else it says that it did not look), what was"
    " changed outside, and whether names are proxied (where the token may read DNS). Nothing is"
    " changed.\n\n"
    "Exit codes: 0; 1 when there is a problem.",
    epilog=examples(
        "python -m operations preflight --stack prod",
        "pulumi stack export | python -m operations preflight --stack prod --state -",
        "python -m operations preflight --stack prod --no-state --json",
    ),
)
@configuration.options
@state.options
@click.option("--json", "is_json", is_flag=True)
def command(
    stack: str, file: Path | None, export: TextIO | None, no_state: bool, is_json: bool
) -> None:
    wanted = configuration.load(stack, file)
    found: list[CheckResult] = []
    ours = None if no_state else _ours(wanted, export, found)
    secret = None if no_state else partial(configuration.secret, wanted)
    with cloudflare.cloudflare(say) as run:
        tokens = account.tokens(wanted, run)
        found += tokens.values()
        found += account.alerts(wanted, run)
        found += issuers(wanted, run)
        for number, (name, config) in enumerate(wanted.zones.items(), 1):
            with progress(f"looking at {name} ({number} of {len(wanted.zones)})"):
                is_usable = tokens[config.token_env].grade != "problem"
                found += zone(name, config, ours, run, secret, is_usable=is_usable)
            found += certificates.origin(name, wanted)
    found = worst_first(found)
    if is_json:
        show_json({"results": [finding.as_json() for finding in found]})
    else:
        rows = [((f.grade,), (f.check,), f.words) for f in found]
        show_table(HEADS, rows, [TONES[f.grade] for f in found])
    if any(finding.grade == "problem" for finding in found):
        click.get_current_context().exit(1)


def _ours(wanted: StackFile, export: TextIO | None, found: list[CheckResult]) -> HeldState | None:
    try:
        if export is None:
            found += lock_checks.locks(wanted.stack, locks.of_stack(wanted.stack))
        return state.of_stack(wanted.stack, export)
    except Stop as stop:
        if export is not None:
            raise
        found.append(warning("state", text("not read: {why}", why=Untrusted(stop.message, 400))))
        return None


def zone(
    name: str,
    config: ZoneConfig,
    ours: HeldState | None,
    run: Session,
    secret: certificates.Secret | None = None,
    *,
    is_usable: bool = True,
) -> Iterator[CheckResult]:
    """Checks everything about a zone; its files alone where its token is not usable."""
    pairs = config.pairs()
    fingerprints = {label: sha for label, pair in pairs.items() if (sha := configured_sha256(pair))}
    seen: LiveZone | None = None
    try:
        if is_usable:
            yield from account.identity(name, config, run)
            seen = cloudflare.read(name, config, run, ours)
            fingerprints |= issued_fingerprints(seen, run.clock.now())
    except CloudflareError as error:
        yield problem("zone", text("{name}: {why}", name=Untrusted(name), why=reason(error)))
    if seen:
        yield from _of_live(seen, fingerprints, ours, run)
    elif not is_usable:
        yield warning(
            "zone", text("{name}: not looked at, for want of a token", name=Untrusted(name))
        )
    for label, pair in pairs.items():
        where = text("{zone}, {label}: ", zone=Untrusted(name), label=Untrusted(label))
        level: Level = "hostname" if label in config.hostname_certificates else "zone"
        there = seen.certificates[level] if seen else []
        yield from certificates.keys(where, pair, there, ours.ids if ours else None, run, secret)


def _of_live(
    seen: LiveZone, fingerprints: dict[str, str], ours: HeldState | None, run: Session
) -> Iterator[CheckResult]:
    hostnames = {k: v for k, v in fingerprints.items() if k in seen.config.hostname_certificates}
    yield from zone_checks.ssl_mode(seen, run)
    yield from zone_checks.limits(seen, hostnames)
    yield from zone_checks.foreign(seen, hostnames, ours)
    yield from zone_checks.changed_outside(seen, fingerprints, ours)
    yield from zone_checks.zone_level(seen, ours)
    yield from zone_checks.check_proxied(seen, run)
