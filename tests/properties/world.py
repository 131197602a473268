"""The model of the property test: what a person wants, and what Cloudflare must then hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from providers.api.zone_requests import AOP
from tests.conftest import ZONE
from tests.pki import Pair, make
from tests.properties.engine import (
    Resource,
    Stack,
    binding,
    bindings,
    certificate,
    switch,
    uploads,
)
from tests.sandbox_server import Sandbox

HOSTNAMES = ("a.example.com", "b.example.com")
HOLDERS = (None, "one", "map", "renamed")
ANY_OTHER = "*"
STRANGER = "legacy.example.com"
GOING = ("pending_deletion", "deleted")
# Hostname certificates, then zone certificates.
PAIRS = 5

Held = dict[str, Any]


@lru_cache(maxsize=PAIRS)
def pair(number: int) -> Pair:
    return make(f"pair-{number}")


@dataclass(frozen=True)
class Wanted:
    """One hostname certificate, a resource for each hostname or none, and the zone's level.

    `pay` and `zone` are numbers of pairs. `holders` says which kind of resource binds each of
    HOSTNAMES; `renamed` is a HostnameBinding under another name.
    """

    pay: int
    holders: tuple[str | None, ...]
    zone: int | None = None

    @property
    def shape(self) -> tuple[object, ...]:
        """What is there at all, whatever certificates it shows."""
        return (*self.holders, self.zone is None)

    def program(self) -> dict[str, Resource]:
        own = {} if self.zone is None else {"zone": pair(self.zone)}
        made = {"uploads": uploads({"pay": pair(self.pay)}, own)}
        made["pay"] = certificate(pair(self.pay))
        if self.zone is not None:
            made["zone"] = certificate(pair(self.zone), "zone")
            made["switch"] = switch(AOP, on_destroy="off", wait_seconds=60)
        shown = zip(HOSTNAMES, self.holders, strict=True)
        for hostname, holder in shown:
            if holder in ("one", "renamed"):
                made[f"{holder} {hostname}"] = binding(hostname, "pay")
        mapped = [h for h, holder in zip(HOSTNAMES, self.holders, strict=True) if holder == "map"]
        if mapped:
            made["map"] = bindings(mapped, "pay")
        return made

    @property
    def bound(self) -> set[str]:
        return {h for h, holder in zip(HOSTNAMES, self.holders, strict=True) if holder}

    @property
    def protected(self) -> dict[str, str]:
        """The fingerprint that each hostname's origin must be shown."""
        shown = dict.fromkeys(self.bound, pair(self.pay).sha256)
        if self.zone is not None:
            shown[ANY_OTHER] = pair(self.zone).sha256
        return shown

    def holds(self, found: Held) -> Held:
        """What the zone holds when all is done; `found` is what was there before."""
        mine = pair(self.pay).sha256
        own = set() if self.zone is None else {pair(self.zone).sha256}
        return {
            "certificates": found["certificates"] | {mine} | own,
            "bindings": {**found["bindings"], **dict.fromkeys(self.bound, (mine, True))},
            "switch": "off" if self.zone is None else "on",
        }


def read_held(sandbox: Sandbox) -> Held:
    """What the zone holds, by content, without what is on its way out."""
    zone = sandbox.zone()
    certificates = [*zone["zone_certificates"], *zone["hostname_certificates"]]
    return {
        "certificates": {
            item["certificate_sha256"] for item in certificates if item["status"] not in GOING
        },
        "bindings": {
            row["hostname"]: (row["certificate_sha256"], row["enabled"])
            for row in zone["bindings"]
            if row["enabled"] is not None
        },
        "switch": zone["settings"][AOP],
    }


def read_unrecorded(stack: Stack, now: Held, before: Held) -> Held:
    """What a run that was cut off made, and could not write into the state any more."""
    outs = [life.outs for life in stack.lives.values()]
    outs += [props for life in stack.lives.values() for _, props in life.pending]
    names = {out.get("hostname") for out in outs} | {
        h for out in outs for h in out.get("bindings", ())
    }
    recorded = {out.get("certificate_sha256") for out in outs}
    return {
        "certificates": now["certificates"] - before["certificates"] - recorded,
        "bindings": set(now["bindings"]) - set(before["bindings"]) - names,
        "switch": now["switch"] == "on" and "switch" not in stack.lives,
    }


@dataclass
class Watch:
    """Which hostnames may not lose their certificate from `since` on, and what they may show."""

    since: str = ""
    must: set[str] = field(default_factory=set)
    may: set[str] = field(default_factory=set)

    def begin(self, sandbox: Sandbox, wanted: Wanted | None) -> None:
        """All is in force as wanted now."""
        self.since = max(row["at"] for row in sandbox.presented_log(ZONE))
        self.must = set(wanted.protected) if wanted else set()
        self.may = set(wanted.protected.values()) if wanted else set()

    def goes_on(self, wanted: Wanted | None) -> None:
        """A further program was tried: what it leaves out may go."""
        self.must &= set(wanted.protected) if wanted else set()
        self.may |= set(wanted.protected.values()) if wanted else set()

    def gaps(self, sandbox: Sandbox) -> list[str]:
        """The instants at which one of them showed nothing, or somebody else's certificate."""
        return [
            f"{row['hostname']} showed {row['certificate_sha256']} at {row['at']}: {row['why']}"
            for row in sandbox.presented_log(ZONE)
            if row["at"] > self.since
            and row["hostname"] in self.must
            and row["certificate_sha256"] not in self.may
        ]
