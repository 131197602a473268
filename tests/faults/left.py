"""What a run leaves at Cloudflare, in words that two runs share.

A certificate that an issuer signs has a new key, and so another fingerprint, in each run. It stands
here under its subject, with the word whether it was there before; how often this run uploaded one
is counted, deleted ones included.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

from cryptography import x509

from tests.faults.scenarios import ISSUED_NAMES
from tests.sandbox_server import Sandbox

SUBJECTS = {f"CN={name}" for name in ISSUED_NAMES}


def left_behind(sandbox: Sandbox, before: Collection[str]) -> dict[str, Any]:
    """The settled state and the `uploads` of each issued subject; `before` are fingerprints."""
    names: dict[str, str] = {}
    uploads: Counter[str] = Counter()
    for sha256, subject in _subjects(sandbox):
        if subject not in SUBJECTS:
            continue
        is_new = sha256 not in before
        names[sha256] = f"{subject} of this run" if is_new else f"{subject} of before"
        uploads[subject] += is_new
    return {**_renamed(sandbox.state(settled=True), names), "uploads": dict(uploads)}


def fingerprints(sandbox: Sandbox) -> frozenset[str]:
    """Those of all certificates that the sandbox holds, or held."""
    return frozenset(sha256 for sha256, _ in _subjects(sandbox))


def _subjects(sandbox: Sandbox) -> Iterator[tuple[str, str]]:
    for zone in sandbox.state()["zones"]:
        for row in zone["zone_certificates"] + zone["hostname_certificates"]:
            certificate = x509.load_pem_x509_certificate(row["certificate"].encode())
            yield row["certificate_sha256"], certificate.subject.rfc4514_string()


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {names.get(key, key): _renamed(item, names) for key, item in value.items()}
    return names.get(value, value) if isinstance(value, str) else value
