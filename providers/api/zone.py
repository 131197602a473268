"""A zone as Cloudflare holds it: its certificates, bindings and settings, read and written.

Lists are read once for all callers that ask at about the same time. They lag behind, so a caller
that would do harm by trusting a list asks again by id.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from .bindings import ZoneBindings
from .certificates import ZoneCertificates
from .client import Client
from .runtime import Runtime
from .settings import ZoneSettings


class Zone(ZoneCertificates, ZoneBindings, ZoneSettings):
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
        super().__init__(client, zone_id, runtime)
        self.changes = changes
