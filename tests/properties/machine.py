"""The stateful property: whatever is wanted, cut off and changed by others, one `up` heals it."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from providers.api.errors import CloudflareError
from providers.api.zone_requests import AOP
from tests.conftest import ZONE
from tests.properties.engine import Cut, Killed, Stack
from tests.properties.world import (
    HOLDERS,
    HOSTNAMES,
    STRANGER,
    Wanted,
    Watch,
    read_held,
    read_unrecorded,
)
from tests.sandbox_server import SandboxThread

LAG = 20.0
Change = dict[str, Any]
BASE = f"/zones/{ZONE}/{AOP}"
PLANS = st.builds(
    Wanted,
    pay=st.integers(0, 2),
    holders=st.tuples(*(st.sampled_from(HOLDERS) for _ in HOSTNAMES)),
    zone=st.none() | st.integers(3, 4),
)
# What becomes of the program: back to what was in force, or one thing in it is another.
CHANGES: st.SearchStrategy[Change] = (
    st.just({})
    | st.builds(dict, pay=st.integers(0, 2))
    | st.builds(dict, zone=st.none() | st.integers(3, 4))
    | st.builds(dict, holders=st.tuples(*(st.sampled_from(HOLDERS) for _ in HOSTNAMES)))
)
UPLOADS: st.SearchStrategy[Change] = st.builds(dict, pay=st.integers(0, 2)) | st.builds(
    dict, zone=st.integers(3, 4)
)
CUTS = st.builds(Cut, write=st.integers(1, 5), when=st.sampled_from(("before", "after")))
FAULTS: list[dict[str, Any]] = [
    {"action": "lost_reply"},
    {"action": "reset_before"},
    {"action": "status", "status": 503},
    {"action": "status", "status": 500, "when": "after"},
    {"action": "status", "status": 429, "code": 971, "retry_after": 7},
    {"action": "status", "status": 409, "code": 1000},
    {"action": "html"},
    {"action": "success_false_with_200"},
    {"action": "truncated"},
    {"action": "missing_fields"},
    {"action": "missing_fields", "fields": ["result.id", "result.status"]},
    {"action": "missing_fields", "fields": ["result.enabled", "result.value"]},
    {"action": "unknown_status"},
]
METHODS = st.sampled_from((None, "GET", "POST", "PUT", "DELETE"))


class Lives(RuleBasedStateMachine):
    """One stack in one zone. `sandbox` is set by whoever runs it."""

    sandbox: ClassVar[SandboxThread]

    @initialize(lag=st.sampled_from((0.0, LAG)), plan=PLANS)
    def found(self, lag: float, plan: Wanted) -> None:
        self.sandbox.reset()
        # Nothing below the levels of the stack: a gap is then a gap.
        self.sandbox.outside("PATCH", f"/zones/{ZONE}/settings/tls_client_auth", {"value": "off"})
        self.sandbox.limits(list_lag=lag)
        self.before = read_held(self.sandbox)
        self.stack = Stack(self.sandbox)
        self.watch = Watch()
        self.wanted: Wanted | None = plan
        self.touched = False
        self.tried: set[tuple[object, ...]] = set()
        self.lost: set[str] = set()
        self.heals()

    @rule(change=CHANGES, cut=CUTS, is_taken_back=st.booleans())
    def is_killed(self, change: Change, cut: Cut, is_taken_back: bool) -> None:
        plan = self._plan(change)
        self._tries(plan)
        self._fails(plan, cut)
        if is_taken_back:
            self._tries(self.in_force)

    @rule(change=UPLOADS, is_taken_back=st.booleans())
    def dies_after_its_upload(self, change: Change, is_taken_back: bool) -> None:
        """Cloudflare has the certificate, Pulumi has not heard of it."""
        self.is_killed(change, Cut(1, "after"), is_taken_back)

    @rule(change=CHANGES, fault=st.sampled_from(FAULTS), method=METHODS, nth=st.integers(1, 8))
    def meets_a_fault(self, change: Change, fault: Change, method: str, nth: int) -> None:
        plan = self._plan(change)
        self._tries(plan)
        more = {"method": method} if method else {}
        self.sandbox.fault(**fault, **more, nth=nth, by="all-permissions")
        self._fails(plan, None)
        self.sandbox.clear_faults()

    @rule(change=CHANGES)
    def is_changed(self, change: Change) -> None:
        self._tries(self._plan(change))
        self.heals()

    @precondition(lambda self: self.wanted is not None)
    @rule(cut=CUTS)
    def is_destroyed(self, cut: Cut) -> None:
        """Cut off once; the second time it goes through."""
        self.heals()
        self._tries(None)
        with contextlib.suppress(Killed):
            self.stack.destroy(cut)
        self.stack.destroy()
        assert read_held(self.sandbox) == self.before
        assert not self.stack.lives

    @precondition(lambda self: self.wanted is not None)
    @rule(
        hostname=st.sampled_from(HOSTNAMES),
        enabled=st.sampled_from((True, False, None)),
        switch=st.booleans(),
    )
    def is_touched_by_somebody_else(
        self, hostname: str, enabled: bool | None, switch: bool
    ) -> None:
        """True: bound to a certificate of the other's; None: voided; then the zone's switch."""
        self.heals()
        rows = {row["hostname"]: row for row in self.sandbox.zone()["bindings"]}
        if hostname in self.wanted.bound:  # type: ignore[union-attr]
            shows = rows[STRANGER if enabled else hostname]["cert_id"]
            entry = {"hostname": hostname, "cert_id": shows, "enabled": enabled}
            self.sandbox.outside("PUT", f"{BASE}/hostnames", {"config": [entry]})
        if switch:
            self.sandbox.outside("PUT", f"{BASE}/settings", {"enabled": False})
        self.touched = True

    def _plan(self, change: Change) -> Wanted:
        return replace(self.wanted or self.in_force, **change) if change else self.in_force

    def _tries(self, plan: Wanted | None) -> None:
        """What a cut create made is in no state: the same program finds it again."""
        made = read_unrecorded(self.stack, read_held(self.sandbox), self.before)
        self.lost |= made["certificates"]
        if self.touched or made["bindings"] or made["switch"]:
            self.heals()
        if self.wanted is not None:
            self.tried.add(self.wanted.shape)
        self.wanted = plan
        self.watch.goes_on(plan)

    def _fails(self, plan: Wanted, cut: Cut | None) -> None:
        """Or succeeds, where the cut comes too late; an error is one line."""
        told = ""
        try:
            self.stack.up(plan.program(), cut)
        except Killed:
            return
        except CloudflareError as error:
            told = str(error)
        assert "\n" not in told
        assert len(told) < 500

    def heals(self) -> None:
        """One plain `up`, and all is as wanted; what a cut run uploaded may need a refresh more.

        With a refresh where others have changed something, and where a program was cut off while
        it took something away or brought it that the next program wants otherwise.
        """
        if self.wanted is None:
            return
        refresh = self.touched or bool(self.tried - {self.wanted.shape})
        if refresh:
            self.sandbox.advance(LAG)
        program = self.wanted.program()
        self.stack.up(program, refresh=refresh)
        gaps = [] if self.touched else self.watch.gaps(self.sandbox)
        self.touched, self.tried = False, set()
        assert not gaps
        wanted = self.wanted.holds(self.before)
        if (read_held(self.sandbox)["certificates"] - wanted["certificates"]) & self.lost:
            self.sandbox.advance(LAG)
            self.stack.up(program, refresh=True)
        self.lost = set()
        assert read_held(self.sandbox) == wanted
        assert not self.stack.changes(program)
        self.watch.begin(self.sandbox, self.wanted)
        self.in_force = self.wanted

    def teardown(self) -> None:
        self.sandbox.clear_faults()
        if hasattr(self, "stack"):
            self.heals()
