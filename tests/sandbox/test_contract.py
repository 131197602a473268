"""The contract with Cloudflare, case by case: against the sandbox, and against the real API with

    export CLOUDFLARE_API_TOKEN=... AOP_CONTRACT_ZONE_ID=...
    python -m pytest tests/sandbox/test_contract.py

With AOP_CONTRACT_ACCOUNT_ID and AOP_CONTRACT_EMAIL, an address of yours, it also makes a
notification policy; the token needs Notifications Edit then.

There it makes certificates and one binding (aop-contract.<zone's name>), waits for deployments,
changes no switch and no setting, and takes away what it made. The token needs SSL and Certificates
Edit, Zone Settings Read and Zone Read, and the zone two free places for hostname certificates.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from sandbox.records import ACCOUNT_ID
from tests.sandbox import schema
from tests.sandbox.steps import DEPLOY, ZONE, refusal, result
from tests.sandbox_server import Json, SandboxThread, certificate_for

REAL = os.environ.get("CLOUDFLARE_BASE_URL", "https://api.cloudflare.com/client/v4")
REAL_ZONE = os.environ.get("AOP_CONTRACT_ZONE_ID")
REAL_ACCOUNT = os.environ.get("AOP_CONTRACT_ACCOUNT_ID")
REAL_EMAIL = os.environ.get("AOP_CONTRACT_EMAIL")
REAL_TOKEN = os.environ.get("CLOUDFLARE_API_TOKEN")
PATIENCE_SECONDS = 300.0
GONE = {"deleted", "pending_deletion"}
NOBODY = "00000000-0000-4000-8000-000000000000"


class Contract:
    """An API and what was made there. `pause` lets time pass between two looks."""

    def __init__(self, client: httpx.Client, zone_id: str, pause: Callable[[], None]) -> None:
        self.client = client
        self.zone = f"/zones/{zone_id}"
        self.base = f"{self.zone}/origin_tls_client_auth"
        self.hostnames = f"{self.base}/hostnames"
        self.certificates = f"{self.hostnames}/certificates"
        self.pause = pause
        self.made: list[str] = []
        self.bound: Json | None = None

    def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """One request, again while the zone is busy with another."""
        for _ in range(12):
            answer = self.client.request(method, path, json=body)
            if answer.status_code != 409:
                return answer
            self.pause()
        return answer

    def until(self, path: str, done: Callable[[httpx.Response], bool]) -> httpx.Response:
        end = time.monotonic() + PATIENCE_SECONDS
        while not done(answer := self.call("GET", path)):
            assert time.monotonic() < end, f"waited in vain: {answer.text}"
            self.pause()
        return answer

    def upload(self, collection: str, pair: Json | None = None) -> Json:
        made: Json = result(self.call("POST", collection, pair or certificate_for()))
        self.made.append(f"{collection}/{made['id']}")
        return made

    def active(self, collection: str, pair: Json | None = None) -> Json:
        made = self.upload(collection, pair)
        return dict(result(self.until(f"{collection}/{made['id']}", is_active)))

    def put(self, hostname: str, cert_id: str, enabled: bool | None) -> httpx.Response:
        config = {"hostname": hostname, "cert_id": cert_id, "enabled": enabled}
        answer = self.call("PUT", self.hostnames, {"config": [config]})
        if answer.status_code == 200:
            self.bound = config
        return answer

    def void(self) -> None:
        if self.bound is not None:
            hostname = self.bound["hostname"]
            self.put(hostname, self.bound["cert_id"], None)
            self.until(f"{self.hostnames}/{hostname}", is_absent)
            self.bound = None

    def clean(self) -> None:
        self.void()
        for path in self.made:
            self.until(path, lambda answer: not is_pending(answer))
            self.call("DELETE", path)

    def hostname(self) -> str:
        zones = result(self.call("GET", "/zones?per_page=50"))
        name = next(zone["name"] for zone in zones if self.zone.endswith(zone["id"]))
        return f"aop-contract.{name}"


def is_active(answer: httpx.Response) -> bool:
    return bool(result(answer)["status"] == "active")


def is_pending(answer: httpx.Response) -> bool:
    return answer.status_code == 200 and result(answer).get("status") in (
        "initializing",
        "pending_deployment",
    )


def is_absent(answer: httpx.Response) -> bool:
    """The row is gone, or it says that it was voided and is no longer being removed."""
    if answer.status_code == 404:
        return refusal(answer)[1] == 1553
    row = result(answer)
    return row["enabled"] is None and row["status"] != "pending_deletion"


def validate(answer: httpx.Response) -> None:
    answer.read()
    if answer.request.url.path.startswith("/client/v4") and REAL_ZONE is None:
        schema.check(answer)


@pytest.fixture
def contract(request: pytest.FixtureRequest) -> Iterator[Contract]:
    if REAL_ZONE and REAL_TOKEN:
        base, token, zone_id = REAL, REAL_TOKEN, REAL_ZONE

        def pause() -> None:
            time.sleep(5)
    else:
        sandbox: SandboxThread = request.getfixturevalue("sandbox")
        base, token, zone_id = sandbox.api, sandbox.token, ZONE

        def pause() -> None:
            sandbox.advance(DEPLOY)

    with httpx.Client(
        base_url=base,
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
        trust_env=REAL_ZONE is not None,
        event_hooks={"response": [validate]},
    ) as client:
        case = Contract(client, zone_id, pause)
        yield case
        case.clean()


LEVELS = pytest.mark.parametrize("level", ["zone", "hostname"])


def collection_of(contract: Contract, level: str) -> str:
    return contract.base if level == "zone" else contract.certificates


@LEVELS
def test_a_certificate_is_uploaded_listed_and_deleted(contract: Contract, level: str) -> None:
    collection = collection_of(contract, level)
    pair = certificate_for()
    made = contract.upload(collection, pair)
    assert made["status"] in ("initializing", "pending_deployment")
    assert "private_key" not in made
    assert made["certificate"] == pair["certificate"]
    path = f"{collection}/{made['id']}"
    read = result(contract.until(path, is_active))
    assert {"id", "issuer", "signature", "expires_on", "uploaded_on"} <= set(read)
    contract.until(
        collection, lambda answer: made["id"] in [item["id"] for item in result(answer) or []]
    )
    assert result(contract.call("DELETE", path))["status"] in GONE
    contract.until(
        path, lambda answer: answer.status_code == 404 or result(answer)["status"] in GONE
    )


@LEVELS
def test_the_same_certificate_is_refused_a_second_time(contract: Contract, level: str) -> None:
    pair = certificate_for()
    contract.upload(collection_of(contract, level), pair)
    answer = contract.call("POST", collection_of(contract, level), pair)
    assert refusal(answer) == (400, 1406)


def test_a_hostname_is_bound_disabled_moved_and_voided(contract: Contract) -> None:
    hostname = contract.hostname()
    first, second = contract.active(contract.certificates), contract.active(contract.certificates)
    path = f"{contract.hostnames}/{hostname}"
    for cert_id, enabled in ((first["id"], True), (first["id"], False), (second["id"], True)):
        rows = result(contract.put(hostname, cert_id, enabled))
        assert hostname in [row["hostname"] for row in rows]
        row = result(contract.until(path, is_active))
        assert (row["cert_id"], row["enabled"]) == (cert_id, enabled)
    assert refusal(contract.call("DELETE", f"{contract.certificates}/{second['id']}"))[1] == 1433
    contract.void()


def test_a_binding_needs_a_hostname_certificate(contract: Contract) -> None:
    zone_level = contract.active(contract.base)
    for cert_id in (NOBODY, zone_level["id"]):
        assert refusal(contract.put("aop-contract.invalid", cert_id, True)) == (400, 1415)
    config = [{"hostname": "aop-contract.invalid", "enabled": True}]
    answer = contract.call("PUT", contract.hostnames, {"config": config})
    assert refusal(answer)[1] == 1404


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("{certificates}/" + NOBODY, 1551),
        ("{base}/" + NOBODY, 1552),
        ("{hostnames}/aop-contract-never.invalid", 1553),
    ],
)
def test_what_is_not_there_is_not_found(contract: Contract, path: str, code: int) -> None:
    answer = contract.call("GET", path.format(**vars(contract)))
    assert refusal(answer) == (404, code)


def test_a_text_that_is_no_certificate_is_refused(contract: Contract) -> None:
    body = certificate_for() | {"certificate": "not a certificate"}
    assert refusal(contract.call("POST", contract.certificates, body))[1] == 1408


@pytest.mark.parametrize("name", ["tls_client_auth", "ssl"])
def test_a_setting_is_read(contract: Contract, name: str) -> None:
    setting = result(contract.call("GET", f"{contract.zone}/settings/{name}"))
    assert setting["id"] == name
    assert {"value", "editable", "modified_on"} <= set(setting)


def test_the_zone_switch_is_read(contract: Contract) -> None:
    assert isinstance(result(contract.call("GET", f"{contract.base}/settings"))["enabled"], bool)


def test_the_bindings_are_listed_in_pages(contract: Contract) -> None:
    answer = contract.call("GET", f"{contract.hostnames}?per_page=1&status=all")
    assert isinstance(result(answer), list)
    assert {"count", "page", "per_page", "total_count"} <= set(answer.json()["result_info"])


@pytest.mark.skipif(
    bool(REAL_ZONE) and not (REAL_ACCOUNT and REAL_EMAIL),
    reason="AOP_CONTRACT_ACCOUNT_ID and AOP_CONTRACT_EMAIL are not set",
)
@LEVELS
def test_a_notification_policy_is_made_changed_and_deleted(contract: Contract, level: str) -> None:
    alerting = f"/accounts/{REAL_ACCOUNT if REAL_ZONE else ACCOUNT_ID}/alerting/v3"
    alert_type = f"{level}_aop_custom_certificate_expiration_type"
    available = result(contract.call("GET", f"{alerting}/available_alerts"))
    assert alert_type in {item["type"] for items in available.values() for item in items}
    policies = f"{alerting}/policies"
    wanted = {
        "name": f"aop-contract-{level}",
        "alert_type": alert_type,
        "enabled": True,
        "mechanisms": {"email": [{"id": REAL_EMAIL or "contract@example.com"}]},
    }
    path = f"{policies}/{result(contract.call('POST', policies, wanted))['id']}"
    contract.made.append(path)
    read = result(contract.call("GET", path))
    assert {name: read[name] for name in wanted} == wanted
    result(contract.call("PUT", path, {**wanted, "enabled": False}))
    assert result(contract.call("GET", path))["enabled"] is False
    assert path.rpartition("/")[2] in {p["id"] for p in result(contract.call("GET", policies))}
    # Whether there is a `result` in the answer is not said.
    assert contract.call("DELETE", path).json()["success"] is True
    assert contract.call("GET", path).status_code == 404
