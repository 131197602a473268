"""What 0.1.0 called the ledger of uploads: so that a state of that version can be upgraded.

State names the provider by this path, and the engine asks it to delete what the program no longer
has. `UploadLedger` has taken the entries over by then, so nothing is done at Cloudflare.
"""

from __future__ import annotations

from typing import Any

from pulumi.dynamic import ReadResult, ResourceProvider


class CertificateUploadsProvider(ResourceProvider):
    """Reads what state says, and deletes nothing."""

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        return ReadResult(id_, props)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """The ledger holds nothing at Cloudflare."""
