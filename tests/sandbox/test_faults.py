"""Faults: hostile answers, lost connections, held requests, conflicts."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.sandbox.steps import (
    BASE,
    HOSTNAME_CERTIFICATES,
    HOSTNAMES,
    ZONE_CERTIFICATES,
    refusal,
    result,
    upload,
)
from tests.sandbox_server import SandboxRefused, SandboxThread, certificate_for

SWITCH = f"{BASE}/settings"


def switched_on(sandbox: SandboxThread) -> bool:
    return bool(sandbox.outside("GET", SWITCH)["enabled"])


@pytest.mark.parametrize(
    ("action", "parameters", "status", "content"),
    [
        ("status", {}, 500, '"code": 10013'),
        ("status", {"status": 429, "code": 10100}, 429, '"code": 10100'),
        ("html", {}, 502, "<html>"),
        ("success_false_with_200", {}, 200, '"success": false'),
        ("several_errors", {}, 400, '"code": 10014'),
        ("redirect", {"location": "http://127.0.0.1:1/other"}, 307, ""),
        ("foreign", {}, 404, "no Route matched"),
        ("foreign", {"status": 200, "text": "[" * 9}, 200, "[[[[[[[[["),
    ],
)
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_answer_replaced_before_or_after_the_work(
    hostile: SandboxThread,
    action: str,
    parameters: dict[str, Any],
    status: int,
    content: str,
    when: str,
) -> None:
    hostile.fault(action, method="PUT", when=when, **parameters)
    answer = hostile.call("PUT", SWITCH, {"enabled": True})
    assert answer.status_code == status
    assert content in answer.text
    assert switched_on(hostile) is (when == "after")
    assert result(hostile.call("PUT", SWITCH, {"enabled": True}))


def test_a_redirect_names_the_other_place(hostile: SandboxThread) -> None:
    hostile.fault("redirect", location="http://127.0.0.1:1/other")
    assert hostile.call("GET", SWITCH).headers["location"] == "http://127.0.0.1:1/other"


def test_a_truncated_answer_is_not_json(hostile: SandboxThread) -> None:
    hostile.fault("truncated")
    answer = hostile.call("GET", BASE)
    assert answer.text.startswith("{")
    with pytest.raises(json.JSONDecodeError):
        answer.json()


@pytest.mark.parametrize(
    ("fields", "gone"),
    [
        (["result"], lambda body: "result" not in body),
        (["errors", "messages"], lambda body: set(body) == {"success", "result", "result_info"}),
        (["result.status"], lambda body: "status" not in body["result"][0]),
    ],
)
def test_fields_can_be_missing(hostile: SandboxThread, fields: list[str], gone: Any) -> None:
    hostile.fault("missing_fields", fields=fields)
    assert gone(hostile.call("GET", BASE).json())


def test_a_status_can_be_an_unknown_word(hostile: SandboxThread) -> None:
    hostile.fault("unknown_status", value="asleep")
    assert result(hostile.call("GET", BASE))[0]["status"] == "asleep"


def test_fields_can_have_other_values(hostile: SandboxThread) -> None:
    hostile.fault("set_fields", fields={"errors": 5, "result_info.total_pages": 1e12})
    answer = hostile.call("GET", BASE).json()
    assert (answer["errors"], answer["result_info"]["total_pages"]) == (5, 1e12)


def test_headers_can_have_other_values(hostile: SandboxThread) -> None:
    hostile.fault("set_headers", headers={"Ratelimit": '"burst";r=0;t=2, "default";r=9;t=300'})
    assert hostile.call("GET", BASE).headers["ratelimit"].startswith('"burst"')


def test_an_answer_can_come_byte_by_byte(hostile: SandboxThread) -> None:
    hostile.fault("drip", seconds=0.01)
    began = time.monotonic()
    answer = hostile.call("GET", SWITCH)
    assert answer.json()["success"]
    assert time.monotonic() - began > 0.01 * (len(answer.content) - 1)


def test_an_answer_can_be_huge(hostile: SandboxThread) -> None:
    hostile.fault("huge")
    assert len(hostile.call("GET", BASE).content) > 10_000_000


def test_the_list_of_bindings_can_be_missing_while_the_rest_works(hostile: SandboxThread) -> None:
    hostile.fault("list_404", status=405)
    for _ in range(2):
        assert hostile.call("GET", HOSTNAMES).status_code == 405
    assert result(hostile.call("GET", HOSTNAME_CERTIFICATES))


@pytest.mark.parametrize(("action", "done"), [("reset_before", False), ("lost_reply", True)])
def test_a_connection_is_reset_before_the_work_or_after_it(
    hostile: SandboxThread, action: str, done: bool
) -> None:
    hostile.fault(action, method="PUT")
    with pytest.raises(httpx.ReadError, match="reset"):
        hostile.call("PUT", SWITCH, {"enabled": True})
    assert switched_on(hostile) is done
    entry = hostile.journal()[0]
    assert (entry["status"], entry["fault"]) == (None, action)


def test_a_stall_outlasts_an_impatient_client(hostile: SandboxThread) -> None:
    hostile.fault("stall", seconds=0.3)
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(
            hostile.api + BASE,
            timeout=0.05,
            trust_env=False,
            headers={"Authorization": f"Bearer {hostile.token}"},
        )


@pytest.mark.parametrize(("action", "done"), [("hold_before", False), ("hold_after", True)])
@pytest.mark.parametrize("drop", [False, True], ids=["released", "dropped"])
def test_a_request_waits_until_it_is_released(
    hostile: SandboxThread, action: str, done: bool, drop: bool
) -> None:
    hostile.fault(action, method="PUT")
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(hostile.call, "PUT", SWITCH, {"enabled": True})
        held = hostile.wait_held()
        assert (held[0]["method"], held[0]["fault"], held[0]["n"]) == ("PUT", action, 1)
        assert switched_on(hostile) is done
        assert hostile.release(held[0]["id"], drop=drop) == [held[0]["id"]]
        if drop:
            with pytest.raises(httpx.ReadError):
                asked.result()
        else:
            assert result(asked.result()) == {"enabled": True}
    assert switched_on(hostile) is (done or not drop)
    assert hostile.held() == []


def test_a_held_request_whose_client_is_gone_is_still_carried_out(hostile: SandboxThread) -> None:
    hostile.fault("hold_before", method="PUT")
    with pytest.raises(httpx.ReadTimeout):
        httpx.put(
            hostile.api + SWITCH,
            json={"enabled": True},
            timeout=0.05,
            trust_env=False,
            headers={"Authorization": f"Bearer {hostile.token}"},
        )
    hostile.wait_held()
    hostile.release()
    end = time.monotonic() + 5
    while not switched_on(hostile) and time.monotonic() < end:
        time.sleep(0.005)
    assert switched_on(hostile)


@pytest.mark.parametrize(
    ("nth", "times", "met"),
    [
        (1, 1, [True, False, False, False]),
        (2, 1, [False, True, False, False]),
        (2, 2, [False, True, True, False]),
        (3, 0, [False, False, True, True]),
    ],
)
def test_a_fault_is_met_by_the_nth_request_and_so_many_more(
    hostile: SandboxThread, nth: int, times: int, met: list[bool]
) -> None:
    hostile.fault("status", path="/settings$", nth=nth, times=times)
    seen = []
    for _ in met:
        hostile.call("GET", BASE)
        seen.append(hostile.call("GET", SWITCH).status_code == 500)
    assert seen == met


def test_faults_are_for_one_token_where_it_is_named(hostile: SandboxThread) -> None:
    hostile.fault("status", by="read-only", times=0)
    assert hostile.call("GET", BASE).status_code == 200
    assert hostile.call("GET", BASE, token="sandbox-token-read-only").status_code == 500


def test_faults_are_listed_and_cleared_by_name(hostile: SandboxThread) -> None:
    hostile.fault("status", name="one", times=0)
    hostile.fault("html", name="two", times=0)
    hostile.clear_faults("one")
    assert [fault["name"] for fault in hostile.faults()] == ["two"]
    hostile.clear_faults()
    assert result(hostile.call("GET", BASE))


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"action": "earthquake"}, "action: one of"),
        ({"action": "status", "colour": 1}, "unknown field: colour"),
        ({"action": "status", "path": "("}, "not a regular expression"),
        ({"action": "lost_reply", "when": "before"}, "always after"),
    ],
)
def test_a_fault_that_makes_no_sense_is_explained(
    hostile: SandboxThread, parameters: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(SandboxRefused, match=complaint):
        hostile.manage("PUT", "/faults", parameters)


@pytest.mark.parametrize(
    ("first", "second", "conflicts", "refused"),
    [
        (HOSTNAME_CERTIFICATES, HOSTNAME_CERTIFICATES, True, True),
        (HOSTNAME_CERTIFICATES, ZONE_CERTIFICATES, True, True),
        (HOSTNAME_CERTIFICATES, ZONE_CERTIFICATES, False, False),
    ],
)
def test_certificate_changes_at_once_in_one_zone_conflict(
    hostile: SandboxThread, first: str, second: str, conflicts: bool, refused: bool
) -> None:
    hostile.limits(latency_ms=100, conflicts=conflicts)
    start = threading.Barrier(2)

    def post(collection: str) -> httpx.Response:
        start.wait()
        return hostile.call("POST", collection, certificate_for())

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(post, [first, second]))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == ([200, 409] if refused else [200, 200])
    if refused:
        assert refusal(max(answers, key=lambda answer: answer.status_code)) == (409, 1000)
    assert upload(hostile)


def test_an_outsiders_change_meets_neither_fault_nor_latency(hostile: SandboxThread) -> None:
    hostile.limits(latency_ms=60_000)
    hostile.fault("status", times=0)
    assert hostile.outside("PUT", SWITCH, {"enabled": True}) == {"enabled": True}
