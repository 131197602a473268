"""ExpiryAlert: notification policies of the account, against the sandbox."""

from __future__ import annotations

import pytest

from providers.api.errors import CloudflareError
from providers.expiry_alert import ALERT_TYPES, ExpiryAlertProvider
from sandbox.seed import PAGERDUTY, WEBHOOK
from tests.conftest import ACCOUNT
from tests.providers.life import Life

POLICIES = f"/accounts/{ACCOUNT}/alerting/v3/policies"
NAME = "prod: zone certificates"
GIVEN = {
    "account_id": ACCOUNT,
    "level": "zone",
    "policy_name": NAME,
    "emails": ["team@example.com"],
}

pytestmark = pytest.mark.usefixtures("new_run")


@pytest.fixture
def life() -> Life:
    return Life(ExpiryAlertProvider())


def policies(sandbox, name=NAME):
    return [p for p in sandbox.outside("GET", POLICIES) if p["name"] == name]


def make_outside(sandbox, **changes):
    policy = {
        "name": NAME,
        "alert_type": ALERT_TYPES["zone"],
        "enabled": True,
        "mechanisms": {"email": [{"id": "team@example.com"}]},
        **changes,
    }
    return sandbox.outside("POST", POLICIES, policy)["id"]


def writes(sandbox, mark=0):
    return [e["method"] for e in sandbox.journal()[mark:] if e["method"] != "GET"]


@pytest.mark.parametrize("level", ["zone", "hostname"])
def test_an_alert_lives_from_its_making_to_its_end(sandbox, life, level):
    life.up(**{**GIVEN, "level": level, "webhooks": [WEBHOOK], "pagerduty": [PAGERDUTY]})
    (made,) = policies(sandbox)
    assert made["id"] == life.id
    assert made["alert_type"] == f"{level}_aop_custom_certificate_expiration_type"
    assert made["enabled"] is True
    assert made["mechanisms"] == {
        "email": [{"id": "team@example.com"}],
        "webhooks": [{"id": WEBHOOK}],
        "pagerduty": [{"id": PAGERDUTY}],
    }
    life.destroy()
    assert policies(sandbox) == []
    assert policies(sandbox, "Universal SSL")


def test_everything_but_account_and_level_changes_in_place(sandbox, life):
    life.up(**GIVEN)
    first = life.id
    changed = {**GIVEN, "policy_name": "other", "emails": ["on-call@example.com"], "enabled": False}
    assert life.preview(**changed) == ({"policy_name", "emails", "enabled"}, [])
    life.up(**changed)
    assert life.id == first
    (policy,) = policies(sandbox, "other")
    assert policy["enabled"] is False
    assert policy["mechanisms"] == {"email": [{"id": "on-call@example.com"}]}
    assert life.preview(**{**changed, "level": "hostname"})[1] == ["level"]
    assert life.preview(**{**changed, "account_id": "0" * 32})[1] == ["account_id"]


def test_an_update_keeps_what_is_not_managed_here(sandbox, life):
    life.up(**GIVEN)
    sandbox.outside("PUT", f"{POLICIES}/{life.id}", {"description": "ask the platform team"})
    life.up(**{**GIVEN, "emails": ["on-call@example.com"]})
    assert policies(sandbox)[0]["description"] == "ask the platform team"


@pytest.mark.parametrize(
    "same",
    [
        {"emails": ["Team@Example.COM "]},
        {"emails": ["team@example.com", "TEAM@example.com"]},
        {"enabled": True, "overwrite": False, "webhooks": [], "wait_seconds": 300},
    ],
    ids=["spelling", "twice", "defaults"],
)
def test_what_means_the_same_is_no_change(life, same):
    life.up(**GIVEN)
    assert life.preview(**{**GIVEN, **same}) == (set(), [])


def test_the_order_of_addresses_means_nothing(life):
    both = ["b@example.com", "a@example.com"]
    life.up(**{**GIVEN, "emails": both})
    assert life.preview(**{**GIVEN, "emails": both[::-1]}) == (set(), [])


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({"account_id": "my-company"}, "account_id: is not an Account ID"),
        ({"level": "global"}, "level: is not one of the possible values"),
        ({"emails": []}, "emails: nobody would be told"),
        ({"emails": ["team"]}, "emails[0]: is not an e-mail address"),
        ({"emails": "team@example.com"}, "emails: is not a list"),
        ({"webhooks": ["https://hooks.example.com/T0KEN"]}, "webhooks[0]: is a URL, not the id"),
        ({"pagerduty": ["on call"]}, "pagerduty[0]: is not the id of a destination"),
        ({"policy_name": ""}, "policy_name: "),
        ({"enabled": "perhaps"}, "enabled: is neither true nor false"),
        ({"email": ["a@example.com"]}, "email: is not known here. Did you mean emails?"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_bad_input_is_refused_in_the_preview_on_one_line(sandbox, life, inputs, told):
    mark = len(sandbox.journal())
    (fault,) = life.faults(**{**GIVEN, **inputs})
    assert fault.startswith(told)
    # The URL of a webhook is a secret.
    assert "T0KEN" not in fault
    assert len(sandbox.journal()) == mark


def test_a_policy_as_wanted_is_adopted_without_a_write(sandbox, life, heard):
    policy_id = make_outside(sandbox)
    mark = len(sandbox.journal())
    life.up(**GIVEN)
    assert life.id == policy_id
    assert writes(sandbox, mark) == []
    assert heard.has("adopted policy")


def test_a_policy_that_tells_fewer_is_adopted_and_extended(sandbox, life):
    policy_id = make_outside(sandbox, enabled=False)
    life.up(**{**GIVEN, "emails": ["team@example.com", "on-call@example.com"]})
    assert life.id == policy_id
    (policy,) = policies(sandbox)
    assert policy["enabled"] is True
    assert len(policy["mechanisms"]["email"]) == 2


@pytest.mark.parametrize(
    ("there", "given", "why"),
    [
        ({"mechanisms": {"email": [{"id": "boss@example.com"}]}}, {}, "tells 1 whom the program"),
        ({}, {"enabled": False}, "is switched on"),
    ],
    ids=["somebody else", "switched on"],
)
def test_a_policy_that_somebody_relies_on_is_refused_without_overwrite(
    sandbox, life, there, given, why
):
    policy_id = make_outside(sandbox, **there)
    before = policies(sandbox)
    with pytest.raises(CloudflareError, match=why) as told:
        life.up(**{**GIVEN, **given})
    assert "overwrite" in str(told.value)
    assert "boss@example.com" not in str(told.value)
    assert policies(sandbox) == before
    life.up(**{**GIVEN, **given, "overwrite": True})
    assert life.id == policy_id
    assert policies(sandbox)[0]["mechanisms"] == {"email": [{"id": "team@example.com"}]}


def test_a_policy_of_the_same_name_about_something_else_is_left_alone(sandbox, life):
    other = make_outside(sandbox, alert_type="universal_ssl_event_type")
    life.up(**GIVEN)
    assert life.id != other
    assert len(policies(sandbox)) == 2


def test_of_two_policies_with_the_name_the_older_is_taken_and_the_other_named(sandbox, life, heard):
    older = make_outside(sandbox)
    sandbox.advance(60)
    make_outside(sandbox)
    life.up(**GIVEN)
    assert life.id == older
    assert heard.has("warning: 2 notification policies are called", "Delete the others")


def test_an_answer_that_is_lost_makes_no_second_policy(sandbox, life):
    sandbox.limits(list_lag=3)
    sandbox.fault("lost_reply", method="POST", path="policies$")
    life.up(**GIVEN)
    assert [p["id"] for p in policies(sandbox)] == [life.id]


def test_a_request_that_was_never_carried_out_is_told_and_the_next_up_makes_the_policy(
    sandbox, life, moments
):
    sandbox.fault("reset_before", method="POST", path="policies$")
    with pytest.raises(CloudflareError, match="no answer from Cloudflare to POST"):
        life.up(**GIVEN)
    assert moments.passed < 60
    life.up(**GIVEN)
    assert len(policies(sandbox)) == 1


def test_changes_from_outside_are_drift_and_update_sets_them_back(sandbox, life, heard, new_run):
    life.up(**GIVEN)
    change = {"enabled": False, "mechanisms": {"email": [{"id": "boss@example.com"}]}}
    sandbox.outside("PUT", f"{POLICIES}/{life.id}", change)
    assert life.refresh()
    assert (life.inputs["enabled"], life.inputs["emails"]) == (False, ["boss@example.com"])
    new_run()
    life.up(**GIVEN)
    assert policies(sandbox)[0]["enabled"] is True


def test_an_update_says_when_somebody_else_was_there(sandbox, life, heard, new_run):
    life.up(**GIVEN)
    sandbox.outside("PUT", f"{POLICIES}/{life.id}", {"enabled": False})
    new_run()
    life.up(**{**GIVEN, "emails": ["on-call@example.com"]})
    assert heard.has("was changed by somebody else")
    assert policies(sandbox)[0]["enabled"] is True


def test_what_somebody_has_deleted_is_gone_and_update_says_the_next_step(sandbox, life):
    life.up(**GIVEN)
    sandbox.outside("DELETE", f"{POLICIES}/{life.id}")
    with pytest.raises(CloudflareError, match="deleted by somebody else") as told:
        life.up(**{**GIVEN, "emails": ["on-call@example.com"]})
    assert "pulumi up --refresh" in str(told.value)
    assert not life.refresh()


def test_the_404_of_a_gateway_says_of_no_policy_that_it_is_gone(sandbox, life):
    life.up(**GIVEN)
    sandbox.fault("foreign", method="GET", path="policies/", times=0)
    with pytest.raises(CloudflareError, match="not Cloudflare's"):
        life.refresh()
    sandbox.clear_faults()
    fault = {"status": 404, "code": 17999, "message": "no such thing", "method": "GET"}
    sandbox.fault("status", path="policies/", times=0, **fault)
    with pytest.raises(CloudflareError, match="no such thing"):
        life.refresh()


@pytest.mark.parametrize("fault", [{}, {"action": "lost_reply"}], ids=["healthy", "lost reply"])
def test_a_deletion_ends_well_also_when_the_policy_is_gone(sandbox, life, fault):
    life.up(**GIVEN)
    if fault:
        sandbox.fault(method="DELETE", path="policies/", **fault)
    else:
        sandbox.outside("DELETE", f"{POLICIES}/{life.id}")
    life.destroy()
    assert policies(sandbox) == []


def test_a_deletion_is_one_request(sandbox, life):
    life.up(**GIVEN)
    mark = len(sandbox.journal())
    life.destroy()
    assert [e["method"] for e in sandbox.journal()[mark:]] == ["DELETE"]


def test_an_alert_renamed_in_the_program_is_handed_over(sandbox, life, heard):
    life.up(**GIVEN)
    renamed = Life(ExpiryAlertProvider())
    renamed.up(**GIVEN)
    assert renamed.id == life.id
    life.drop()
    assert len(policies(sandbox)) == 1
    assert heard.has("kept, another resource of this program holds it now")


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({"webhooks": ["0" * 32]}, "no such destination"),
        ({"pagerduty": [PAGERDUTY]}, "not eligible for pagerduty"),
        ({"account_id": "f" * 32}, "Check account_id"),
    ],
    ids=["unknown webhook", "without PagerDuty", "unknown account"],
)
def test_what_the_account_does_not_have_is_told_with_the_alert(sandbox, life, inputs, told):
    sandbox.account(eligible=["email", "webhooks"])
    with pytest.raises(CloudflareError, match=told) as error:
        life.up(**{**GIVEN, **inputs})
    assert "alert" in str(error.value) or "account" in str(error.value)
    assert policies(sandbox) == []


def test_a_missing_permission_is_named(sandbox, life, new_run):
    sandbox.add_token("zones", "token-of-zones-alone", permissions=["Zone Read"])
    new_run(CLOUDFLARE_API_TOKEN="token-of-zones-alone")
    with pytest.raises(CloudflareError, match="Account > Notifications: Read for this account"):
        life.up(**GIVEN)


def test_check_and_diff_ask_nobody(sandbox, life):
    life.up(**GIVEN)
    mark = len(sandbox.journal())
    life.preview(**{**GIVEN, "emails": ["on-call@example.com"]})
    assert len(sandbox.journal()) == mark


def test_a_change_that_means_nothing_to_cloudflare_sends_nothing(sandbox, life):
    life.up(**GIVEN)
    mark = len(sandbox.journal())
    life.up(**GIVEN, wait_seconds=60)
    assert writes(sandbox, mark) == []
