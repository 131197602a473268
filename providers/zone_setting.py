"""A zone-wide setting: one of the two switches of Authenticated Origin Pulls, or the SSL mode.

API paths: PATCH and GET `/zones/{zone_id}/settings/tls_client_auth` (Cloudflare's shared
certificate) and `/settings/ssl`; PUT and GET `/zones/{zone_id}/origin_tls_client_auth/settings`
(the zone's own certificate). Identity: `ZONE/SETTING`; a setting always exists, so create sets it
and remembers what it found. In place: `value`. Replaces: `zone_id`, `setting`. Destroy:
`on_destroy`.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any, Literal

import pulumi
from pulumi.dynamic import (
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    UpdateResult,
)
from pydantic import BeforeValidator

from .api.answers import UploadedCertificate
from .api.errors import REFRESH_NEXT, CloudflareError, about
from .api.polling import LIST_LAG
from .api.zone import AOP, Zone
from .lifecycle.tls_mode import require_tls
from .plugin import session
from .plugin.program import setting_key
from .plugin.provider import Props, Provider, checked, dump, inputs_of
from .values.inputs import UNKNOWN, Inputs, TokenEnv, WaitSeconds, ZoneId
from .values.text import short

SWITCH = ("on", "off")
VALUES: dict[str, tuple[str, ...]] = {
    "tls_client_auth": SWITCH,
    AOP: SWITCH,
    "ssl": ("off", "flexible", "full", "strict", "origin_pull"),
}


def _word(value: Any) -> Any:
    # YAML reads a bare `on` as true.
    if isinstance(value, bool):
        return "on" if value else "off"
    return value.strip().lower() if isinstance(value, str) else value


Word = Annotated[str, BeforeValidator(_word)]


class ZoneSettingInputs(Inputs):
    """`zone_id` and `setting` replace; `value` and the rest change in place."""

    zone_id: ZoneId
    setting: Literal["tls_client_auth", "origin_tls_client_auth", "ssl"]
    value: Word
    on_destroy: Word | None = None
    require_tls: bool = True
    wait_seconds: WaitSeconds = 300
    token_env: TokenEnv | None = None


def _rules(inputs: ZoneSettingInputs) -> tuple[Props, list[str]]:
    if inputs.setting is UNKNOWN:
        return {}, []
    if inputs.zone_id is not UNKNOWN:
        session.current().wanted.note([setting_key(inputs.zone_id, inputs.setting)])
    values = VALUES[inputs.setting]
    faults = []
    if inputs.value is not UNKNOWN and inputs.value not in values:
        faults.append(f"value: {inputs.setting} takes {' or '.join(values)}. Give one of them.")
    after = inputs.on_destroy
    if after not in (None, UNKNOWN, "restore", "keep") and after not in values:
        faults.append(f"on_destroy: takes restore, keep or a value ({', '.join(values)}).")
    return {}, faults


class ZoneSettingProvider(Provider):
    """The verbs."""

    def check(self, _olds: Props, news: Props) -> CheckResult:
        return checked(ZoneSettingInputs, news, _rules)

    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        replaces = [name for name in ("zone_id", "setting") if _olds.get(name) != _news.get(name)]
        return DiffResult(changes=None, replaces=replaces)

    def create(self, props: Props) -> CreateResult:
        inputs = inputs_of(ZoneSettingInputs, props)
        with about(_name(inputs)):
            found = _set(inputs)
        if found == inputs.value and _after_destroy(inputs) == "restore":
            session.current().say_once(
                f"{_name(inputs)}: is {found} already; destroy will leave it so."
            )
        return CreateResult(f"{inputs.zone_id}/{inputs.setting}", _outputs(inputs, found))

    def read(self, id_: str, props: Props) -> ReadResult:
        inputs = inputs_of(ZoneSettingInputs, props)
        with about(_name(inputs)):
            live = _zone(inputs).setting(inputs.setting)
        seen = inputs.model_copy(update={"value": live})
        return ReadResult(id_, _outputs(seen, props.get("found", live)), dump(seen))

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        inputs = inputs_of(ZoneSettingInputs, _news)
        with about(_name(inputs)):
            live = _set(inputs)
        if live not in (_olds.get("value"), inputs.value):
            session.current().say_once(
                f"{_name(inputs)}: was {live}, set by somebody else; now {inputs.value}."
            )
        return UpdateResult(_outputs(inputs, _olds.get("found", live)))

    def delete(self, _id: str, _props: Props) -> None:
        inputs = inputs_of(ZoneSettingInputs, _props)
        if session.current().wanted.wants(setting_key(inputs.zone_id, inputs.setting)):
            session.current().say_once(f"{_name(inputs)}: kept, another resource holds it now.")
            return
        with about(_name(inputs)):
            _leave(inputs, str(_props.get("found", inputs.value)))


class ZoneSetting(Resource, module="aop", name="ZoneSetting"):
    """One setting of a zone.

    :param name: Pulumi's name of the resource.
    :param zone_id: the Zone ID, 32 hexadecimal digits. Replaces.
    :param setting: `tls_client_auth` (Cloudflare's shared certificate for the whole zone),
        `origin_tls_client_auth` (the zone's own certificate) or `ssl` (the mode). Replaces.
    :param value: `on` or `off`, a bool means the same; for `ssl` one of `off`, `flexible`,
        `full`, `strict`, `origin_pull`. In place.
    :param on_destroy: `restore` the value found at creation (default of the two switches; not
        when somebody else changed it since), `keep` (default of `ssl`), or a value to set.
    :param require_tls: whether switching on is refused, not only warned of, while the zone's
        SSL mode is `off` or `flexible` and Cloudflare speaks no TLS to the origin. Default True.
    :param wait_seconds: the longest wait for the zone's certificate to be active; default 300.
    :param token_env: name of the environment variable with the token for this zone.
    """

    zone_id: pulumi.Output[str]
    setting: pulumi.Output[str]
    value: pulumi.Output[str]
    found: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        zone_id: pulumi.Input[str],
        setting: pulumi.Input[str],
        value: pulumi.Input[str | bool],
        on_destroy: pulumi.Input[str | bool] | None = None,
        require_tls: pulumi.Input[bool] | None = None,
        wait_seconds: pulumi.Input[float] | None = None,
        token_env: str | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "zone_id": zone_id,
            "setting": setting,
            "value": value,
            "on_destroy": on_destroy,
            "require_tls": require_tls,
            "wait_seconds": wait_seconds,
            "token_env": token_env,
            "found": None,
        }
        super().__init__(ZoneSettingProvider(), name, props, opts)


def _name(inputs: ZoneSettingInputs) -> str:
    return f"setting {inputs.setting} of zone {short(inputs.zone_id)}"


def _zone(inputs: ZoneSettingInputs) -> Zone:
    return session.current().zone(inputs.zone_id, inputs.token_env)


def _outputs(inputs: ZoneSettingInputs, found: str) -> Props:
    return {**dump(inputs), "found": found}


def _after_destroy(inputs: ZoneSettingInputs) -> str:
    return inputs.on_destroy or ("keep" if inputs.setting == "ssl" else "restore")


def _set(inputs: ZoneSettingInputs) -> str:
    """Sets the value unless it is so already; answers with the value that was found."""
    zone = _zone(inputs)
    found = _look(zone, inputs)
    if found == inputs.value:
        return found
    if inputs.value == "on":
        require_tls(zone, inputs.require_tls)
        if inputs.setting == AOP:
            _await_certificate(zone, inputs.wait_seconds)
    zone.set_setting(inputs.setting, inputs.value)
    return found


def _look(zone: Zone, inputs: ZoneSettingInputs) -> str:
    """The value now. What switching on has to know besides is read at the same time.

    Many zones wait in the same queue: one after the other, the reads took most of the time.
    """
    if inputs.value != "on":
        return zone.setting(inputs.setting)
    with ThreadPoolExecutor(2) as pool:
        pool.submit(zone.ssl_mode)
        if inputs.setting == AOP:
            pool.submit(zone.certificates, "zone")
        return zone.setting(inputs.setting)


def _await_certificate(zone: Zone, seconds: float) -> None:
    """Waits until the newest zone certificate is active: from then on it is presented.

    An older one may be active already, but it need not be one that the origin trusts.
    """
    clock = zone.runtime.clock
    start = clock.monotonic()

    def look(max_age: float) -> UploadedCertificate | None:
        records = [
            r for r in zone.certificates("zone", max_age).values() if not r.is_deleted_or_deleting
        ]
        if records and records[-1].has_timed_out:
            raise CloudflareError(
                f"the newest certificate {short(records[-1].id)} of the zone was not deployed"
                f" ({records[-1].status})",
                REFRESH_NEXT,
            )
        usable = [r for r in records if not r.is_expired(clock.now())]
        if not usable and clock.monotonic() - start > min(LIST_LAG, seconds / 2):
            raise CloudflareError(
                "the zone has no certificate of its own that is deployed and valid",
                "Add a ZoneCertificate and let this ZoneSetting depend on it.",
            )
        return usable[-1] if usable and usable[-1].is_active else None

    zone.wait(look, f"the certificate of {zone} to be active", seconds, REFRESH_NEXT)


def _leave(inputs: ZoneSettingInputs, found: str) -> None:
    after = _after_destroy(inputs)
    if after == "keep":
        return
    zone = _zone(inputs)
    live = zone.setting(inputs.setting, max_age=0)
    if after == "restore":
        if live != inputs.value:
            session.current().say_once(
                f"{_name(inputs)}: left {live}, as somebody else set it, not {inputs.value}."
            )
            return
        after = found
    if live != after:
        zone.set_setting(inputs.setting, after)
