"""A zone as Cloudflare holds it: its certificates, bindings and settings, read and written.

API paths below `/zones/{zone_id}`: `origin_tls_client_auth` (zone certificates),
`origin_tls_client_auth/hostnames/certificates`, `origin_tls_client_auth/hostnames` (what the API
calls an association is our binding), `origin_tls_client_auth/settings`, `settings/{setting}`.

Lists are read once for all callers that ask at about the same time. They lag behind, so a caller
that would do harm by trusting a list asks again by id.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from ..values.text import short
from .answers import Binding, Level, UploadedCertificate, is_before
from .bulk_put import Bulk
from .cached_list import CachedList
from .client import Client, Reply
from .codes import means_gone
from .errors import Refused, Unanswered, about
from .polling import MAX_AGE
from .runtime import Runtime

T = TypeVar("T")

MOST_PAGES = 50

AOP = "origin_tls_client_auth"
PATHS: dict[Level, str] = {"zone": AOP, "hostname": f"{AOP}/hostnames/certificates"}


class Zone:
    """One zone, shared by all resources of the process.

    `changes` is a lock that one thread may take twice, held while a certificate is uploaded or
    deleted: Cloudflare refuses two such changes of one zone at once (409).
    """

    def __init__(
        self,
        client: Client,
        zone_id: str,
        runtime: Runtime,
        changes: AbstractContextManager[object],
    ) -> None:
        self.zone_id = zone_id
        self.changes = changes
        self.runtime = runtime
        self._client = client
        self._base = f"zones/{zone_id}"
        monotonic = runtime.clock.monotonic
        self._certificates: dict[Level, CachedList[dict[str, UploadedCertificate]]] = {
            "zone": CachedList(lambda: self._list_certificates("zone"), monotonic),
            "hostname": CachedList(lambda: self._list_certificates("hostname"), monotonic),
        }
        self._bindings = CachedList(self._list_bindings, monotonic)
        # By id: when it was uploaded, as the answers about it alone say.
        self._known: dict[Level, dict[str, str]] = {"zone": {}, "hostname": {}}
        # By id: when that which this process has deleted was uploaded, as a list or an answer said.
        self._removed: dict[Level, dict[str, str]] = {"zone": {}, "hostname": {}}
        self._listed: dict[Level, dict[str, str]] = {"zone": {}, "hostname": {}}
        # By hostname: when it was bound, as the answers to our writes say.
        self._put: dict[str, str] = {}
        self._settings: dict[str, CachedList[str]] = {}
        self._ssl_hidden = False
        self._settings_lock = threading.Lock()
        self._no_list = False
        self.bulk = Bulk(self._put_bindings, runtime)

    def __str__(self) -> str:
        return f"zone {short(self.zone_id)}"

    # certificates

    def certificates(
        self, level: Level, max_age: float = MAX_AGE
    ) -> dict[str, UploadedCertificate]:
        """The certificates that the list shows, by id, oldest first, also those being deleted."""
        return self._certificates[level].get(max_age)

    def certificate(self, level: Level, cert_id: str) -> UploadedCertificate | None:
        """One certificate by id, as it is now; None when gone (404, or a tombstone)."""
        try:
            reply = self._client.get(f"{self._base}/{PATHS[level]}/{cert_id}")
        except Refused as refused:
            if means_gone(refused):
                self._known[level].pop(cert_id, None)
                return None
            raise
        record = UploadedCertificate.read(reply.result)
        if record is None:
            raise Unanswered(f"Cloudflare's answer about certificate {short(cert_id)} has no id")
        if record.is_deleted_or_deleting:
            self._known[level].pop(cert_id, None)
            return None
        self._known[level][record.id] = record.uploaded_on
        return record

    def certificate_or_reread(
        self, level: Level, cert_id: str, max_age: float = MAX_AGE
    ) -> UploadedCertificate | None:
        """From the list where it shows the certificate, else by id: lists lag. None when gone."""
        listed = self.certificates(level, max_age).get(cert_id)
        # The same certificate uploaded again has its old id, and the list may still show it going.
        if listed is None or listed.is_deleted_or_deleting:
            return self.certificate(level, cert_id)
        return listed

    def upload(self, level: Level, certificate: str, private_key: str) -> UploadedCertificate:
        """POST; the caller holds `changes` and knows what to do when it is unanswered."""
        body = {"certificate": certificate, "private_key": private_key}
        reply = self._write(
            self._certificates[level],
            lambda: self._client.post(f"{self._base}/{PATHS[level]}", body),
        )
        record = UploadedCertificate.read(reply.result)
        if record is None:
            raise Unanswered("Cloudflare's answer to the upload names no certificate")
        self._known[level][record.id] = record.uploaded_on
        self._removed[level].pop(record.id, None)
        return record

    def remove(self, level: Level, cert_id: str) -> None:
        """DELETE; the caller holds `changes`."""
        self._write(
            self._certificates[level],
            lambda: self._client.delete(f"{self._base}/{PATHS[level]}/{cert_id}"),
        )
        uploaded_on = self._known[level].pop(cert_id, "") or self._listed[level].get(cert_id, "")
        self._removed[level][cert_id] = uploaded_on

    def _list_certificates(self, level: Level) -> dict[str, UploadedCertificate]:
        records = [UploadedCertificate.read(item) for item in self._pages(PATHS[level])]
        found = [r for r in records if r is not None and not r.is_deleted]
        # A list that lags must not hide what this process has seen or done itself; uploaded
        # again, a deleted certificate has its old id.
        known = dict(self._known[level])
        found = [r for r in found if not (r.id in known and r.is_older_upload_than(known[r.id]))]
        missing = known.keys() - {r.id for r in found}
        found += [r for r in (self.certificate(level, i) for i in missing) if r is not None]
        self._listed[level] = {r.id: r.uploaded_on for r in found}
        removed = dict(self._removed[level])
        # Uploaded again by somebody else it has its old id: hidden is only what was deleted.
        found = [r for r in found if r.id not in removed or is_before(removed[r.id], r.uploaded_on)]
        return {r.id: r for r in sorted(found, key=lambda r: r.uploaded_on.rstrip("Z"))}

    # bindings

    def bindings(
        self, max_age: float = MAX_AGE, even_if_written: bool = False
    ) -> dict[str, Binding] | None:
        """The rows that the list shows, by hostname, also those being voided.

        None where there is no such list: it is young at Cloudflare.
        """
        if self._no_list:
            return None
        try:
            return self._bindings.get(max_age, even_if_written)
        except Refused as refused:
            if refused.status in (404, 405):
                self._no_list = True
                return None
            raise

    def binding(self, hostname: str) -> Binding | None:
        """The row of one hostname as it is now, also while it is being voided; None if absent."""
        try:
            reply = self._client.get(f"{self._base}/{AOP}/hostnames/{hostname}")
        except Refused as refused:
            if means_gone(refused):
                return None
            raise
        row = Binding.read(reply.result)
        if row is None:
            raise Unanswered(f"Cloudflare's answer about binding {hostname} has no hostname")
        return row

    def _list_bindings(self) -> dict[str, Binding]:
        path = f"{AOP}/hostnames"
        records = [Binding.read(i) for i in self._pages(path, status="all", per_page=1000)]
        return {r.hostname: r for r in records if r is not None}

    def list_is_older_than_our_write(self, row: Binding) -> bool:
        """Whether a row of the list is older than what this process wrote."""
        return is_before(row.updated_at, self._put.get(row.hostname, ""))

    def changed_after_our_write(self, row: Binding) -> bool:
        """Whether somebody wrote the row after this process; a deployment is no write."""
        return is_before(self._put.get(row.hostname, ""), row.updated_at)

    def _put_bindings(self, config: list[dict[str, Any]]) -> None:
        path = f"{self._base}/{AOP}/hostnames"
        reply = self._write(self._bindings, lambda: self._client.put(path, {"config": config}))
        rows = [Binding.read(i) for i in reply.result] if isinstance(reply.result, list) else []
        self._put.update({row.hostname: row.updated_at for row in rows if row is not None})

    # settings

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

    # what all of them need

    def wait(
        self,
        look: Callable[[float], T | None],
        what: str,
        seconds: float,
        next_step: str,
        *,
        just_written: bool = False,
    ) -> T:
        """Polls `look` as `Runtime.poll` does."""
        return self.runtime.poll(look, what, seconds, next_step, just_written=just_written)

    def _write(self, cached: CachedList[Any], write: Callable[[], Reply]) -> Reply:
        cached.invalidate()
        try:
            return write()
        finally:
            cached.invalidate()

    def _pages(self, path: str, **query: str | int) -> list[Any]:
        items: list[Any] = []
        page = 1
        while page <= MOST_PAGES:
            more = {"page": page} if page > 1 else {}
            with about(f"{path} of {self}"):
                reply = self._client.get(f"{self._base}/{path}", **query, **more)
            items += reply.result if isinstance(reply.result, list) else []
            pages = reply.info.get("total_pages")
            if not isinstance(pages, (int, float)) or page >= pages or not reply.result:
                return items
            page += 1
        raise Unanswered(f"Cloudflare's list {path} has more than {MOST_PAGES} pages")
