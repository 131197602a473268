"""Waiting and polling with a clock that the test moves."""

from __future__ import annotations

import pytest

from providers.api.errors import EngineGone, StillWaiting
from providers.api.polling import JUST_WRITTEN, LONGEST_PAUSE, SHARE
from providers.api.runtime import Clock, Runtime


class Moments:
    """A clock whose sleep takes no time; `said` holds the lines that a person would see."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.said: list[str] = []

    def sleep(self, seconds: float) -> None:
        self.passed += seconds

    def runtime(self, raise_if_engine_gone=lambda: None) -> Runtime:
        clock = Clock(monotonic=lambda: self.passed, sleep=self.sleep)
        return Runtime(clock, self.said.append, raise_if_engine_gone)


@pytest.fixture
def moments() -> Moments:
    return Moments()


def test_a_wait_says_every_ten_seconds_what_it_waits_for(moments):
    moments.runtime().wait(25, "the quota")
    assert moments.passed == 25
    assert moments.said == ["waiting for the quota: 25 s", "waiting for the quota: 15 s"]


def test_a_wait_ends_early_once_there_is_nothing_to_wait_for(moments):
    moments.runtime().wait(25, "the quota", lambda: moments.passed >= 10)
    assert moments.passed == 10


def test_a_wait_ends_with_the_engine(moments):
    def raise_gone() -> None:
        raise EngineGone

    with pytest.raises(EngineGone):
        moments.runtime(raise_gone).wait(25, "the quota")
    assert moments.passed == 10


def test_a_poll_answers_what_the_look_found(moments):
    looks = iter([None, None, "found"])
    assert moments.runtime().poll(lambda _: next(looks), "it", 60, "Go on.") == "found"
    assert moments.passed > 0


def test_right_after_a_write_the_first_look_comes_a_little_later(moments):
    age = moments.runtime().poll(lambda max_age: max_age, "it", 60, "", written_ago=0.0)
    assert moments.passed == JUST_WRITTEN
    assert age < JUST_WRITTEN


@pytest.mark.parametrize(("ago", "pause"), [(0.5, JUST_WRITTEN - 0.5), (3.0, 0.0), (None, 0.0)])
def test_what_was_written_some_time_ago_is_looked_at_when_it_can_be_there(moments, ago, pause):
    moments.runtime().poll(lambda _: True, "it", 60, "", written_ago=ago)
    assert moments.passed == pause


def test_a_wait_is_too_long_by_a_part_of_what_was_waited_for_and_asks_some_dozen_times():
    for tenths in range(3, 301):
        moments, ready = Moments(), tenths / 10
        looks: list[float] = []

        def look(_: float, moments=moments, ready=ready, looks=looks) -> bool | None:
            looks.append(moments.passed)
            return True if moments.passed >= ready else None

        moments.runtime().poll(look, "it", 60, "", written_ago=0.0)
        assert moments.passed - ready <= min(max(JUST_WRITTEN, SHARE * ready), LONGEST_PAUSE)
        assert len(looks) <= 15


def test_a_poll_in_vain_ends_within_its_seconds_and_tells_the_next_step(moments):
    with pytest.raises(StillWaiting, match=r"in vain for the binding\. Go on\.") as told:
        moments.runtime().poll(lambda _: None, "the binding", 60, "Go on.")
    assert moments.passed <= 60
    assert "s of at most 60 s" in moments.said[0]
    assert len(str(told.value).splitlines()) == 1
