"""ProtectedZone under Pulumi's mocks: which resources, in which order, with which protection."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime.mocks import MockMonitor, MockResourceArgs, Mocks, set_mocks

from stacks.config import ZoneConfig
from stacks.protected_zone import ProtectedZone
from tests.pki import make

ZONE_ID = "023e105f4ecef8ad9ca31a8372d0c353"


class Echo(Mocks):
    """Every resource gets an id and its own inputs as outputs."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        computed = {"certificate_sha256": f"sha-{args.name}", "expires_on": "2030-01-01T00:00:00Z"}
        return f"id-{args.name}", {**args.inputs, **computed}

    def call(self, args: Any) -> tuple[dict[str, Any], None]:
        return {}, None


class Recorder(MockMonitor):
    """Keeps what the program registered, by name without the zone's."""

    def __init__(self) -> None:
        super().__init__(Echo())
        self.registered: dict[str, Any] = {}
        self.inputs: dict[str, dict[str, Any]] = {}
        self.summary: dict[str, Any] = {}

    def RegisterResource(self, request: Any) -> Any:
        name = request.name.removeprefix("example.com-")
        self.registered[name] = request
        self.inputs[name] = pulumi.runtime.rpc.deserialize_properties(request.object)
        return super().RegisterResource(request)

    def after(self, name: str) -> set[str]:
        """The names of the resources that this one depends on."""
        urns = self.registered[name].dependencies
        return {urn.split("::")[-1].removeprefix("example.com-") for urn in urns}

    @property
    def protected(self) -> set[str]:
        return {name for name, request in self.registered.items() if request.protect}


@pytest.fixture
def pair(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "a.pem").write_text(make().certificate)
    return {"certificate": f"file:{tmp_path}/a.pem", "private_key": f"file:{tmp_path}/a.key"}


@pytest.fixture(autouse=True)
def loops(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Pulumi's mocks take the thread's current event loop, and none is there by itself.

    Pulumi makes further ones in its worker threads and closes none of them.
    """
    made: list[asyncio.AbstractEventLoop] = []
    new = asyncio.new_event_loop

    def make_loop() -> asyncio.AbstractEventLoop:
        made.append(new())
        return made[-1]

    monkeypatch.setattr(asyncio, "new_event_loop", make_loop)
    loop = make_loop()
    asyncio.set_event_loop(loop)
    yield
    loop.run_until_complete(loop.shutdown_default_executor())
    asyncio.set_event_loop(None)
    for loop in made:
        loop.close()


def declare(guard: bool = False, **zone: Any) -> Recorder:
    """Runs a program with one ProtectedZone."""
    recorder = Recorder()
    set_mocks(recorder.mocks, monitor=recorder)

    @pulumi.runtime.test
    def program() -> pulumi.Output[None]:
        config = ZoneConfig.model_validate({"zone_id": ZONE_ID, **zone})
        protected = ProtectedZone("example.com", config, guard=guard)
        return protected.summary.apply(recorder.summary.update)

    program()
    return recorder


def test_a_zone_of_which_nothing_is_wanted_has_no_resources() -> None:
    recorder = declare()
    assert set(recorder.registered) - {"stack-project", "project-stack"} == {"example.com"}
    assert recorder.summary["other_hostnames"] == "not managed here"


@pytest.mark.parametrize("overwrite", [False, True])
def test_overwrite_counts_for_the_zone_certificate_and_for_the_hostnames(
    overwrite: bool, pair: dict[str, str]
) -> None:
    certificates = {"shop": {**pair, "hostnames": ["shop.example.com"]}}
    inputs = declare(
        zone_certificate=pair, hostname_certificates=certificates, overwrite=overwrite
    ).inputs
    assert [inputs[name]["overwrite"] for name in ("zone", "hostnames")] == [overwrite, overwrite]


def test_a_raised_limit_reaches_the_bindings_and_the_usual_one_is_no_input(
    pair: dict[str, str],
) -> None:
    certificates = {"shop": {**pair, "hostnames": ["shop.example.com"]}}
    inputs = declare(hostname_certificates=certificates).inputs["hostnames"]
    assert "max_hostnames_per_certificate" not in inputs
    inputs = declare(hostname_certificates=certificates, max_hostnames_per_certificate=250).inputs[
        "hostnames"
    ]
    assert inputs["max_hostnames_per_certificate"] == 250


def test_what_goes_on_comes_after_mode_and_certificates_and_bindings_come_last(
    pair: dict[str, str],
) -> None:
    certificates = {"shop": {**pair, "hostnames": ["shop.example.com"]}}
    recorder = declare(
        ssl="full",
        shared_certificate="on",
        zone_certificate=pair,
        hostname_certificates=certificates,
    )
    assert recorder.after("tls_client_auth") == {"ssl"}
    assert recorder.after("origin_tls_client_auth") == {"ssl", "zone"}
    assert {"ssl", "tls_client_auth", "origin_tls_client_auth", "shop"} <= recorder.after(
        "hostnames"
    )
    assert recorder.after("zone") == recorder.after("shop") == {"uploads"}


def test_what_will_be_uploaded_is_in_state_first(pair: dict[str, str]) -> None:
    certificates = {"shop": {**pair, "hostnames": ["shop.example.com"]}}
    recorder = declare(zone_certificate=pair, hostname_certificates=certificates)
    (text,) = recorder.inputs["uploads"]["zone_certificates"].values()
    assert text == recorder.inputs["zone"]["certificate"]
    assert set(recorder.inputs["uploads"]["hostname_certificates"]) == {"shop"}
    assert recorder.after("uploads") == set()
    assert "uploads" not in declare(shared_certificate="on").registered


def test_the_shared_certificate_goes_off_after_everything_that_goes_on(
    pair: dict[str, str],
) -> None:
    certificates = {"shop": {**pair, "hostnames": ["shop.example.com"]}}
    recorder = declare(
        shared_certificate="off", zone_certificate=pair, hostname_certificates=certificates
    )
    assert {"origin_tls_client_auth", "hostnames"} <= recorder.after("tls_client_auth")
    assert recorder.inputs["tls_client_auth"]["value"] == "off"


def test_guard_protects_switches_and_bindings_and_each_hostname(pair: dict[str, str]) -> None:
    certificates = {"shop": {**pair, "hostnames": ["shop.example.com"]}}
    zone: dict[str, Any] = {
        "ssl": "full",
        "zone_certificate": pair,
        "hostname_certificates": certificates,
    }
    guarded = declare(guard=True, allow_removal=["Old.example.com"], **zone)
    assert guarded.protected == {"ssl", "origin_tls_client_auth", "hostnames"}
    assert guarded.inputs["hostnames"]["guard"] is True
    assert guarded.inputs["hostnames"]["allow_removal"] == ["old.example.com"]
    assert declare(**zone).protected == set()


def test_each_hostname_shows_its_certificate_and_off_shows_none(pair: dict[str, str]) -> None:
    hostnames = {"shop.example.com": True, "open.example.com": False}
    recorder = declare(hostname_certificates={"shop": {**pair, "hostnames": hostnames}})
    shown = {"cert_id": "id-example.com-shop", "certificate_sha256": "sha-example.com-shop"}
    assert recorder.inputs["hostnames"]["bindings"] == {
        "shop.example.com": {**shown, "enabled": True},
        "open.example.com": {**shown, "enabled": False},
    }
    assert recorder.summary["hostnames"] == {
        "shop.example.com": {**shown, "expires_on": "2030-01-01T00:00:00Z"},
        "open.example.com": "no certificate",
    }


def test_the_rest_of_the_zone_shows_its_own_or_the_shared_certificate(
    pair: dict[str, str],
) -> None:
    own = declare(zone_certificate=pair).summary["other_hostnames"]
    assert own["cert_id"] == "id-example.com-zone"
    shared = declare(shared_certificate="on").summary["other_hostnames"]
    assert shared == "Cloudflare's shared certificate"


def test_the_zones_token_and_patience_reach_every_resource(pair: dict[str, str]) -> None:
    certificates = {"shop": {**pair, "hostnames": ["shop.example.com"]}}
    recorder = declare(
        ssl="full",
        token_env="EU_TOKEN",
        wait_seconds=120,
        zone_certificate=pair,
        hostname_certificates=certificates,
    )
    resources = {name: i for name, i in recorder.inputs.items() if "zone_id" in i}
    others = {"ssl", "origin_tls_client_auth", "hostnames"}
    assert set(resources) == {"uploads", "zone", "shop", *others}
    assert {i["token_env"] for i in resources.values()} == {"EU_TOKEN"}
    assert {i["wait_seconds"] for i in resources.values()} == {120}
