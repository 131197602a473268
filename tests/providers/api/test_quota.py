"""The request quota: nothing leaves while it would be refused, and nobody waits longer than asked.

The clock is the test's: a wait moves it, and the sandbox's with it.
"""

from __future__ import annotations

import pytest

from providers.api.errors import CloudflareError, QuotaExhausted
from providers.api.quota import Quota, waits_at_most
from providers.zone_setting import ZoneSettingProvider
from tests.conftest import ZONE
from tests.providers.life import Life

SWITCH = "origin_tls_client_auth"
DAY = 86_400


@pytest.fixture
def quota(new_run):
    return Quota(new_run()._runtime)


def says(value: str) -> dict[str, str]:
    return {"ratelimit": value}


def test_each_policy_has_a_window_of_its_own(quota, moments):
    quota.note(quota.admit(), 200, says('"burst";r=0;t=2, "default";r=50;t=300'))
    quota.admit()
    assert 2 <= moments.passed < 12
    quota.note(quota.admit(), 200, says('"burst";r=9;t=2, "default";r=0;t=40'))
    quota.admit()
    assert moments.passed >= 42


def test_the_429_says_itself_when_to_come_back(quota, moments):
    quota.note(quota.admit(), 200, says('"default";r=1;t=300'))
    quota.note(quota.admit(), 429, says('"default";r=0;t=2') | {"retry-after": "2"})
    quota.admit()
    assert 2 <= moments.passed < 12


def test_requests_left_open_the_gate(quota, moments):
    first, second = quota.admit(), quota.admit()
    quota.note(first, 429, {"retry-after": "300"})
    assert not quota.is_open()
    quota.note(second, 200, says('"default";r=7;t=300'))
    assert quota.is_open()
    assert moments.passed == 0


def test_a_number_that_a_later_one_overtook_is_not_kept(quota):
    first, second = quota.admit(), quota.admit()
    quota.note(second, 200, says('"default";r=7;t=300'))
    quota.note(first, 200, says('"default";r=0;t=300'))
    assert quota.is_open()


def test_requests_that_left_since_are_counted(quota):
    first = quota.admit()
    quota.admit()
    quota.note(first, 200, says('"default";r=1;t=300'))
    assert not quota.is_open()


@pytest.mark.parametrize("header", ["", '"default"', '"default";r=x;t=1', "r=0;t=9", '"a";t=9'])
def test_a_header_that_says_nothing_changes_nothing(quota, header):
    quota.note(quota.admit(), 200, says(header))
    assert quota.is_open()


def test_a_wait_longer_than_allowed_ends_at_once_and_says_when_to_come_back(quota, moments):
    quota.note(quota.admit(), 429, {"retry-after": str(DAY)})
    with waits_at_most(60), pytest.raises(QuotaExhausted, match=r"in 86401 s") as told:
        quota.admit()
    assert "Run again after 20" in str(told.value)
    assert moments.passed == 0


def test_a_resource_waits_as_long_as_its_wait_seconds(sandbox, new_run, moments):
    new_run()
    life = Life(ZoneSettingProvider())
    inputs = {"zone_id": ZONE, "setting": SWITCH, "value": "off"}
    sandbox.fault("status", status=429, code=971, retry_after=100)
    with pytest.raises(CloudflareError, match="at most 20 s are waited"):
        life.up(**inputs, wait_seconds=20)
    assert moments.passed == 0
    life.up(**inputs, wait_seconds=120)
    assert 100 <= moments.passed < 120


def test_a_429_that_asks_for_a_day_ends_in_one_line_and_shuts_no_other_token(
    sandbox, new_run, moments
):
    other = "a-second-token-of-forty-characters-long."
    may = ["SSL and Certificates Read"]
    sandbox.add_token("other", other, owner="account", permissions=may)
    run = new_run(OTHER_TOKEN=other)
    sandbox.fault("status", status=429, code=971, retry_after=DAY, by="all-permissions")
    with pytest.raises(QuotaExhausted) as told:
        run.zone(ZONE, None).setting(SWITCH)
    assert str(told.value).isprintable()
    with pytest.raises(QuotaExhausted):
        run.zone(ZONE, None).setting(SWITCH)
    assert run.zone(ZONE, "OTHER_TOKEN").setting(SWITCH) == "off"
    assert moments.passed == 0
    assert not [entry for entry in sandbox.journal() if entry["violation"]]


def test_two_names_of_one_token_share_its_gate(sandbox, new_run):
    run = new_run()
    run = new_run(SAME_TOKEN=run.environ["CLOUDFLARE_API_TOKEN"])
    sandbox.fault("status", status=429, code=971, retry_after=DAY)
    for name in (None, "SAME_TOKEN"):
        with pytest.raises(QuotaExhausted):
            run.zone(ZONE, name).setting(SWITCH)


def test_an_older_long_window_does_not_hold_what_a_429_lets_go(sandbox, new_run, moments):
    zone = new_run().zone(ZONE, None)
    sandbox.fault(
        "set_headers", name="long", headers={"Ratelimit": '"default";r=1;t=300'}, method="GET"
    )
    zone.setting(SWITCH)
    sandbox.fault(
        "foreign",
        status=429,
        text='{"success": false, "errors": [{"code": 971, "message": "wait"}]}',
        headers={"Retry-After": "2", "Ratelimit": '"default";r=0;t=2'},
    )
    assert zone.setting(SWITCH, max_age=-1) == "off"
    assert 2 <= moments.passed < 12
