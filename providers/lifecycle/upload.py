"""How a certificate comes into a zone, whatever an earlier run has left there (law 5)."""

from __future__ import annotations

from collections.abc import Callable

from ..api.answers import Level, UploadedCertificate
from ..api.codes import Code
from ..api.errors import REFRESH_NEXT, Refused, Unanswered
from ..api.zone import Zone
from ..values import pem
from ..values.text import short
from . import deletion

MOST_HOSTNAME_CERTIFICATES = 10
MOST_UPLOADS = 5


class Upload:
    """One certificate on its way; `run` answers with what Cloudflare holds then.

    The same certificate is adopted, one that timed out is deleted first, and a POST without an
    answer is repeated only after a look for the fingerprint. `key()` is asked for the private key
    once it has to be uploaded: what is adopted needs none. `posts` counts the uploads that were
    tried: 0 when all was adopted.
    """

    def __init__(
        self, zone: Zone, level: Level, certificate: pem.Certificate, key: Callable[[], str]
    ) -> None:
        self._zone = zone
        self._level = level
        self._certificate = certificate
        self._key = key
        self.posts = 0

    def run(self, seconds: float) -> UploadedCertificate:
        """Waits at most so many seconds, for a deletion of the same certificate to end."""
        what = f"certificate {short(self._certificate.sha256)} to be taken by Cloudflare"
        return self._zone.wait(self._step, what, seconds, REFRESH_NEXT)

    def _step(self, max_age: float) -> UploadedCertificate | None:
        for listed in self._zone.certificates(self._level, max_age).values():
            if listed.sha256 == self._certificate.sha256:
                # The list lags: what it shows may be on its way out.
                live = self._zone.certificate(self._level, listed.id)
                if live is None:
                    continue
                if live.has_timed_out:
                    deletion.try_remove(self._zone, self._level, live.id)
                return live if live.is_active_or_deploying else None
        return self._post()

    def _post(self) -> UploadedCertificate | None:
        key = self._key()
        self.posts += 1
        try:
            with self._zone.changes:
                return self._zone.upload(self._level, self._certificate.pem, key)
        except Refused as refused:
            # It is there, or still being deleted; the next look tells which.
            if refused.has(Code.CERTIFICATE_EXISTS):
                return None
            # An error of the server says as little as no answer.
            if refused.status >= 500 and self.posts < MOST_UPLOADS:
                return None
            self._explain(refused)
            raise
        except Unanswered:
            # The work may have been done: look for the fingerprint before posting again.
            if self.posts >= MOST_UPLOADS:
                raise
            return None

    def _explain(self, refused: Refused) -> None:
        if self._level == "hostname" and refused.status == 400:
            count = len(self._zone.certificates(self._level))
            if count >= MOST_HOSTNAME_CERTIFICATES:
                refused.next_step = (
                    f"The zone holds {count} hostname certificates and Cloudflare allows"
                    f" {MOST_HOSTNAME_CERTIFICATES}, unless it has raised the zone's limit: delete"
                    " one that no hostname shows, or let hostnames share a certificate; a"
                    " replacement needs one free slot."
                )
