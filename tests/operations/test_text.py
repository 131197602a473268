"""Sentences that hold values from outside."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from operations.text import (
    Untrusted,
    count,
    day,
    days_left,
    fingerprint,
    in_days,
    join,
    plain,
    safe,
    text,
    zone_name,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_what_comes_from_outside_stays_apart_from_our_own_words() -> None:
    made = text("{name} ends {when}", name=Untrusted("<b>"), when="soon")
    assert made == (Untrusted("<b>"), " ends ", "soon")
    assert plain(made) == "<b> ends soon"


def test_a_text_in_a_text_keeps_its_parts() -> None:
    inner = text("{name}", name=Untrusted("x"))
    assert text("({inner})", inner=inner) == ("(", Untrusted("x"), ")")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("two\nlines", "two lines"),
        ("\x1b[2Jgone", "\\u001b[2Jgone"),
        ("moc\u202e.example", "moc\\u202e.example"),
        ("a" * 300, "a" * 252 + "..."),
    ],
)
def test_a_value_is_shown_on_one_line_and_bounded(given: str, shown: str) -> None:
    assert safe(given) == shown
    assert Untrusted(given).shown == shown


def test_of_many_names_five_are_shown_and_the_rest_is_counted() -> None:
    names = [Untrusted(letter) for letter in "abcdefg"]
    assert plain(join(names[:2])) == "a, b"
    assert plain(join(names)) == "a, b, c, d, e and 2 more"
    assert join([]) == ()


def test_what_is_no_fingerprint_is_not_known_yet() -> None:
    assert plain(fingerprint("ab" * 32)) == "abababab..."
    assert plain(fingerprint("04da6b54-80e4-46f7-96ec-b56ff0331ba9")) == "not known yet"


def test_a_zone_without_a_name_is_told_by_its_id() -> None:
    assert zone_name("example.com", "023e105f4ecef8ad").shown == "example.com"
    assert zone_name("", "023e105f4ecef8ad").shown == "zone 023e105f"
    assert zone_name("", "").shown == "zone not known yet"


@pytest.mark.parametrize(
    ("time", "left", "words"),
    [
        ("2026-11-24T13:00:00Z", 0, "today"),
        ("2026-11-25T12:00:00Z", 1, "in 1 day"),
        ("2026-12-06T12:00:00Z", 12, "in 12 days"),
        ("2026-11-24T11:00:00Z", -1, "1 day ago"),
        ("2026-11-12T12:00:00Z", -12, "12 days ago"),
    ],
)
def test_days_are_whole_and_negative_once_it_is_over(time: str, left: int, words: str) -> None:
    assert days_left(time, NOW) == left
    assert in_days(left) == words


def test_a_time_that_is_none_has_no_day() -> None:
    assert day("2027-11-24T12:00:00Z") == "2027-11-24"
    assert (day("2027-11-32T12:00:00Z"), day(""), days_left("soon", NOW)) == ("", "", None)


def test_one_is_singular() -> None:
    assert [count(n, "hostname") for n in (1, 2)] == ["1 hostname", "2 hostnames"]
    assert count(2, "policy", "policies") == "2 policies"
