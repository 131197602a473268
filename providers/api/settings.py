"""The settings of a zone that decide whether and how Cloudflare presents a certificate.

API paths: `/zones/{zone_id}/origin_tls_client_auth/settings` (the switch of the zone's own
certificate) and `/zones/{zone_id}/settings/{setting}` (`tls_client_auth`, `ssl`).
"""

from __future__ import annotations

import threading

from .cached_list import CachedList
from .client import Client, Reply
from .errors import Refused, Unanswered
from .polling import MAX_AGE
from .runtime import Runtime
from .zone_requests import AOP, ZoneRequests


class ZoneSettings(ZoneRequests):
    """The settings of one zone, read and written; each is read once for all who ask."""

    def __init__(self, client: Client, zone_id: str, runtime: Runtime) -> None:
        super().__init__(client, zone_id, runtime)
        self._settings: dict[str, CachedList[str]] = {}
        self._ssl_hidden = False
        self._settings_lock = threading.Lock()

    def setting(self, setting: str, max_age: float = MAX_AGE) -> str:
        """The value of `tls_client_auth`, `ssl` or `origin_tls_client_auth` ("on" or "off")."""
        return self._cached_setting(setting).get(max_age)

    def set_setting(self, setting: str, value: str) -> None:
        """Writes a setting (PATCH, for the zone switch PUT); the value is Cloudflare's word."""

        def write() -> Reply:
            if setting == AOP:
                return self._client.put(f"{self._base}/{AOP}/settings", {"enabled": value == "on"})
            return self._client.patch(f"{self._base}/settings/{setting}", {"value": value})

        self._write(self._cached_setting(setting), write)

    def ssl_mode(self) -> str | None:
        """The zone's SSL mode, asked once; None when the token may not read it."""
        if not self._ssl_hidden:
            try:
                return self.setting("ssl", max_age=float("inf"))
            except Refused as refused:
                if refused.status not in (401, 403):
                    raise
                self._ssl_hidden = True
        return None

    def _cached_setting(self, setting: str) -> CachedList[str]:
        with self._settings_lock:
            if setting not in self._settings:
                monotonic = self.runtime.clock.monotonic
                self._settings[setting] = CachedList(lambda: self._get_setting(setting), monotonic)
            return self._settings[setting]

    def _get_setting(self, setting: str) -> str:
        if setting == AOP:
            result = self._client.get(f"{self._base}/{AOP}/settings").result
            value = result.get("enabled") if isinstance(result, dict) else None
            found = {True: "on", False: "off"}.get(value) if isinstance(value, bool) else None
        else:
            result = self._client.get(f"{self._base}/settings/{setting}").result
            found = result.get("value") if isinstance(result, dict) else None
        if not isinstance(found, str):
            # Taken for "off", it would let the last certificate be deleted.
            raise Unanswered(f"Cloudflare's answer does not say what {setting} is")
        return found
