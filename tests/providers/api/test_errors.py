"""What an error says: Cloudflare's codes and ray, the object, the next step, on one line."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from providers.api.errors import CloudflareError, QuotaExhausted, Refused, about, copy_of
from tests.conftest import ZONE

SWITCH = "origin_tls_client_auth"


@pytest.fixture
def zone(new_run):
    return new_run().zone(ZONE, None)


def test_several_errors_stand_in_one_line(sandbox, zone):
    sandbox.fault("several_errors")
    with pytest.raises(Refused, match="An unknown error has occurred; Another") as told:
        zone.setting(SWITCH)
    assert told.value.codes == (10013, 10014)


def test_the_ray_is_in_the_message(sandbox, zone):
    sandbox.fault("several_errors")
    with pytest.raises(Refused, match=r"ray [0-9a-f]{8,}"):
        zone.setting(SWITCH)


def test_an_error_is_one_line_of_the_object_the_fact_and_the_next_step():
    error = CloudflareError("the fact. ", "Do this.", "binding app.example.com")
    assert str(error) == "binding app.example.com: the fact. Do this."
    assert str(CloudflareError("two\nlines")) == "two lines."


def test_the_object_that_is_named_first_keeps_its_name():
    with pytest.raises(CloudflareError) as told, about("the zone", "Look."), about("the binding"):
        raise CloudflareError("a fact")
    assert str(told.value) == "the binding: a fact. Look."


def test_a_copy_for_another_resource_takes_a_name_of_its_own():
    first = Refused(400, [1433], "in use", ray="abc")
    second = copy_of(first)
    first.subject, second.subject = "one", "another"
    assert str(first) == "one: in use (Cloudflare 1433, HTTP 400, ray abc)."
    assert str(second) == "another: in use (Cloudflare 1433, HTTP 400, ray abc)."
    assert second.has(1433)


def test_a_shut_quota_says_when_to_come_back():
    again = datetime(2026, 11, 25, 12, tzinfo=UTC)
    assert "Run again after 2026-11-25 12:00:00 UTC" in str(QuotaExhausted(400, 300, again))
