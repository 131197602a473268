"""The official Python SDK against the sandbox: it was not written by us."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import cloudflare
import httpx
import pytest

from sandbox.records import ACCOUNT_ID
from sandbox.seed import PAGERDUTY, WEBHOOK
from sandbox.tokens import KEY_EMAIL, KEY_VALUE
from tests.sandbox.conftest import check
from tests.sandbox.steps import DEPLOY, ZONE
from tests.sandbox_server import READ_ONLY_TOKEN, SandboxThread, certificate_for

HOSTNAME = "sdk.example.com"
ZONE_ALERT = "zone_aop_custom_certificate_expiration_type"


@contextmanager
def sdk(sandbox: SandboxThread, token: str) -> Iterator[cloudflare.Cloudflare]:
    with httpx.Client(trust_env=False, event_hooks={"response": [check]}) as client:
        yield cloudflare.Cloudflare(
            api_token=token, base_url=sandbox.api, http_client=client, max_retries=0
        )


@pytest.fixture
def api(sandbox: SandboxThread) -> Iterator[cloudflare.Cloudflare]:
    with sdk(sandbox, sandbox.token) as client:
        yield client


def test_the_sdk_lists_the_zones_and_stops_at_the_end(api: cloudflare.Cloudflare) -> None:
    assert [zone.name for zone in api.zones.list()] == ["example.com", "example.net", "example.org"]
    found = list(api.zones.list(name="example.net"))
    assert found[0].account.id == ACCOUNT_ID


def test_the_sdk_verifies_the_token(api: cloudflare.Cloudflare) -> None:
    verified = api.user.tokens.verify()
    assert verified is not None
    assert verified.status == "active"


def test_the_sdk_reads_dns_records_page_by_page_where_the_token_may(
    sandbox: SandboxThread, api: cloudflare.Cloudflare
) -> None:
    names = [f"h{i}.example.com" for i in range(3)]
    told = {"type": "A", "content": "192.0.2.7", "proxied": True}
    sandbox.dns("example.com", *({**told, "name": name} for name in names))
    sandbox.add_token("dns", "token-that-may-read-dns", permissions=["DNS Read"])
    with sdk(sandbox, "token-that-may-read-dns") as reader:
        found = list(reader.dns.records.list(zone_id=ZONE, per_page=2))
        assert [record.name for record in found] == names
        assert {record.proxied for record in found} == {True}
    with pytest.raises(cloudflare.PermissionDeniedError):
        api.dns.records.list(zone_id=ZONE)


def test_the_sdk_takes_a_zone_certificate_through_its_life(
    sandbox: SandboxThread, api: cloudflare.Cloudflare
) -> None:
    certificates = api.origin_tls_client_auth.zone_certificates
    made = certificates.create(zone_id=ZONE, **certificate_for())
    assert made is not None
    assert made.id is not None
    assert made.status == "pending_deployment"
    sandbox.advance(DEPLOY)
    read = certificates.get(made.id, zone_id=ZONE)
    assert read is not None
    assert read.status == "active"
    assert read.signature == "ECDSA-SHA256"
    assert made.id in [item.id for item in certificates.list(zone_id=ZONE)]
    gone = certificates.delete(made.id, zone_id=ZONE)
    assert gone is not None
    assert gone.status == "pending_deletion"


def test_the_sdk_binds_and_voids_a_hostname(
    sandbox: SandboxThread, api: cloudflare.Cloudflare
) -> None:
    aop = api.origin_tls_client_auth
    made = aop.hostname_certificates.create(zone_id=ZONE, **certificate_for())
    assert made is not None
    assert made.id is not None
    sandbox.advance(DEPLOY)
    rows = list(
        aop.hostnames.update(
            zone_id=ZONE, config=[{"hostname": HOSTNAME, "cert_id": made.id, "enabled": True}]
        )
    )
    assert [(row.hostname, row.status) for row in rows] == [(HOSTNAME, "pending_deployment")]
    sandbox.advance(DEPLOY)
    row = aop.hostnames.get(HOSTNAME, zone_id=ZONE)
    assert row is not None
    assert (row.status, row.cert_id) == ("active", made.id)
    assert row.created_at is not None
    assert row.expires_on is not None
    with pytest.raises(cloudflare.BadRequestError) as refused:
        aop.hostname_certificates.delete(made.id, zone_id=ZONE)
    assert refused.value.errors[0].code == 1433
    list(
        aop.hostnames.update(
            zone_id=ZONE, config=[{"hostname": HOSTNAME, "cert_id": made.id, "enabled": None}]
        )
    )
    sandbox.advance(DEPLOY)
    with pytest.raises(cloudflare.NotFoundError):
        aop.hostnames.get(HOSTNAME, zone_id=ZONE)
    assert aop.hostname_certificates.delete(made.id, zone_id=ZONE) is not None
    listed = [item.id for item in aop.hostname_certificates.list(zone_id=ZONE)]
    sandbox.advance(DEPLOY)
    assert made.id in listed
    assert made.id not in [item.id for item in aop.hostname_certificates.list(zone_id=ZONE)]


def test_the_sdk_takes_a_notification_policy_through_its_life(api: cloudflare.Cloudflare) -> None:
    policies = api.alerting.policies
    made = policies.create(
        account_id=ACCOUNT_ID,
        alert_type=ZONE_ALERT,  # type: ignore[arg-type]  # the SDK lists only some for a new one
        enabled=True,
        mechanisms={"email": [{"id": "team@example.com"}], "webhooks": [{"id": WEBHOOK}]},
        name="certificates",
    )
    assert made is not None
    assert made.id is not None
    read = policies.get(made.id, account_id=ACCOUNT_ID)
    assert read is not None
    assert (read.name, read.alert_type, read.enabled) == ("certificates", ZONE_ALERT, True)
    assert read.mechanisms is not None
    assert [item.id for item in read.mechanisms.webhooks or []] == [WEBHOOK]
    changed = policies.update(made.id, account_id=ACCOUNT_ID, enabled=False)
    assert changed is not None
    assert changed.id == made.id
    listed = {item.id: item for item in policies.list(account_id=ACCOUNT_ID)}
    # What the update did not name stayed as it was.
    assert (listed[made.id].enabled, listed[made.id].name) == (False, "certificates")
    assert policies.delete(made.id, account_id=ACCOUNT_ID).success is True
    assert made.id not in {item.id for item in policies.list(account_id=ACCOUNT_ID)}
    with pytest.raises(cloudflare.NotFoundError):
        policies.get(made.id, account_id=ACCOUNT_ID)


def test_the_sdk_reads_which_alerts_and_destinations_the_account_has(
    sandbox: SandboxThread, api: cloudflare.Cloudflare
) -> None:
    sandbox.account(eligible=["email"])
    alerts = api.alerting.available_alerts.list(account_id=ACCOUNT_ID)
    assert alerts is not None
    assert ZONE_ALERT in [alert.type for alert in alerts["SSL/TLS"]]
    eligible = api.alerting.destinations.eligible.get(account_id=ACCOUNT_ID)
    assert eligible is not None
    assert {name: items[0].eligible for name, items in eligible.items()} == {
        "email": True,
        "webhooks": False,
        "pagerduty": False,
    }
    hooks = list(api.alerting.destinations.webhooks.list(account_id=ACCOUNT_ID))
    assert [(hook.id, hook.name) for hook in hooks] == [(WEBHOOK, "team chat")]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"alert_type": "billing_usage_alert"}, "alert type is not available"),
        ({"mechanisms": {"webhooks": [{"id": "0" * 32}]}}, "no such destination"),
        ({"mechanisms": {"pagerduty": [{"id": PAGERDUTY}]}}, "not eligible for pagerduty"),
        ({"mechanisms": {}}, "at least one destination"),
    ],
    ids=["unknown type", "unknown webhook", "without PagerDuty", "nobody"],
)
def test_the_sdk_is_refused_what_the_account_does_not_have(
    sandbox: SandboxThread, api: cloudflare.Cloudflare, change: dict[str, Any], told: str
) -> None:
    sandbox.account(eligible=["email", "webhooks"])
    whole: dict[str, Any] = {
        "alert_type": ZONE_ALERT,
        "enabled": True,
        "mechanisms": {"email": [{"id": "team@example.com"}]},
        "name": "certificates",
    }
    with pytest.raises(cloudflare.BadRequestError, match=told):
        api.alerting.policies.create(account_id=ACCOUNT_ID, **{**whole, **change})


def test_the_sdk_may_not_write_notifications_with_a_token_that_reads(
    sandbox: SandboxThread,
) -> None:
    with sdk(sandbox, READ_ONLY_TOKEN) as reader:
        (found,) = reader.alerting.policies.list(account_id=ACCOUNT_ID)
        assert found.name == "Universal SSL"
        assert found.id is not None
        with pytest.raises(cloudflare.PermissionDeniedError):
            reader.alerting.policies.delete(found.id, account_id=ACCOUNT_ID)


def test_the_sdk_reads_empty_lists_of_certificates(
    sandbox: SandboxThread, api: cloudflare.Cloudflare
) -> None:
    zone_id = sandbox.add_zone("example.edu", empty=True)
    assert list(api.origin_tls_client_auth.zone_certificates.list(zone_id=zone_id)) == []


def test_the_sdk_turns_the_switch_and_the_settings(api: cloudflare.Cloudflare) -> None:
    settings = api.origin_tls_client_auth.settings
    before = settings.get(zone_id=ZONE)
    assert before is not None
    assert before.enabled is False
    after = settings.update(zone_id=ZONE, enabled=True)
    assert after is not None
    assert after.enabled is True
    changed = api.zones.settings.edit("ssl", zone_id=ZONE, value="strict")
    assert changed is not None
    assert changed.to_dict()["value"] == "strict"
    shared = api.zones.settings.get("tls_client_auth", zone_id=ZONE)
    assert shared is not None
    assert shared.to_dict()["value"] == "on"


def test_the_sdk_works_with_the_older_key_too(sandbox: SandboxThread) -> None:
    with httpx.Client(trust_env=False) as client:
        api = cloudflare.Cloudflare(
            api_email=KEY_EMAIL,
            api_key=KEY_VALUE,
            api_token=None,
            base_url=sandbox.api,
            http_client=client,
        )
        assert len(list(api.zones.list())) == 3


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("sandbox-token-read-only", cloudflare.PermissionDeniedError),
        ("not a token", cloudflare.BadRequestError),
    ],
)
def test_the_sdk_names_a_refusal_by_its_kind(
    sandbox: SandboxThread, token: str, kind: type[Exception]
) -> None:
    with httpx.Client(trust_env=False) as client:
        api = cloudflare.Cloudflare(
            api_token=token, base_url=sandbox.api, http_client=client, max_retries=0
        )
        with pytest.raises(kind):
            api.origin_tls_client_auth.settings.update(zone_id=ZONE, enabled=True)


def test_the_sdk_retries_through_a_full_quota(sandbox: SandboxThread) -> None:
    sandbox.fault("status", status=429, code=971, retry_after=0)
    with httpx.Client(trust_env=False) as client:
        api = cloudflare.Cloudflare(
            api_token=sandbox.token, base_url=sandbox.api, http_client=client, max_retries=1
        )
        assert len(list(api.zones.list())) == 3
