"""`ZoneSetting`: one switch or the SSL mode of a zone."""

from __future__ import annotations

from collections.abc import Iterator

from providers.zone_setting import ZoneSettingProvider

from ...text import Text, Untrusted, text
from ..presented import CertificateFacts, ZoneFacts
from ..preview import Props, Resource
from .kind import ABSENT, Difference, Kind, Refreshed, known

# By Cloudflare's name of the setting: its field in ZoneFacts, and what people call it.
FIELDS = {"tls_client_auth": "shared", "origin_tls_client_auth": "own", "ssl": "ssl"}
NAMES = {
    "shared": "Cloudflare's shared certificate",
    "own": "the zone's own certificate",
    "ssl": "the SSL mode",
}
ON = ("on", True)


class ZoneSettingKind(Kind):
    """A setting that is deleted keeps its value, or goes to another one, as `on_destroy` says."""

    name = "ZoneSetting"
    provider = ZoneSettingProvider

    def add(self, zone: ZoneFacts, props: Props, certificate: CertificateFacts | None) -> None:
        if field := FIELDS.get(str(props.get("setting"))):
            setattr(zone, field, _word(props.get("value")))

    def take_away(
        self, zone: ZoneFacts, props: Props, certificate: CertificateFacts | None
    ) -> None:
        if field := FIELDS.get(str(props.get("setting"))):
            setattr(zone, field, None)

    def leave(self, zone: ZoneFacts, resource: Resource) -> None:
        props = resource.old or {}
        field = FIELDS.get(str(props.get("setting")))
        if field and getattr(zone, field) is None:
            value = props.get("value") if on_destroy(props) == "keep" else _set_on_delete(resource)
            setattr(zone, field, _word(value))

    def steps(self, resource: Resource, zone: Untrusted) -> Iterator[Text]:
        yield text(
            "{name}: {it}",
            name=Untrusted(resource.name),
            it=_what_is_set(resource.new or {}, zone),
        )

    def undo_steps(self, resource: Resource, zone: Untrusted) -> Iterator[Text]:
        props = resource.old or {}
        name = NAMES.get(FIELDS.get(str(props.get("setting")), ""), "a setting")
        me, after = Untrusted(resource.name), on_destroy(props)
        if after == "keep":
            yield text("{me}: leaves {name} of {zone} as it is", me=me, name=name, zone=zone)
            return
        yield text(
            "{me}: sets {name} of {zone} {back}to {to}",
            me=me,
            name=name,
            zone=zone,
            back="back " if after == "restore" else "",
            to=Untrusted(str(_set_on_delete(resource))),
        )

    def differences(self, found: Refreshed) -> Iterator[Difference]:
        old, new = found.resource.old or {}, found.resource.new or {}
        setting = str(old.get("setting", ""))
        yield Difference(
            found.resource,
            text("{setting} of {zone}", setting=Untrusted(setting), zone=found.zone),
            (Untrusted(str(old.get("value", ""))),),
            (Untrusted(str(new.get("value", ""))),) if new else ABSENT,
            found.since,
            found.would,
            setting=setting,
        )


def on_destroy(props: Props) -> object:
    """What a setting does when it is deleted: `keep`, `restore` or a value."""
    return props.get("on_destroy") or ("keep" if props.get("setting") == "ssl" else "restore")


def _set_on_delete(resource: Resource) -> object:
    after = on_destroy(resource.old or {})
    return resource.outputs.get("found") if after == "restore" else after


def _what_is_set(props: Props, zone: Untrusted) -> Text:
    field = FIELDS.get(str(props.get("setting")), "")
    value = props.get("value")
    if field == "own" and value in ON:
        template = "waits for the newest certificate of {zone} to be active, then switches it on"
        return text(template, zone=zone)
    if field in ("own", "shared"):
        state = "on" if value in ON else "off"
        return text("switches {name} of {zone} {state}", name=NAMES[field], zone=zone, state=state)
    return text("sets the SSL mode of {zone} to {mode}", zone=zone, mode=Untrusted(str(value)))


def _word(value: object) -> str | None:
    if isinstance(value, bool):
        return "on" if value else "off"
    return known(value) or None
