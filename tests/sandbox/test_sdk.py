"""The official Python SDK against the sandbox: it was not written by us."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import cloudflare
import httpx
import pytest

from sandbox.answers import ACCOUNT_ID
from sandbox.tokens import KEY_EMAIL, KEY_VALUE
from tests.sandbox.conftest import check
from tests.sandbox.steps import DEPLOY, ZONE
from tests.sandbox_server import SandboxThread, certificate_for

HOSTNAME = "sdk.example.com"


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
