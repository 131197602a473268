"""A zone-wide setting: one of the two switches of Authenticated Origin Pulls, or the SSL mode.

API paths: PATCH and GET `/zones/{zone_id}/settings/tls_client_auth` (Cloudflare's shared
certificate) and `/settings/ssl`; PUT and GET `/zones/{zone_id}/origin_tls_client_auth/settings`
(the zone's own certificate). Identity: `ZONE/SETTING`; a setting always exists, so create sets it
and remembers what it found. In place: `value`. Replaces: `zone_id`, `setting`. Destroy:
`on_destroy`.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Annotated, Any, Literal

import pulumi
from pydantic import BeforeValidator

from .api.answers import UploadedCertificate
from .api.errors import REFRESH_NEXT, CloudflareError
from .api.polling import LIST_LAG
from .api.zone import Zone
from .api.zone_requests import AOP
from .lifecycle.tls_mode import MODES, require_tls_to_origin
from .plugin.provider import Props, Recorded, ZoneInputs, ZoneProvider, resource_props
from .plugin.resource import CloudflareResource
from .plugin.run import ZoneRun
from .values.inputs import UNKNOWN
from .values.text import short

SWITCH = ("on", "off")
VALUES: dict[str, tuple[str, ...]] = {
    "tls_client_auth": SWITCH,
    AOP: SWITCH,
    "ssl": MODES,
}


def _word(value: Any) -> Any:
    # YAML reads a bare `on` as true.
    if isinstance(value, bool):
        return "on" if value else "off"
    return value.strip().lower() if isinstance(value, str) else value


Word = Annotated[str, BeforeValidator(_word)]


class ZoneSettingInputs(ZoneInputs):
    """`zone_id` and `setting` replace; `value` and the rest change in place."""

    setting: Literal["tls_client_auth", "origin_tls_client_auth", "ssl"]
    value: Word
    on_destroy: Word | None = None
    require_tls: bool = True

    @property
    def after_destroy(self) -> str:
        """`keep`, `restore`, or the value to leave behind."""
        return self.on_destroy or ("keep" if self.setting == "ssl" else "restore")


class ZoneSettingProvider(ZoneProvider[ZoneSettingInputs]):
    """The life of a setting, which always exists: create sets the value and remembers the old."""

    model = ZoneSettingInputs
    replaces = ("zone_id", "setting")

    def label(self, inputs: ZoneSettingInputs, id_: str) -> str:
        return f"setting {inputs.setting} of zone {short(inputs.zone_id)}"

    def want(self, run: ZoneRun, inputs: ZoneSettingInputs) -> None:
        if inputs.setting is not UNKNOWN:
            run.notes.want("setting", inputs.setting)

    def is_wanted(self, run: ZoneRun, recorded: Recorded[ZoneSettingInputs]) -> bool:
        return run.notes.wants("setting", recorded.inputs.setting)

    def check_inputs(
        self, run: ZoneRun, inputs: ZoneSettingInputs, olds: Props
    ) -> tuple[Props, Sequence[str]]:
        if inputs.setting is UNKNOWN:
            return {}, []
        values, after = VALUES[inputs.setting], inputs.on_destroy
        faults = []
        if inputs.value is not UNKNOWN and inputs.value not in values:
            faults.append(f"value: {inputs.setting} takes {' or '.join(values)}. Give one of them.")
        if after not in (None, UNKNOWN, "restore", "keep") and after not in values:
            faults.append(f"on_destroy: takes restore, keep or a value ({', '.join(values)}).")
        return {}, faults

    def create_object(self, run: ZoneRun, inputs: ZoneSettingInputs) -> tuple[str, Props]:
        found = _set(run, inputs)
        if found == inputs.value and inputs.after_destroy == "restore":
            run.say(f"{self.label(inputs, '')}: is {found} already; destroy will leave it so.")
        return f"{inputs.zone_id}/{inputs.setting}", {"found": found}

    def read_object(
        self, run: ZoneRun, recorded: Recorded[ZoneSettingInputs]
    ) -> tuple[ZoneSettingInputs, Props]:
        value = run.zone.setting(recorded.inputs.setting)
        live = recorded.inputs.model_copy(update={"value": value})
        return live, {"found": recorded.outputs.get("found", value)}

    def update_object(
        self, run: ZoneRun, inputs: ZoneSettingInputs, recorded: Recorded[ZoneSettingInputs]
    ) -> Props:
        value = _set(run, inputs)
        if value not in (recorded.inputs.value, inputs.value):
            name = self.label(inputs, recorded.id)
            run.say(f"{name}: was {value}, set by somebody else; now {inputs.value}.")
        return {"found": recorded.outputs.get("found", value)}

    def delete_object(self, run: ZoneRun, recorded: Recorded[ZoneSettingInputs]) -> None:
        inputs = recorded.inputs
        after = inputs.after_destroy
        if after == "keep":
            return
        live = run.zone.setting(inputs.setting, max_age=0)
        if after == "restore":
            if live != inputs.value:
                name = self.label(inputs, recorded.id)
                run.say(f"{name}: left {live}, as somebody else set it, not {inputs.value}.")
                return
            after = str(recorded.outputs.get("found", inputs.value))
        if live != after:
            run.zone.set_setting(inputs.setting, after)


class ZoneSetting(CloudflareResource, module="aop", name="ZoneSetting"):
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
    :param moved_from: the only Zone ID that `zone_id` may change from; None: any. Not in state.
    :param declared_in: where the zone is configured, for errors of check. Not in state.
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
        moved_from: str | None = None,
        declared_in: str | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = resource_props(ZoneSettingInputs, locals(), "found")
        super().__init__(ZoneSettingProvider(), name, props, opts)


def _set(run: ZoneRun, inputs: ZoneSettingInputs) -> str:
    """Sets the value unless it is so already; answers with the value that was found."""
    zone = run.zone
    found = _look(zone, inputs)
    if found == inputs.value:
        return found
    if inputs.value == "on":
        require_tls_to_origin(run, inputs.require_tls)
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
        pool.submit(copy_context().run, zone.ssl_mode)
        if inputs.setting == AOP:
            pool.submit(copy_context().run, zone.certificates, "zone")
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
