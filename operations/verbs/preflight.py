"""`python -m operations preflight`: what would stop `pulumi up` half way, before it begins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import click
import pulumi

from providers.api.credentials import credentials
from providers.api.errors import CloudflareError, Refused
from providers.lifecycle.certificate import key_text
from providers.plugin.session import Session
from providers.values import pem
from providers.values.key import matches, read_private_key
from providers.values.text import short
from stacks.config import KeyPair, ZoneConfig
from stacks.origin import zone_directives

from .. import zone_checks
from ..command import Stop, Verb, examples
from ..findings import Finding, ok, problem, warning, worst_first
from ..render.terminal import progress, show_json, show_table
from ..sources import cloudflare, configuration, state
from ..sources.cloudflare import LiveZone
from ..sources.configuration import Wanted
from ..text import Value, Words, fingerprint, say

HEADS = ("", "Check", "Finding")
TONES = {"problem": "bad", "warning": "soon", "ok": "good"}
ACCOUNT_TOKEN = 1000


@click.command(
    "preflight",
    cls=Verb,
    help="Looks, before `pulumi up`, at what would stop it half way: the token and its"
    " permissions, whether each zone is there and its id and name belong together, SSL modes,"
    " Cloudflare's limits, bindings of others, private keys, whether the origins' directives can be"
    " exported, and whether names are proxied (where the token may read DNS). Nothing is"
    " changed.\n\n"
    "Exit codes: 0; 1 when there is a problem.",
    epilog=examples(
        "python -m operations preflight --stack prod",
        "pulumi stack export | python -m operations preflight --stack prod --state -",
        "python -m operations preflight --stack prod --no-state --json",
    ),
)
@configuration.options
@click.option(
    "--state",
    "export",
    type=click.File("r", encoding="utf-8"),
    help="The output of `pulumi stack export`; by default pulumi is asked.",
)
@click.option("--no-state", is_flag=True, help="Do without: own bindings are then not known.")
@click.option("--json", "is_json", is_flag=True)
def command(
    stack: str, file: Path | None, export: TextIO | None, no_state: bool, is_json: bool
) -> None:
    wanted = configuration.load(stack, file)
    found: list[Finding] = []
    ours = None if no_state else _ours(wanted, export, found)
    with cloudflare.cloudflare() as run:
        found += tokens(wanted, run)
        for number, (name, config) in enumerate(wanted.zones.items(), 1):
            with progress(f"looking at {name} ({number} of {len(wanted.zones)})"):
                found += zone(name, config, ours, run)
            found += origin(name, wanted)
    found = worst_first(found)
    if is_json:
        show_json([finding.as_json() for finding in found])
    else:
        rows = [((f.grade,), (f.check,), f.words) for f in found]
        show_table(HEADS, rows, [TONES[f.grade] for f in found])
    if any(finding.grade == "problem" for finding in found):
        click.get_current_context().exit(1)


def _ours(wanted: Wanted, export: TextIO | None, found: list[Finding]) -> set[str] | None:
    try:
        return {held.cert_id for held in state.of_stack(wanted.stack, export)}
    except Stop as stop:
        if export is not None:
            raise
        found.append(warning("state", say("not read: {why}", why=Value(stop.message, 400))))
        return None


def tokens(wanted: Wanted, run: Session) -> Iterator[Finding]:
    """Each token once: is it there, and does Cloudflare know it as active?"""
    for name in dict.fromkeys(config.token_env for config in wanted.zones.values()):
        variable = Value(name or "CLOUDFLARE_API_TOKEN")
        try:
            if name is None and "x-auth-key" in credentials(run.environ, None):
                yield ok("token", ("CLOUDFLARE_EMAIL with CLOUDFLARE_API_KEY",))
                continue
            reply = run.client(name).get("user/tokens/verify")
        except Refused as refused:
            if refused.has(ACCOUNT_TOKEN):
                text = "{name}: a token of an account, which only its account can verify"
                yield warning("token", say(text, name=variable))
            else:
                yield problem("token", say("{name}: {why}", name=variable, why=_why(refused)))
            continue
        except CloudflareError as error:
            yield problem("token", (_why(error),))
            continue
        status = str(reply.result.get("status")) if isinstance(reply.result, dict) else "unknown"
        grade = ok if status == "active" else problem
        yield grade("token", say("{name} is {it}", name=variable, it=Value(status)))


def _why(error: CloudflareError) -> Value:
    return Value(str(error), 600)


def zone(name: str, config: ZoneConfig, ours: set[str] | None, run: Session) -> Iterator[Finding]:
    """Everything about one zone."""
    pairs = config.pairs()
    fingerprints = {label: sha for label, pair in pairs.items() if (sha := _sha256(pair))}
    try:
        yield from identity(name, config, run)
        seen = cloudflare.read(name, config, run)
    except CloudflareError as error:
        yield problem("zone", say("{name}: {why}", name=Value(name), why=_why(error)))
        there: set[str] = set()
    else:
        there = {r.sha256 for records in seen.certificates.values() for r in records}
        yield from _of_live(seen, fingerprints, ours, run)
    for label, pair in pairs.items():
        where = say("{zone}, {label}: ", zone=Value(name), label=Value(label))
        yield from keys(where, pair, there, run)


def origin(name: str, wanted: Wanted) -> Iterator[Finding]:
    """Whether the zone's directives can be exported, once its certificates can be read."""
    where = say("{zone}: ", zone=Value(name))
    if not all(map(_sha256, wanted.zones[name].pairs().values())):
        return
    try:
        found = zone_directives(wanted.zones, name, str(wanted.file))
    except pulumi.RunError as error:
        told = str(error).removeprefix(f"{wanted.file}: ")
        yield problem("origin", (*where, Value(told, 600)))
        return
    if found:
        hostnames = f"{len(found)} hostname{'s' if len(found) > 1 else ''}"
        yield ok("origin", (*where, f"directives and CAs for {hostnames} can be exported"))


def _of_live(
    seen: LiveZone, fingerprints: dict[str, str], ours: set[str] | None, run: Session
) -> Iterator[Finding]:
    hostnames = {k: v for k, v in fingerprints.items() if k in seen.config.hostname_certificates}
    yield from zone_checks.ssl_mode(seen)
    yield from zone_checks.limits(seen, hostnames)
    yield from zone_checks.foreign(seen, hostnames, ours)
    yield from zone_checks.proxied(seen, run)


def identity(name: str, config: ZoneConfig, run: Session) -> Iterator[Finding]:
    """Whether the id is the id of the zone with this name, and what the token may do there."""
    try:
        found = run.client(config.token_env).get("zones", name=name).result or []
    except Refused:
        text = "{zone}: this token may not list zones, so id and name were not compared"
        yield warning("zone", say(text, zone=Value(name)))
        return
    items = [item for item in found if isinstance(item, dict)]
    mine = next((item for item in items if item.get("id") == config.zone_id), None)
    if mine is None and items:
        yield problem(
            "zone",
            say(
                "{zone} has the id {it}, not {wrong}. Correct zone_id.",
                zone=Value(name),
                it=Value(str(items[0].get("id"))),
                wrong=Value(config.zone_id),
            ),
        )
    elif mine is None:
        text = "{zone}: this token sees no zone of this name. Correct the name, or its zones."
        yield problem("zone", say(text, zone=Value(name)))
    else:
        yield ok("zone", say("{zone} has the id {it}", zone=Value(name), it=Value(config.zone_id)))
        yield from permissions(name, mine.get("permissions"))


def permissions(name: str, listed: object) -> Iterator[Finding]:
    """What the zone's `permissions` say of writing, where they speak of it."""
    words = [str(word).lower() for word in listed] if isinstance(listed, list) else []
    for what, start in (("SSL and Certificates", "#ssl"), ("Zone Settings", "#zone_settings")):
        mine = [word for word in words if word.startswith(start)]
        if not mine:
            text = "{zone}: not told whether it holds Zone > {what}: Edit"
            yield warning("permissions", say(text, zone=Value(name), what=what))
        elif any(word.endswith(("edit", "write")) for word in mine):
            yield ok("permissions", say("{zone}: Zone > {what}: Edit", zone=Value(name), what=what))
        else:
            text = "{zone}: the token may only read. It needs Zone > {what}: Edit."
            yield problem("permissions", say(text, zone=Value(name), what=what))


def _sha256(pair: KeyPair) -> str:
    try:
        return pem.read_certificate(pair.pem()).sha256
    except (pem.PemError, pulumi.RunError):
        return ""


def keys(where: Words, pair: KeyPair, there: set[str], run: Session) -> Iterator[Finding]:
    """Whether the certificate can be used, and its key is at hand where it is needed."""
    try:
        certificate = pem.read_certificate(pair.pem())
    except (pem.PemError, pulumi.RunError) as error:
        yield problem("certificate", (*where, Value(str(error), 600)))
        return
    name = fingerprint(certificate.sha256)
    is_there = certificate.sha256 in there
    faults = pem.faults(certificate, run.clock.now())
    for fault in faults:
        grade = warning if is_there else problem
        yield grade("certificate", (*where, *name, " ", Value(fault, 600)))
    if pair.private_key.startswith("secret:"):
        yield ok("key", (*where, "kept in the stack's configuration, not looked at"))
        return
    try:
        key = read_private_key(key_text(pair.private_key))
    except (pem.PemError, CloudflareError) as error:
        need = "; it is not needed, the certificate is uploaded already" if is_there else ""
        grade = warning if is_there else problem
        yield grade("key", (*where, Value(str(error), 600), need))
        return
    if matches(certificate, key):
        yield ok("key", say("{where}certificate {it} and its key", where=where, it=name))
    else:
        told = "the key does not belong to certificate {it}"
        yield problem("key", (*where, *say(told, it=Value(short(certificate.sha256)))))
