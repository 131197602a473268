"""An `up` while somebody changes the same things in the dashboard: told, and healed by the next."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from providers.api.errors import CloudflareError
from providers.api.zone_requests import AOP
from tests.conftest import ZONE
from tests.properties.engine import Program, Stack, binding, bindings, certificate, switch
from tests.properties.world import STRANGER, pair, read_held
from tests.sandbox_server import Sandbox

BASE = f"/zones/{ZONE}/{AOP}"
CERTIFICATES = f"{BASE}/hostnames/certificates"
APP, API = "app.example.com", "api.example.com"
PROGRAMS = {
    "HostnameBinding": lambda number: {
        "pay": certificate(pair(number)),
        "app": binding(APP, "pay"),
        "api": binding(API, "pay"),
    },
    "HostnameBindings": lambda number: {
        "pay": certificate(pair(number)),
        "map": bindings([APP, API], "pay"),
    },
}


def id_of(sandbox: Sandbox, number: int) -> str:
    listed = sandbox.zone()["hostname_certificates"]
    return str(next(c["id"] for c in listed if c["certificate_sha256"] == pair(number).sha256))


def put(sandbox: Sandbox, cert_id: str, enabled: bool | None) -> None:
    entry = {"hostname": APP, "cert_id": cert_id, "enabled": enabled}
    sandbox.outside("PUT", f"{BASE}/hostnames", {"config": [entry]})


def bind_to_a_stranger(sandbox: Sandbox) -> None:
    rows = {row["hostname"]: row for row in sandbox.zone()["bindings"]}
    put(sandbox, rows[STRANGER]["cert_id"], True)


def void(sandbox: Sandbox) -> None:
    put(sandbox, id_of(sandbox, 1), None)


def disable(sandbox: Sandbox) -> None:
    put(sandbox, id_of(sandbox, 1), False)


def delete_new(sandbox: Sandbox) -> None:
    sandbox.outside("DELETE", f"{CERTIFICATES}/{id_of(sandbox, 1)}")


def delete_old(sandbox: Sandbox) -> None:
    sandbox.outside("DELETE", f"{CERTIFICATES}/{id_of(sandbox, 0)}")


def upload_new(sandbox: Sandbox) -> None:
    body = {"certificate": pair(1).certificate, "private_key": pair(1).private_key}
    sandbox.outside("POST", CERTIFICATES, body)


@dataclass(frozen=True)
class Meanwhile:
    """What somebody does `when` ("before" or "after") our request is carried out, and what the
    error of the run says; an empty text: the run ends well."""

    method: str
    when: str
    act: Callable[[Sandbox], None]
    says: str = ""


MEANWHILE = {
    "bound to a stranger's before our binding": Meanwhile("PUT", "before", bind_to_a_stranger),
    "bound to a stranger's after our binding": Meanwhile(
        "PUT", "after", bind_to_a_stranger, "somebody else has changed it"
    ),
    # Its row is gone at once, and may as well not be in the list yet.
    "voided after our binding": Meanwhile("PUT", "after", void, "in vain for"),
    "disabled after our binding": Meanwhile("PUT", "after", disable, "somebody else has changed"),
    "the new certificate deleted before our binding": Meanwhile(
        "PUT", "before", delete_new, "Cloudflare 1415"
    ),
    "the new certificate uploaded before our upload": Meanwhile("POST", "before", upload_new),
    "the old certificate deleted before we do": Meanwhile("DELETE", "before", delete_old),
}


def interrupt(
    stack: Stack, program: Program, meanwhile: Meanwhile, path: str = "", nth: int = 1
) -> list[str]:
    """The errors of an `up` during which somebody does something at one of its requests."""
    told: list[str] = []

    def up() -> None:
        try:
            stack.up(program)
        except CloudflareError as error:
            told.append(str(error))

    sandbox = stack.sandbox
    held_at = {"method": meanwhile.method, "path": path, "by": "all-permissions"}
    sandbox.fault(f"hold_{meanwhile.when}", nth=nth, **held_at)
    run = threading.Thread(target=up)
    run.start()
    sandbox.wait_held()
    meanwhile.act(sandbox)
    sandbox.release()
    run.join(60)
    assert not run.is_alive()
    return told


@pytest.mark.parametrize("kind", PROGRAMS)
@pytest.mark.parametrize("meanwhile", MEANWHILE.values(), ids=MEANWHILE.keys())
def test_what_somebody_does_meanwhile_is_told_and_the_next_run_heals(sandbox, kind, meanwhile):
    before = read_held(sandbox)
    stack, program = Stack(sandbox), PROGRAMS[kind]
    stack.up(program(0))
    sandbox.advance(60)
    told = interrupt(stack, program(1), meanwhile)
    assert len(told) == bool(meanwhile.says)
    assert all(meanwhile.says in text and "\n" not in text for text in told)
    stack.up(program(1), refresh=True)
    after = read_held(sandbox)
    assert after["certificates"] == before["certificates"] | {pair(1).sha256}
    mine = dict.fromkeys((APP, API), (pair(1).sha256, True))
    assert after["bindings"] == {**before["bindings"], **mine}
    assert not stack.changes(program(1))


def test_the_old_zone_certificate_stays_when_somebody_deletes_the_new_one(sandbox):
    """The zone has a third one, which is active, but nobody's origin here trusts it."""

    def program(number: int) -> Program:
        return {"zone": certificate(pair(number), "zone"), "switch": switch(AOP)}

    def delete_new_zone_certificate(sandbox: Sandbox) -> None:
        sandbox.advance(60)
        listed = sandbox.zone()["zone_certificates"]
        (new,) = (c["id"] for c in listed if c["certificate_sha256"] == pair(4).sha256)
        sandbox.outside("DELETE", f"{BASE}/{new}")

    stack = Stack(sandbox)
    stack.up(program(3))
    sandbox.advance(60)
    act = Meanwhile("GET", "before", delete_new_zone_certificate)
    # The first look at the switch is before the upload.
    (told,) = interrupt(stack, program(4), act, "/settings$", nth=2)
    assert "pulumi up --refresh" in told
    assert sandbox.presented(ZONE, "*")["certificate_sha256"] == pair(3).sha256
    stack.up(program(4), refresh=True)
    assert sandbox.presented(ZONE, "*")["certificate_sha256"] == pair(4).sha256
