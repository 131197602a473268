"""The deadline of a whole answer, over any number of reads."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from providers.api import client
from providers.api.deadline import Deadline, _Connection
from providers.api.errors import Unanswered
from tests.conftest import ZONE

SWITCH = "origin_tls_client_auth"


@pytest.fixture
def zone(new_run):
    return new_run().zone(ZONE, None)


def is_one_line(error: BaseException) -> bool:
    return str(error).isprintable() and len(str(error)) < 400


@pytest.mark.parametrize("is_head", [False, True], ids=["body", "head"])
def test_an_answer_that_comes_byte_by_byte_is_given_up(sandbox, monkeypatch, new_run, is_head):
    monkeypatch.setattr(client, "LONGEST_ANSWER", 0.3)
    zone = new_run().zone(ZONE, None)
    sandbox.fault("drip", seconds=0.1, head=is_head, times=0, method="GET")
    began = time.monotonic()
    with pytest.raises(Unanswered, match="too slowly") as told:
        zone.setting(SWITCH)
    assert is_one_line(told.value)
    assert time.monotonic() - began < 10


def test_the_deadline_is_of_the_thread_that_makes_the_request():
    deadline = Deadline()
    deadline.begin(0)
    with pytest.raises(Unanswered, match=r"too slowly \(over 0 s\)"):
        deadline.left()
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(deadline.left).result() == float("inf")


def test_a_read_waits_no_longer_than_is_left_of_the_deadline():
    waited: list[float] = []

    class Stream:
        def read(self, max_bytes: int, timeout: float) -> bytes:
            waited.append(timeout)
            return b"x"

    deadline = Deadline()
    deadline.begin(5)
    _Connection(Stream(), deadline).read(1, timeout=30)
    assert 0 < waited[0] <= 5
