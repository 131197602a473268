"""What a token may do, and whether a zone's name and id belong together."""

from __future__ import annotations

from collections.abc import Iterator

from providers.api.codes import Code
from providers.api.credentials import credentials
from providers.api.errors import CloudflareError, Refused
from providers.plugin.session import Session
from stacks.config import ZoneConfig

from ..sources.configuration import StackFile
from ..text import Untrusted, text
from .results import CheckResult, ok, problem, reason, warning

VERIFY_USER = "user/tokens/verify"


def tokens(wanted: StackFile, run: Session) -> dict[str | None, CheckResult]:
    """Whether each token, by `token_env`, is there, and Cloudflare calls the token active."""
    names = dict.fromkeys(config.token_env for config in wanted.zones.values())
    return {name: _token(name, run) for name in names}


def _token(name: str | None, run: Session) -> CheckResult:
    variable = Untrusted(name or "CLOUDFLARE_API_TOKEN")
    try:
        if name is None and "x-auth-key" in credentials(run.environ, None):
            return ok("token", ("CLOUDFLARE_EMAIL with CLOUDFLARE_API_KEY",))
        reply = run.client(name).get(VERIFY_USER)
    except Refused as refused:
        if refused.has(Code.TOKEN_OF_AN_ACCOUNT):
            template = "{name}: a token of an account, which only its account can verify"
            return warning("token", text(template, name=variable))
        return problem("token", text("{name}: {why}", name=variable, why=reason(refused)))
    except CloudflareError as error:
        return problem("token", (reason(error),))
    status = str(reply.result.get("status")) if isinstance(reply.result, dict) else "unknown"
    grade = ok if status == "active" else problem
    return grade("token", text("{name} is {it}", name=variable, it=Untrusted(status)))


def alerts(wanted: StackFile, run: Session) -> Iterator[CheckResult]:
    """Whether the token of `aop:alerts` may see the account's notification policies.

    Whether it may write them is told by the first write alone.
    """
    config = wanted.environment.alerts
    if config is None:
        return
    try:
        run.account_run(config.account_id, config.token_env).account.policies()
    except CloudflareError as error:
        yield problem("alerts", (reason(error),))
        return
    template = "account {it}: its notification policies can be read"
    yield ok("alerts", text(template, it=Untrusted(config.account_id)))


def identity(name: str, config: ZoneConfig, run: Session) -> Iterator[CheckResult]:
    """Whether the id is the id of the zone with this name, and what the token may do there."""
    try:
        found = run.client(config.token_env).get("zones", name=name).result or []
    except Refused:
        template = "{zone}: this token may not list zones, so id and name were not compared"
        yield warning("zone", text(template, zone=Untrusted(name)))
        return
    items = [item for item in found if isinstance(item, dict)]
    mine = next((item for item in items if item.get("id") == config.zone_id), None)
    if mine is None and items:
        yield problem(
            "zone",
            text(
                "{zone} has the id {it}, not {wrong}. Correct zone_id.",
                zone=Untrusted(name),
                it=Untrusted(str(items[0].get("id"))),
                wrong=Untrusted(config.zone_id),
            ),
        )
    elif mine is None:
        template = "{zone}: this token sees no zone of this name. Correct the name, or its zones."
        yield problem("zone", text(template, zone=Untrusted(name)))
    else:
        yield ok(
            "zone",
            text("{zone} has the id {it}", zone=Untrusted(name), it=Untrusted(config.zone_id)),
        )
        yield from permissions(name, mine.get("permissions"))


def permissions(name: str, listed: object) -> Iterator[CheckResult]:
    """What the zone's `permissions` say of writing, where they speak of it."""
    words = [str(word).lower() for word in listed] if isinstance(listed, list) else []
    for what, start in (("SSL and Certificates", "#ssl"), ("Zone Settings", "#zone_settings")):
        mine = [word for word in words if word.startswith(start)]
        if not mine:
            template = "{zone}: not told whether it holds Zone > {what}: Edit"
            yield warning("permissions", text(template, zone=Untrusted(name), what=what))
        elif any(word.endswith(("edit", "write")) for word in mine):
            yield ok(
                "permissions", text("{zone}: Zone > {what}: Edit", zone=Untrusted(name), what=what)
            )
        else:
            template = "{zone}: the token may only read. It needs Zone > {what}: Edit."
            yield problem("permissions", text(template, zone=Untrusted(name), what=what))
