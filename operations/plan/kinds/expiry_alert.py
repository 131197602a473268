"""`ExpiryAlert`: a notification policy of the account, before certificates end."""

from __future__ import annotations

from collections.abc import Iterator

from providers.api.answers import LEVELS, Level
from providers.expiry_alert import DESTINATIONS, ExpiryAlertProvider

from ...text import Text, Untrusted, join, text
from ..preview import Props, Resource
from .kind import ABSENT, Difference, Kind, Refreshed, changed_keys


class ExpiryAlertKind(Kind):
    """An alert belongs to an account, and concerns every zone there."""

    name = "ExpiryAlert"
    provider = ExpiryAlertProvider
    is_of_zone = False
    takes_over = "a notification policy of the same name that tells others is taken over"

    def warned_level(self, props: Props) -> Level | None:
        level = next((known for known in LEVELS if known == props.get("level")), None)
        return level if props.get("enabled") is not False else None

    def steps(self, resource: Resource, zone: Untrusted) -> Iterator[Text]:
        name, props = Untrusted(resource.name), resource.new or {}
        if resource.op == "update":
            yield text("{name}: changes {it}", name=name, it=changed_keys(resource))
            return
        template = (
            "{name}: has Cloudflare tell {who} before {level} certificates end, or adopts a policy"
            " of the same name"
        )
        yield text(template, name=name, who=_who(props), level=_level(props))

    def undo_steps(self, resource: Resource, zone: Untrusted) -> Iterator[Text]:
        props = resource.old or {}
        template = "{name}: has Cloudflare no longer tell {who} before {level} certificates end"
        yield text(template, name=Untrusted(resource.name), who=_who(props), level=_level(props))

    def differences(self, found: Refreshed) -> Iterator[Difference]:
        old, new = found.resource.old or {}, found.resource.new
        name = Untrusted(str(old.get("policy_name") or found.resource.name))
        yield Difference(
            found.resource,
            text("expiry alert {name}", name=name),
            _summary(old),
            ABSENT if new is None else _summary(new),
            found.since,
            found.would,
        )


def _level(props: Props) -> Untrusted:
    return Untrusted(str(props.get("level")))


def _who(props: Props) -> Text:
    given = [props.get(field) for field in DESTINATIONS.values()]
    listed = [item for items in given if isinstance(items, list) for item in items]
    return join(Untrusted(str(item)) for item in listed) or ("somebody not known yet",)


def _summary(props: Props) -> Text:
    off = ", switched off" if props.get("enabled") is False else ""
    name = Untrusted(str(props.get("policy_name")))
    return text("{name} tells {who}{off}", name=name, who=_who(props), off=off)
