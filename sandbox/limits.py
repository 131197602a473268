"""The figures and choices of a sandbox that tests may set, at start or while it runs."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from sandbox.clock import microseconds
from sandbox.records import ACTIVE, DELETED, DELETION_TIMED_OUT, DEPLOYMENT_TIMED_OUT

NEVER = "never"
OUTCOMES = {
    "certificate_outcome": (ACTIVE, DEPLOYMENT_TIMED_OUT, NEVER),
    "binding_outcome": (ACTIVE, DEPLOYMENT_TIMED_OUT, NEVER),
    "deletion_outcome": (DELETED, DELETION_TIMED_OUT, NEVER),
}


@dataclass(frozen=True)
class Limits:
    """Seconds, except `latency_ms`. `delete_seconds` None means `deploy_seconds`;
    `quota_requests` 0 means no quota. An outcome is the status in which a deployment or a deletion
    ends, or `never`: it then stays pending. `put_dates_certificates`: the answer to a PUT of
    bindings has the certificate's `updated_at` in place of the binding's, as the 2020 page has
    the key twice in one object."""

    deploy_seconds: float = 2.0
    delete_seconds: float | None = None
    list_lag: float = 0.0
    latency_ms: float = 0.0
    hostname_certificates: int = 10
    bindings_per_certificate: int = 100
    bulk_atomic: bool = True
    conflicts: bool = True
    quota_requests: int = 0
    quota_window: float = 300.0
    certificate_outcome: str = ACTIVE
    binding_outcome: str = ACTIVE
    deletion_outcome: str = DELETED
    put_dates_certificates: bool = False

    def replace(self, values: dict[str, Any]) -> Limits:
        """A copy with `values`; ValueError names an unknown key or an impossible value."""
        known = {item.name for item in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"{name}: unknown limit; known: {', '.join(sorted(known))}")
            self._check(name, value)
        return replace(self, **values)

    @staticmethod
    def _check(name: str, value: Any) -> None:
        if name in OUTCOMES:
            if value not in OUTCOMES[name]:
                raise ValueError(f"{name}: one of {', '.join(OUTCOMES[name])}")
        elif name in ("bulk_atomic", "conflicts", "put_dates_certificates"):
            if not isinstance(value, bool):
                raise ValueError(f"{name}: true or false")
        elif name == "delete_seconds" and value is None:
            return
        elif isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
            raise ValueError(f"{name}: a number, zero or more")

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def deploy_time(self) -> int:
        return microseconds(self.deploy_seconds)

    def delete_time(self) -> int:
        seconds = self.deploy_seconds if self.delete_seconds is None else self.delete_seconds
        return microseconds(seconds)

    def lag_time(self) -> int:
        return microseconds(self.list_lag)
