"""What each stack promises as delivered, and how to see whether Cloudflare keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.cli.conftest import Start
from tests.cli.project import Project
from tests.pki import Pair
from tests.sandbox_server import ZONE_IDS, Sandbox

REST = "*"


@dataclass(frozen=True)
class Promise:
    """`shows` has the certificate's name for each hostname; `*` is every other hostname.

    `issued` has the label of the certificate for each hostname whose certificate renews itself.
    `ssl` is the mode that is set, and kept after destroy.
    """

    stack: str
    zone: str
    ssl: str
    shows: dict[str, str]
    issued: Mapping[str, str] = field(default_factory=dict)

    @property
    def zone_id(self) -> str:
        return ZONE_IDS[self.zone]

    @property
    def certificates(self) -> list[str]:
        return sorted(set(self.shows.values()))

    @property
    def labels(self) -> list[str]:
        """Of all certificates, the issued ones too."""
        return sorted({*self.shows.values(), *self.issued.values()})

    @property
    def hostnames(self) -> list[str]:
        return [name for name in self.shows if name != REST]


DEV = Promise(
    "dev",
    "example.com",
    "full",
    {"shop.example.com": "shop", REST: "zone"},
    issued={"api.example.com": "api"},
)
STAGING = Promise("staging", "example.net", "strict", {REST: "zone"})
PROD = Promise(
    "prod",
    "example.org",
    "strict",
    {
        "pay.example.org": "pay",
        "api.example.org": "api",
        "api-v2.example.org": "api",
        "partners.example.org": "api",
        REST: "zone",
    },
)
ALL = (DEV, STAGING, PROD)


class Kept:
    """A stack in its own project, with certificates in place."""

    def __init__(self, promise: Promise, start: Start, sandbox: Sandbox) -> None:
        self.promise = promise
        self.sandbox = sandbox
        self.project: Project = start(promise.stack)
        self.pairs: dict[str, Pair] = {}
        self.new_pairs()

    def new_pairs(self) -> None:
        """Other certificates under the same names."""
        self.pairs = {name: self.project.pair(name) for name in self.promise.certificates}

    def expected(self) -> dict[str, str]:
        """The fingerprint that each hostname is to show."""
        return {name: self.pairs[pair].sha256 for name, pair in self.promise.shows.items()}

    def shown(self) -> dict[str, Any]:
        """What Cloudflare presents now, for the hostnames of the promise."""
        rows = self.sandbox.presented_all(self.promise.zone)
        return {name: rows[name]["certificate_sha256"] for name in self.promise.shows}

    def shown_since(self, at: str) -> dict[str, list[Any]]:
        """The fingerprints (None: no certificate) that each hostname showed from then on."""
        log: dict[str, list[Any]] = {}
        for name in self.promise.shows:
            rows = self.sandbox.presented_log(self.promise.zone, name)
            before = [row for row in rows if row["at"] <= at]
            after = [row for row in rows if row["at"] > at]
            log[name] = [row["certificate_sha256"] for row in [before[-1], *after]]
        return log

    def outside(self, method: str, path: str, body: Any = None) -> Any:
        """A change by somebody else in the promise's zone."""
        return self.sandbox.outside(method, f"/zones/{self.promise.zone_id}{path}", body)

    def part(self, label: str) -> str:
        """The name of a resource of the zone."""
        return f"{self.promise.zone}-{label}"
