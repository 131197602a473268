"""The client certificates that Cloudflare holds for a zone, at both levels.

API paths: `/zones/{zone_id}/origin_tls_client_auth` (zone certificates) and
`/zones/{zone_id}/origin_tls_client_auth/hostnames/certificates`.
"""

from __future__ import annotations

from ..values.text import short
from .answers import Level, UploadedCertificate, is_before
from .cached_list import CachedList
from .client import Client
from .codes import means_gone
from .errors import Refused, Unanswered
from .polling import MAX_AGE
from .runtime import Runtime
from .zone_requests import AOP, ZoneRequests

PATHS: dict[Level, str] = {"zone": AOP, "hostname": f"{AOP}/hostnames/certificates"}


class ZoneCertificates(ZoneRequests):
    """The certificates of one zone, listed, read by id, uploaded and deleted."""

    def __init__(self, client: Client, zone_id: str, runtime: Runtime) -> None:
        super().__init__(client, zone_id, runtime)
        monotonic = runtime.clock.monotonic
        self._certificates: dict[Level, CachedList[dict[str, UploadedCertificate]]] = {
            "zone": CachedList(lambda: self._list_certificates("zone"), monotonic),
            "hostname": CachedList(lambda: self._list_certificates("hostname"), monotonic),
        }
        # By id: when it was uploaded, as the answers about it alone say.
        self._known: dict[Level, dict[str, str]] = {"zone": {}, "hostname": {}}
        # By id: when that which this process has deleted was uploaded, as a list or an answer said.
        self._removed: dict[Level, dict[str, str]] = {"zone": {}, "hostname": {}}
        self._listed: dict[Level, dict[str, str]] = {"zone": {}, "hostname": {}}
        # By id: when this process has uploaded it, by its own clock.
        self._uploaded_at: dict[str, float] = {}

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
        """Reads in the list, or by id what the list lacks, since lists lag. None when gone."""
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
        self._uploaded_at[record.id] = self.runtime.clock.monotonic()
        return record

    def uploaded_ago(self, cert_id: str) -> float | None:
        """The seconds since this process has uploaded the certificate; None where it has not."""
        at = self._uploaded_at.get(cert_id)
        return None if at is None else self.runtime.clock.monotonic() - at

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
